"""Forms taken by the office in tests: their addresses, and the people they are for."""

from __future__ import annotations

from allauth.account.models import EmailAddress

from participants.models import EnteredForm
from stepchange import clock
from stepchange.models import User
from tests.builders import (
    make_user,
)

BEGIN = "/expression-of-interest/for/"
MINE = "/expression-of-interest/entered/"
CONSOLE = "/admin/participants/enteredform/"
ADDRESS = "amina@users.example"
DETAILS = {
    "full_name": "Amina Thistlewood",
    "email": ADDRESS,
    "medium": "paper",
    "taken_on": "",
    "reason": "She has no computer.",
}


def person(address: str = ADDRESS, *, verified: bool = True) -> User:
    """Return an account that has shown control of an address, or only claims it."""
    user = make_user(address)
    EmailAddress.objects.create(user=user, email=address, verified=verified, primary=True)
    return user


def today(**changes: str) -> dict[str, str]:
    return DETAILS | {"taken_on": clock.today().isoformat()} | changes


def of(entered: EnteredForm, page: str = "") -> str:
    return f"{BEGIN}{entered}/{page}{'/' if page else ''}"
