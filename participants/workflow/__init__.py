"""The only functions that change people and their expressions of interest."""

from participants.workflow.addresses import (
    WrongCode,
    ask_for_code,
    confirm_address,
)
from participants.workflow.choices import (
    CHOICE,
    Decided,
    decided_and_changed,
    offers_of,
    withdraw_choice,
)
from participants.workflow.expressions import (
    EXPRESSION,
    CheckedOther,
    Incomplete,
    Late,
    SavedElsewhere,
    Unchanged,
    amend,
    discard_changes,
    save_page,
    start,
    submit,
    withdraw,
)
from participants.workflow.extensions import end_extension, give_extension
from participants.workflow.people import agree_to_campaigns, person_of
from participants.workflow.working_copy import (
    Prospect,
    WorkingCopy,
    journey_of,
    working_copy_of,
)

__all__ = [
    "CHOICE",
    "EXPRESSION",
    "CheckedOther",
    "Decided",
    "Incomplete",
    "Late",
    "Prospect",
    "SavedElsewhere",
    "Unchanged",
    "WorkingCopy",
    "WrongCode",
    "agree_to_campaigns",
    "amend",
    "ask_for_code",
    "confirm_address",
    "decided_and_changed",
    "discard_changes",
    "end_extension",
    "give_extension",
    "journey_of",
    "offers_of",
    "person_of",
    "save_page",
    "start",
    "submit",
    "withdraw",
    "withdraw_choice",
    "working_copy_of",
]
