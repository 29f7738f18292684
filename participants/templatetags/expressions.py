"""How pages show expressions of interest: the shape beside a state's word."""

from django import template

from participants.models import ExpressionOfInterest

register = template.Library()

SHAPES: dict[str, str] = {
    ExpressionOfInterest.State.DRAFT: "draft",
    ExpressionOfInterest.State.SUBMITTED: "waiting",
    ExpressionOfInterest.State.WITHDRAWN: "stopped",
}


@register.filter
def shape(state: str) -> str:
    """Return the shape of an expression of interest's state (`sc-status--...`)."""
    return SHAPES[state]
