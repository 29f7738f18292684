"""A participant at the form: the addresses of its pages, and what a browser sends to them."""

from typing import Any

from django.urls import reverse

TASKS = "/expression-of-interest/tasks/"
CHECK = "/expression-of-interest/check/"
SUBMITTED = "/expression-of-interest/submitted/"


def address(slug: str) -> str:
    """Return where a page of the form stands."""
    return reverse("participants:page", args=[slug])


def form_data(answers: dict[str, Any]) -> dict[str, Any]:
    """Return what a browser sends: nothing for a box without a tick."""
    return {name: value for name, value in answers.items() if value is not False}
