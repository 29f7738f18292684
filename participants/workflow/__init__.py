"""The only functions that change people and their expressions of interest."""

from participants.workflow import declarations, invitations, resets, undertakings
from participants.workflow.addresses import (
    ask_for_code,
    ask_for_code_if_needed,
    confirm_address,
)
from participants.workflow.choices import (
    CHOICE,
    Decided,
    decided_and_changed,
    offers_of,
    withdraw_choice,
)
from participants.workflow.entered import (
    ASKED_AGAIN,
    ENTERED,
    ask_again,
    cancel,
    confirm,
    correct,
    enter,
    hand_over,
    journey_of_entered,
    refuse,
    save_entered_page,
    take_back,
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
from participants.workflow.invitations import INVITATION
from participants.workflow.people import agree_to_campaigns, person_of
from participants.workflow.resets import RESET
from participants.workflow.working_copy import (
    Prospect,
    WorkingCopy,
    has_unsubmitted_changes,
    journey_of,
    working_copy_of,
)
from stepchange.codes import WrongCode

__all__ = [
    "ASKED_AGAIN",
    "CHOICE",
    "ENTERED",
    "EXPRESSION",
    "INVITATION",
    "RESET",
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
    "ask_again",
    "ask_for_code",
    "ask_for_code_if_needed",
    "cancel",
    "confirm",
    "confirm_address",
    "correct",
    "decided_and_changed",
    "declarations",
    "discard_changes",
    "end_extension",
    "enter",
    "give_extension",
    "hand_over",
    "has_unsubmitted_changes",
    "invitations",
    "journey_of",
    "journey_of_entered",
    "offers_of",
    "person_of",
    "refuse",
    "resets",
    "save_entered_page",
    "save_page",
    "start",
    "submit",
    "take_back",
    "undertakings",
    "withdraw",
    "withdraw_choice",
    "working_copy_of",
]
