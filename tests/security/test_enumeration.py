"""Nobody learns who has an account: the same answers, after the same work (law 8).

`make scan` measures the time that it takes on a real server.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communications import doorbell
from communications.models import Email
from stepchange import celery_app, tries
from tests.builders import make_user
from tests.office import signed_in

pytestmark = pytest.mark.django_db

KNOWN = {
    "with a password": "known1@users.example",
    "without one": "known2@users.example",
    "not confirmed yet": "known3@users.example",
}
UNKNOWN = "other1@users.example"


@dataclass(frozen=True)
class Asked:
    """A page that takes an address, and where it leads."""

    path: str
    field: str
    password: str | None = None

    def typed(self, address: str) -> dict[str, str]:
        typed = {self.field: address}
        return typed if self.password is None else typed | {"password": self.password}


PAGES = {
    "sign-up": Asked("/accounts/signup/", "email"),
    "log-in by password": Asked("/accounts/login/", "login", "correct horse battery"),
    "log-in by code": Asked("/accounts/login/", "login", ""),
    "code": Asked("/accounts/login/code/", "email"),
    "reset": Asked("/accounts/password/reset/", "email"),
}


@dataclass(frozen=True)
class Seen:
    """What a visitor sees of one answer, and what it cost."""

    status: int
    location: str
    body: str
    headers: tuple[tuple[str, str], ...]
    queries: int
    rows: int


@pytest.fixture(autouse=True)
def accounts(settings) -> None:
    # As in production, where limits are counted apart from the accounts.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    for kind, address in KNOWN.items():
        password = "another password" if kind == "with a password" else None
        user = make_user(address, password=password)
        verified = kind != "not confirmed yet"
        EmailAddress.objects.create(user=user, email=address, verified=verified, primary=True)


def seen(client: Client, address: str, path: str, data: dict[str, str] | None = None) -> Seen:
    """Ask for a page, or send it a form."""
    rows = Email.objects.count()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path) if data is None else client.post(path, data)
    body = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", response.content.decode())
    headers = {name: value for name, value in response.headers.items() if name != "Expires"}
    return Seen(
        response.status_code,
        response.headers.get("Location", ""),
        body.replace(address, "ADDRESS"),
        tuple(sorted(headers.items())),
        len(queries),
        Email.objects.count() - rows,
    )


def walk(page: Asked, address: str) -> list[Seen]:
    """Ask, read where it leads, try codes there, and go back to type another address."""
    client = Client()
    client.get(page.path)
    cache.clear()
    answers = [seen(client, address, page.path, page.typed(address))]
    if following := answers[0].location:
        answers.append(seen(client, address, following))
        answers += asked_for_codes(client, address, following)
        again = {"next": page.path}
        answers.append(seen(client, address, "/accounts/logout/", again))
        answers.append(seen(client, address, page.path))
    return answers


def asked_for_codes(client: Client, address: str, path: str) -> list[Seen]:
    """Type a wrong code twice, have a newer one sent until no more are, and type a wrong one again."""
    forms = [{"code": "AAAA-AAAA"}, {"code": ""}, *[{"action": "resend"}] * tries.CODES_HERE.times]
    answers = []
    for data in (*forms, {"code": "AAAA-AAAA"}):
        answers.append(seen(client, address, path, data))
        if "action" in data:
            answers.append(seen(client, address, path))
    return answers


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("name", PAGES)
def test_a_known_address_is_answered_like_an_unknown_one(name: str, known: str):
    first, second = walk(PAGES[name], KNOWN[known]), walk(PAGES[name], UNKNOWN)
    assert len(first) == (1 if name == "log-in by password" else 17)
    assert [answer.queries for answer in first] == [answer.queries for answer in second]
    assert first == second


@pytest.mark.parametrize("known", KNOWN)
def test_changing_to_a_known_address_is_answered_like_changing_to_an_unknown_one(known: str):
    walks: list[list[Seen]] = []
    for address in (KNOWN[known], UNKNOWN):
        user = make_user(f"asks{len(walks)}@users.example")
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        client = signed_in(user, second_factor=False)
        client.get("/accounts/email/")
        cache.clear()
        asked = {"action_add": "", "email": address}
        answers = [seen(client, address, "/accounts/email/", asked)]
        following = answers[0].location
        answers.append(seen(client, address, following))
        answers += asked_for_codes(client, address, following)
        walks.append(answers)
    assert [answer.queries for answer in walks[0]] == [answer.queries for answer in walks[1]]
    assert walks[0] == walks[1]


def test_the_bell_rings_from_a_stack_of_its_own(monkeypatch):
    """How long it takes depends on the stack's depth, which differs for known and unknown addresses."""
    rings: list[threading.Thread] = []
    monkeypatch.setattr(doorbell, "_broken_until", None)
    monkeypatch.setattr(
        celery_app, "send_task", lambda *_, **__: rings.append(threading.current_thread())
    )
    doorbell.ring()
    assert len(rings) == 1  # and it was waited for
    assert rings[0] is not threading.current_thread()
