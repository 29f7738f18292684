"""The only functions that change what the portal holds of people.

What is done to an expression of interest, its choices, its participant and their time stands here by
name; what has a life of its own is a module: declarations, entered forms, invitations, lost second
factors, undertakings, validations and their referees.
"""

from participants.workflow import (
    declarations,
    entered,
    interest_cases,
    invitations,
    referees,
    register,
    resets,
    suggestions,
    undertakings,
    validation,
)
from participants.workflow.addresses import (
    ask_for_code,
    ask_for_code_if_needed,
    confirm_address,
)
from participants.workflow.asking import (
    REFEREE,
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
from participants.workflow.extensions import (
    end_extension,
    give_extension,
)
from participants.workflow.interest_cases import (
    INTEREST_CASE,
)
from participants.workflow.invitations import (
    INVITATION,
)
from participants.workflow.merging import (
    LIKELY_PAIR,
)
from participants.workflow.outcomes import (
    OUTCOME,
)
from participants.workflow.people import (
    agree_to_campaigns,
    person_of,
)
from participants.workflow.resets import (
    RESET,
)
from participants.workflow.validation import (
    VALIDATION,
)
from participants.workflow.working_copy import (
    Prospect,
    WorkingCopy,
    has_unsubmitted_changes,
    journey_of,
    working_copy_of,
)
from stepchange.codes import (
    WrongCode,
)

__all__ = [
    "CHOICE",
    "EXPRESSION",
    "INTEREST_CASE",
    "INVITATION",
    "LIKELY_PAIR",
    "OUTCOME",
    "REFEREE",
    "RESET",
    "VALIDATION",
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
    "ask_for_code_if_needed",
    "confirm_address",
    "decided_and_changed",
    "declarations",
    "discard_changes",
    "end_extension",
    "entered",
    "give_extension",
    "has_unsubmitted_changes",
    "interest_cases",
    "invitations",
    "journey_of",
    "offers_of",
    "person_of",
    "referees",
    "register",
    "resets",
    "save_page",
    "start",
    "submit",
    "suggestions",
    "undertakings",
    "validation",
    "withdraw",
    "withdraw_choice",
    "working_copy_of",
]
