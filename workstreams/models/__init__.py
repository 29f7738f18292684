"""The programme's structure as rows."""

from workstreams.models.organisations import Organisation, OrganisationKey, Sector
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
    "Call",
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
