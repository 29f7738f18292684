"""What becomes of a choice that was offered a place, and of one in reserve.

Only the choice's own moves, in one place with its others. Who is offered what, what keeps somebody from
accepting, and the membership that comes of it are of `reviews`, which calls these in its transactions.
"""

from django.db.models import Max

from participants import policies
from participants.models import ExpressionOfInterest, ProjectChoice
from participants.workflow.choices import CHOICE
from projects.models import Project
from stepchange.events import record
from stepchange.models import Event, User
from stepchange.transitions import permit


def accept_offer(choice: ProjectChoice, *, by: User | None) -> Event:
    """Move an offered choice to accepted, for its own participant. Raises Refused."""
    return CHOICE.move(choice, "accept", by=by)


def turn_down_offer(choice: ProjectChoice, *, by: User | None, reason: str = "") -> Event:
    """Move an offered choice to turned down, with their reason if they give one. Raises Refused."""
    return CHOICE.move(choice, "turn_down", by=by, reason=reason)


def lapse_offer(choice: ProjectChoice, *, by: User | None = None) -> Event:
    """Move an offered choice to the reserve, by the clock. Raises Refused."""
    return CHOICE.move(choice, "lapse", by=by)


def offer_from_reserve(choice: ProjectChoice, *, by: User | None, reason: str = "") -> Event:
    """Move a choice in reserve to offered. Raises Refused."""
    return CHOICE.move(choice, "offer_next", by=by, reason=reason)


def decide_again(choice: ProjectChoice, *, by: User | None) -> Event:
    """Move a choice that was declined, or is in reserve, back to pending. Raises Refused."""
    return CHOICE.move(choice, "decide_again", by=by)


def add_choice(
    expression: ExpressionOfInterest, project: Project, *, like: ProjectChoice, by: User | None
) -> ProjectChoice:
    """Add a pending choice of another project, with what was offered to one; for the participant alone.

    It comes last. Raises Refused. In the caller's transaction, with the expression locked.
    """
    permit(policies.may_answer_offer(by, like))
    last = expression.choices.aggregate(last=Max("rank"))["last"] or 0
    added = ProjectChoice.objects.create(
        expression=expression,
        project=project,
        rank=last + 1,
        contribution=like.contribution,
        hours=like.hours,
        reason=like.reason,
    )
    record("participants.choice.added", added, by=by, facts={"instead_of": like.record_key})
    return added
