"""What others make of a project choice: the shortlist, and the outcome that is released to its participant.

The moves stand beside the choice that they move; who may make them is asked of whoever reviews
(`policies.outcomes.ASKED`): an outcome moves only by the joint decision that it releases (law 2).
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from participants.models import ProjectChoice
from participants.policies.outcomes import may_be
from stepchange.models import User
from stepchange.transitions import Table, Transition

_STATE = ProjectChoice.State
OUTCOME = Table(
    "participants.choice",
    Transition(
        name="shortlist",
        event="shortlisted",
        sources=("pending",),
        target="shortlisted",
        label=gettext_lazy("Shortlist"),
        policy=may_be(_STATE.SHORTLISTED),
    ),
    Transition(
        name="take_off",
        event="taken_off_shortlist",
        sources=("shortlisted",),
        target="pending",
        label=gettext_lazy("Take off the shortlist"),
        policy=may_be(_STATE.PENDING),
    ),
    Transition(
        name="offer",
        event="offered",
        sources=("pending", "shortlisted", "reserve"),
        target="offered",
        label=gettext_lazy("Offer a place"),
        policy=may_be(_STATE.OFFERED),
    ),
    Transition(
        name="put_on_reserve",
        event="put_on_reserve",
        sources=("pending", "shortlisted"),
        target="reserve",
        label=gettext_lazy("Put on the reserve list"),
        policy=may_be(_STATE.RESERVE),
    ),
    Transition(
        name="decline",
        event="declined",
        sources=("pending", "shortlisted", "reserve"),
        target="declined",
        label=gettext_lazy("Decline"),
        policy=may_be(_STATE.DECLINED),
    ),
    model="participants.ProjectChoice",
)

Facts = Mapping[str, Any] | None


def shortlist(choice: ProjectChoice, *, by: User) -> None:
    """Put a choice on the shortlist: administrative, and no view of anybody's. Raises Refused."""
    OUTCOME.move(choice, "shortlist", by=by)


def take_off_shortlist(choice: ProjectChoice, *, by: User) -> None:
    """Take a choice off the shortlist again. Raises Refused."""
    OUTCOME.move(choice, "take_off", by=by)


def offer(choice: ProjectChoice, *, by: User, facts: Facts = None) -> None:
    """Offer a place, as was decided jointly. Raises Refused."""
    OUTCOME.move(choice, "offer", by=by, facts=facts)


def put_on_reserve(choice: ProjectChoice, *, by: User, facts: Facts = None) -> None:
    """Put a choice on the reserve list, as was decided jointly. Raises Refused."""
    OUTCOME.move(choice, "put_on_reserve", by=by, facts=facts)


def decline(choice: ProjectChoice, *, by: User, facts: Facts = None) -> None:
    """Decline a choice, as was decided jointly. Raises Refused."""
    OUTCOME.move(choice, "decline", by=by, facts=facts)
