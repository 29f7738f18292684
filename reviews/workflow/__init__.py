"""The moves of reviewing, and the only functions that make them."""

from reviews.workflow.casework import COMPLAINT, NEIGHBOUR, RECONSIDERATION
from reviews.workflow.deciding import ChangedSince, Said, cast
from reviews.workflow.ethics import ETHICS
from reviews.workflow.falling import KEY, SPLIT, VIEW
from reviews.workflow.membership import MEMBERSHIP
from reviews.workflow.questions import answer, ask
from reviews.workflow.releasing import (
    Released,
    Shortlisted,
    look_at_anew,
    release,
    release_together,
    shortlist,
    take_off_shortlist,
    would_shortlist,
)
from reviews.workflow.splits import mediate, settle
from reviews.workflow.standing_aside import (
    end_stand_in,
    name_stand_in,
    reassign,
    record_met,
    stand_aside,
)

__all__ = [
    "COMPLAINT",
    "ETHICS",
    "KEY",
    "MEMBERSHIP",
    "NEIGHBOUR",
    "RECONSIDERATION",
    "SPLIT",
    "VIEW",
    "ChangedSince",
    "Released",
    "Said",
    "Shortlisted",
    "answer",
    "ask",
    "cast",
    "end_stand_in",
    "look_at_anew",
    "mediate",
    "name_stand_in",
    "reassign",
    "record_met",
    "release",
    "release_together",
    "settle",
    "shortlist",
    "stand_aside",
    "take_off_shortlist",
    "would_shortlist",
]
