"""The only functions that change people and their expressions of interest."""

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
    "agree_to_campaigns",
    "journey_of",
    "person_of",
    "save_page",
    "start",
    "submit",
    "withdraw",
    "withdraw_choice",
]
