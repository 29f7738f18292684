"""People, their expressions of interest, and what these rest on."""

from participants.models.declarations import (
    Declaration,
    DraftDeclaration,
    Interest,
    InterestKind,
)
from participants.models.expressions import (
    ExpressionOfInterest,
    PageAnswers,
    ProjectChoice,
    Snapshot,
)
from participants.models.invitations import Invitation, InvitationLink
from participants.models.people import Person
from participants.models.resets import SecondFactorReset
from participants.models.undertakings import Undertaking

__all__ = [
    "Declaration",
    "DraftDeclaration",
    "ExpressionOfInterest",
    "Interest",
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
