"""The programme's structure as rows."""

from workstreams.models.organisations import (
    COUNTING,
    IdentifierKind,
    Organisation,
    OrganisationKey,
    Sector,
)
from workstreams.models.structure import (
    Call,
    KeyActivity,
    Passage,
    Seat,
    Sourced,
    Term,
    WorkStream,
)

__all__ = [
    "COUNTING",
    "Call",
    "IdentifierKind",
    "KeyActivity",
    "Organisation",
    "OrganisationKey",
    "Passage",
    "Seat",
    "Sector",
    "Sourced",
    "Term",
    "WorkStream",
]
