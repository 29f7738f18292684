"""A participant at the form: the addresses of its pages, and what a browser sends to them."""

from typing import Any

from django.test import Client
from django.urls import reverse

from stepchange.models import User

TASKS = "/expression-of-interest/tasks/"
CHECK = "/expression-of-interest/check/"
SUBMITTED = "/expression-of-interest/submitted/"


def address(slug: str) -> str:
    """Return where a page of the form stands."""
    return reverse("participants:page", args=[slug])


def form_data(answers: dict[str, Any]) -> dict[str, Any]:
    """Return what a browser sends: nothing for a box without a tick."""
    return {name: value for name, value in answers.items() if value is not False}


def browser_of(user: User, **options: Any) -> Client:
    """Return a browser in which the account is signed in."""
    client = Client(**options)
    client.force_login(user)
    return client
