"""The only functions that change people and their expressions of interest."""

from participants.workflow import declarations, invitations, resets, undertakings
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
from participants.workflow.invitations import INVITATION
from participants.workflow.people import agree_to_campaigns, person_of
from participants.workflow.resets import RESET

__all__ = [
    "CHOICE",
    "EXPRESSION",
    "INVITATION",
    "RESET",
    "Incomplete",
    "Late",
    "SavedElsewhere",
    "agree_to_campaigns",
    "declarations",
    "invitations",
    "journey_of",
    "person_of",
    "resets",
    "save_page",
    "start",
    "submit",
    "undertakings",
    "withdraw",
    "withdraw_choice",
]
