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
from participants.models.likeness import LikelyPair, LikenessKey
from participants.models.people import Person, WorkedFor
from participants.models.register import (
    Declarant,
    Part,
    RegisterHolder,
    RegisterWithholding,
    Standing,
)
from participants.models.resets import SecondFactorReset
from participants.models.suggestions import (
    ConflictSuggestion,
    InterestParty,
    Reason,
    Uncompared,
)
from participants.models.undertakings import Undertaking
from participants.models.validation import (
    Check,
    FlagKind,
    FlagSettlement,
    InformationRequest,
    RefereeLink,
    RefereeRequest,
    Validation,
)

__all__ = [
    "CODE_LASTS",
    "MOST_TRIES",
    "AddressConfirmation",
    "AskedAddress",
    "Check",
    "ConflictSuggestion",
    "Declarant",
    "Declaration",
    "DraftDeclaration",
    "EnteredForm",
    "ExpressionOfInterest",
    "Extension",
    "FlagKind",
    "FlagSettlement",
    "InformationRequest",
    "Interest",
    "InterestCase",
    "InterestExclusion",
    "InterestKind",
    "InterestParty",
    "Invitation",
    "InvitationLink",
    "LikelyPair",
    "LikenessKey",
    "PageAnswers",
    "Part",
    "Person",
    "ProjectChoice",
    "Reason",
    "RefereeLink",
    "RefereeRequest",
    "RegisterHolder",
    "RegisterWithholding",
    "SecondFactorReset",
    "Snapshot",
    "Standing",
    "Uncompared",
    "Undertaking",
    "Validation",
    "WorkedFor",
]
