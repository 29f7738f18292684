"""The moves of projects and milestones."""

from datetime import date

from django.utils.translation import gettext_lazy

from projects import policies
from projects.models import Milestone, Project
from stepchange import clock
from stepchange.models import User
from stepchange.transitions import Table, Transition, change, permit, require_reason
from workstreams.policies import runs_the_office

PROJECT = Table(
    "projects.project",
    Transition(
        name="agree_provisionally",
        event="agreed_provisionally",
        sources=("proposed",),
        target="provisional",
        label=gettext_lazy("Agree provisionally"),
        policy=runs_the_office,
    ),
    Transition(
        name="reject",
        event="rejected",
        sources=("proposed",),
        target="rejected",
        label=gettext_lazy("Reject"),
        policy=runs_the_office,
        asks_reason=True,
    ),
    Transition(
        name="agree",
        event="agreed",
        sources=("provisional",),
        target="agreed",
        label=gettext_lazy("Agree"),
        policy=runs_the_office,
    ),
    Transition(
        name="start_delivery",
        event="delivery_started",
        sources=("agreed",),
        target="in delivery",
        label=gettext_lazy("Start delivery"),
        policy=runs_the_office,
    ),
    Transition(
        name="deliver",
        event="delivered",
        sources=("in delivery",),
        target="delivered",
        label=gettext_lazy("Record as delivered"),
        policy=runs_the_office,
    ),
    Transition(
        name="close",
        event="closed",
        sources=("delivered", "in delivery"),
        target="closed",
        label=gettext_lazy("Close"),
        policy=runs_the_office,
        asks_reason=True,
    ),
    model="projects.Project",
)

MILESTONE = Table(
    "projects.milestone",
    Transition(
        name="meet",
        event="met",
        sources=("planned", "missed"),
        target="met",
        label=gettext_lazy("Record as met"),
        policy=runs_the_office,
    ),
    Transition(
        name="miss",
        event="missed",
        sources=("planned",),
        target="missed",
        label=gettext_lazy("Record as missed"),
        policy=runs_the_office,
        asks_reason=True,
    ),
    model="projects.Milestone",
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
    met_on = met_on or clock.today()
    permit(policies.not_to_come(met_on))
    MILESTONE.move(milestone, "meet", by=by, values={"met_on": met_on})


def miss(milestone: Milestone, *, by: User | None, reason: str) -> None:
    """Record that a milestone was missed, with the reason. Raises Refused."""
    MILESTONE.move(milestone, "miss", by=by, reason=reason)


def redate(milestone: Milestone, *, due_on: date, by: User | None, reason: str) -> None:
    """Move a planned milestone; its first date stays. Raises Refused."""
    permit(policies.may_redate_milestone(by, milestone))
    require_reason(reason)
    before = milestone.due_on
    change(
        milestone,
        "projects.milestone.redated",
        expected={"state": milestone.state, "due_on": before},
        values={"due_on": due_on},
        by=by,
        reason=reason,
        facts={"before": before, "after": due_on},
    )
