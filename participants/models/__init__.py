"""People, their expressions of interest, and what these rest on."""

from participants.models.addresses import CODE_LASTS, MOST_TRIES, AddressConfirmation
from participants.models.declarations import (
    Declaration,
    DraftDeclaration,
    Interest,
    InterestKind,
)
from participants.models.entered import AskedAddress, EnteredForm
from participants.models.expressions import (
    ExpressionOfInterest,
    PageAnswers,
    ProjectChoice,
    Snapshot,
)
from participants.models.extensions import Extension
from participants.models.interest_cases import InterestCase, InterestExclusion
from participants.models.invitations import Invitation, InvitationLink
from participants.models.people import Person
from participants.models.resets import SecondFactorReset
from participants.models.undertakings import Undertaking

__all__ = [
    "CODE_LASTS",
    "MOST_TRIES",
    "AddressConfirmation",
    "AskedAddress",
    "Declaration",
    "DraftDeclaration",
    "EnteredForm",
    "ExpressionOfInterest",
    "Extension",
    "Interest",
    "InterestCase",
    "InterestExclusion",
    "InterestKind",
    "Invitation",
    "InvitationLink",
    "PageAnswers",
    "Person",
    "ProjectChoice",
    "SecondFactorReset",
    "Snapshot",
    "Undertaking",
]
