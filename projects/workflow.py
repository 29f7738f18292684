"""The moves of projects and milestones."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects import policies
from projects.models import Milestone, Project
from stepchange import clock
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Overtaken, Refused, Table, Transition

PROJECT = Table(
    "projects.project",
    Transition(
        name="agree_provisionally",
        event="agreed_provisionally",
        sources=("proposed",),
        target="provisional",
        label=gettext_lazy("Agree provisionally"),
        policy=policies.runs_the_office,
    ),
    Transition(
        name="reject",
        event="rejected",
        sources=("proposed",),
        target="rejected",
        label=gettext_lazy("Reject"),
        policy=policies.runs_the_office,
        asks_reason=True,
    ),
    Transition(
        name="agree",
        event="agreed",
        sources=("provisional",),
        target="agreed",
        label=gettext_lazy("Agree"),
        policy=policies.runs_the_office,
    ),
    Transition(
        name="start_delivery",
        event="delivery_started",
        sources=("agreed",),
        target="in delivery",
        label=gettext_lazy("Start delivery"),
        policy=policies.runs_the_office,
    ),
    Transition(
        name="deliver",
        event="delivered",
        sources=("in delivery",),
        target="delivered",
        label=gettext_lazy("Record as delivered"),
        policy=policies.runs_the_office,
    ),
    Transition(
        name="close",
        event="closed",
        sources=("delivered", "in delivery"),
        target="closed",
        label=gettext_lazy("Close"),
        policy=policies.runs_the_office,
        asks_reason=True,
    ),
)

MILESTONE = Table(
    "projects.milestone",
    Transition(
        name="meet",
        event="met",
        sources=("planned", "missed"),
        target="met",
        label=gettext_lazy("Record as met"),
        policy=policies.runs_the_office,
    ),
    Transition(
        name="miss",
        event="missed",
        sources=("planned",),
        target="missed",
        label=gettext_lazy("Record as missed"),
        policy=policies.runs_the_office,
        asks_reason=True,
    ),
)


def agree_provisionally(project: Project, *, by: User | None) -> None:
    """Publish a proposed project as provisionally agreed. Raises Refused."""
    PROJECT.move(project, "agree_provisionally", by=by)


def reject(project: Project, *, by: User | None, reason: str) -> None:
    """Turn a proposed project down, with the reason. Raises Refused."""
    PROJECT.move(project, "reject", by=by, reason=reason)


def agree(project: Project, *, by: User | None) -> None:
    """Agree a provisional project. Raises Refused."""
    PROJECT.move(project, "agree", by=by)


def start_delivery(project: Project, *, by: User | None) -> None:
    """Start delivering an agreed project. Raises Refused."""
    PROJECT.move(project, "start_delivery", by=by)


def deliver(project: Project, *, by: User | None) -> None:
    """Record that a project reached its vision. Raises Refused."""
    PROJECT.move(project, "deliver", by=by)


def close(project: Project, *, by: User | None, reason: str) -> None:
    """Close a project, with the reason. Raises Refused."""
    PROJECT.move(project, "close", by=by, reason=reason)


def meet(milestone: Milestone, *, by: User | None, met_on: date | None = None) -> None:
    """Record that a milestone was met, today unless a day is given. Raises Refused."""
    MILESTONE.move(milestone, "meet", by=by, values={"met_on": met_on or clock.today()})


def miss(milestone: Milestone, *, by: User | None, reason: str) -> None:
    """Record that a milestone was missed, with the reason. Raises Refused."""
    MILESTONE.move(milestone, "miss", by=by, reason=reason)


def redate(milestone: Milestone, *, due_on: date, by: User | None, reason: str) -> None:
    """Move a planned milestone; its first date stays. Raises Refused."""
    if refusal := policies.runs_the_office(by):
        raise Refused(str(refusal))
    if milestone.state != Milestone.State.PLANNED:
        raise Refused(_("Only a planned milestone can be moved."))
    with transaction.atomic():
        before = milestone.due_on
        rows = Milestone.objects.filter(pk=milestone.pk, state=milestone.state, due_on=before)
        if not rows.update(due_on=due_on):
            raise Overtaken(_("Somebody changed this a moment ago. Look at it again first."))
        milestone.due_on = due_on
        record(
            "projects.milestone.redated",
            milestone,
            by=by,
            reason=reason,
            facts={"before": before, "after": due_on},
        )
