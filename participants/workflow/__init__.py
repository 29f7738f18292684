"""The only functions that change people and their expressions of interest."""

from participants.workflow.addresses import (
    WrongCode,
    ask_for_code,
    confirm_address,
)
from participants.workflow.expressions import (
    CHOICE,
    EXPRESSION,
    Incomplete,
    Late,
    SavedElsewhere,
    journey_of,
    save_page,
    start,
    submit,
    withdraw,
    withdraw_choice,
)
from participants.workflow.people import agree_to_campaigns, person_of

__all__ = [
    "CHOICE",
    "EXPRESSION",
    "Incomplete",
    "Late",
    "SavedElsewhere",
    "WrongCode",
    "agree_to_campaigns",
    "ask_for_code",
    "confirm_address",
    "journey_of",
    "person_of",
    "save_page",
    "start",
    "submit",
    "withdraw",
    "withdraw_choice",
]
