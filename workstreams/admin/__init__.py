"""The programme's structure in the office's console."""

from workstreams.admin.organisations import OrganisationAdmin
from workstreams.admin.programme import (
    CallAdmin,
    KeyActivityAdmin,
    PassageAdmin,
    SeatAdmin,
    TermAdmin,
    WorkStreamAdmin,
    WorkStreamFilter,
)

__all__ = [
    "CallAdmin",
    "KeyActivityAdmin",
    "OrganisationAdmin",
    "PassageAdmin",
    "SeatAdmin",
    "TermAdmin",
    "WorkStreamAdmin",
    "WorkStreamFilter",
]
