"""How pages show the programme: the shape beside a state's word."""

from django import template

from projects.models import Milestone, Project

register = template.Library()

SHAPES: dict[str, str] = {
    Project.State.PROPOSED: "draft",
    Project.State.PROVISIONAL: "waiting",
    Project.State.AGREED: "open",
    Project.State.IN_DELIVERY: "open",
    Project.State.DELIVERED: "done",
    Project.State.CLOSED: "stopped",
    Project.State.REJECTED: "stopped",
    Milestone.State.PLANNED: "draft",
    Milestone.State.MET: "done",
    Milestone.State.MISSED: "due",
}


@register.filter
def shape(state: str) -> str:
    """Return the shape of a project's or a milestone's state (`sc-status--...`)."""
    return SHAPES[state]
