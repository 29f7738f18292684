"""How pages show the programme: the shape beside a state's word."""

from functools import lru_cache
from typing import NamedTuple

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from projects.models import Contribution, Milestone, Project

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


class Row(NamedTuple):
    """All that a row of a list says of a project: equal rows are drawn alike."""

    language: str | None
    level: str
    code: str
    title: str
    action: str
    state: str
    stream_slug: str
    stream_name: str
    wanted: tuple[Contribution, ...]


@register.simple_tag
def project_row(project: Project, *, level: str, names_stream: bool = True) -> SafeString:
    """Draw a project in a list; `level` is its heading's. Rows that were drawn before are kept."""
    stream = project.work_stream
    return _drawn(
        Row(
            language=get_language(),
            level=level,
            code=project.code,
            title=project.title,
            action=project.action,
            state=project.state,
            stream_slug=stream.slug,
            stream_name=stream.name if names_stream else "",
            wanted=tuple(project.contributions_wanted),
        )
    )


@lru_cache(maxsize=1024)
def _drawn(row: Row) -> SafeString:
    state = Project.State(row.state)
    return render_to_string("projects/row.html", {"row": row, "state": state})


@register.filter
def shape(state: str) -> str:
    """Return the shape of a project's or a milestone's state (`sc-status--...`)."""
    return SHAPES[state]
