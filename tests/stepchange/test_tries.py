"""A guesser is held back, however fast; their victim is not, or not for long."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory

from communications.models import Email
from stepchange import clock, limits, tries
from tests.builders import make_user
from tests.office import PASSWORD

pytestmark = pytest.mark.django_db

VICTIM = "victim@users.example"


@pytest.fixture(autouse=True)
def cache_whose_clock_moves(settings) -> Iterator[None]:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def quick(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def make_victim() -> None:
    user = make_user(VICTIM, password=PASSWORD)
    EmailAddress.objects.create(user=user, email=VICTIM, verified=True, primary=True)


def enter(password: str, *, at: str = "203.0.113.1", address: str = VICTIM, **options: Any) -> str:
    """Try a password, and say how it went."""
    client = Client(REMOTE_ADDR=at, **options)
    answer = client.post("/accounts/login/", {"login": address, "password": password})
    if answer.status_code == 302:
        return "in" if "_auth_user_id" in client.session else "code"
    return "limited" if "Too many tries" in answer.content.decode() else "wrong"


@contextmanager
def later(**passed: int) -> Iterator[None]:
    with time_machine.travel(clock.now() + timedelta(**passed)):
        yield


@pytest.mark.parametrize("address", [VICTIM, "nobody@users.example"])
def test_five_wrong_passwords_from_one_place_close_that_place_for_five_minutes(quick, address):
    make_victim()
    said = [enter("wrong", address=address) for _ in range(6)]
    assert said == ["wrong"] * 5 + ["limited"]
    with later(minutes=4):
        assert enter("wrong", address=address) == "limited"
    with later(minutes=5, seconds=2):
        assert enter("wrong", address=address) == "wrong"


def test_the_guessers_place_is_closed_and_the_victims_is_not(quick):
    make_victim()
    for _ in range(6):
        enter("wrong")
    assert enter(PASSWORD) == "limited"  # the right one, too: a guesser learns nothing
    assert enter(PASSWORD, at="198.51.100.1") == "in"


def test_a_hundred_guessers_close_passwords_for_a_quarter_of_an_hour_but_not_codes(quick):
    make_victim()
    for number in range(60):
        enter("wrong", at=f"198.51.100.{number}")
    assert enter(PASSWORD) == "limited"
    assert enter("") == "code"
    with later(minutes=15, seconds=2):
        assert enter(PASSWORD) == "in"


def test_one_password_on_many_accounts_is_stopped_at_thirty(quick):
    said = [enter("wrong", address=f"a{number}@users.example") for number in range(31)]
    assert said == ["wrong"] * 30 + ["limited"]


def test_a_right_password_is_not_counted(quick):
    make_victim()
    assert [enter(PASSWORD) for _ in range(7)] == ["in"] * 7


def test_a_proxy_is_not_taken_for_the_guesser_nor_believed_unless_it_is_ours(quick, settings):
    settings.TRUSTED_PROXIES = ("10.0.0.0/8",)
    make_victim()
    for _ in range(6):
        enter("wrong", at="10.0.0.1", headers={"x-forwarded-for": "203.0.113.9"})
    victim = {"x-forwarded-for": "6.6.6.6, 198.51.100.7"}
    assert enter(PASSWORD, at="10.0.0.1", headers=victim) == "in"
    said = [
        enter("wrong", at="203.0.113.50", headers={"x-forwarded-for": f"198.51.100.{number}"})
        for number in range(6)
    ]
    assert said[-1] == "limited"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("unix:", "unix:"),
    ],
)
def test_of_ipv6_the_network_is_counted(address, network):
    assert limits.network_of(RequestFactory().get("/", REMOTE_ADDR=address)) == network


@pytest.mark.parametrize("kind", ["with a password", "without one", "unknown"])
def test_a_wrong_password_costs_one_hash_whoever_it_is_of(monkeypatch, kind):
    if kind != "unknown":
        user = make_user(VICTIM, password=PASSWORD if kind == "with a password" else None)
        EmailAddress.objects.create(user=user, email=VICTIM, verified=True, primary=True)
    hashes: list[str] = []
    for name in ("encode", "verify"):
        real = getattr(Argon2PasswordHasher, name)
        monkeypatch.setattr(
            Argon2PasswordHasher,
            name,
            lambda *given, real=real, name=name: hashes.append(name) or real(*given),
        )
    assert enter("wrong") == "wrong"
    assert len(hashes) == 1


ASKING = {
    "/accounts/signup/": "email",
    "/accounts/login/": "login",
    "/accounts/login/code/": "email",
    "/accounts/password/reset/": "email",
}


def ask(path: str, address: str = VICTIM, at: str = "203.0.113.1") -> bool:
    """Ask for a code; say whether one is sent."""
    answer = Client(REMOTE_ADDR=at).post(path, {ASKING[path]: address})
    assert answer.status_code == 302 or "sent this address several codes" in answer.content.decode()
    return answer.status_code == 302


@pytest.mark.parametrize("address", [VICTIM, "nobody@users.example"])
@pytest.mark.parametrize("path", ASKING)
def test_a_mailbox_is_sent_five_codes_an_hour_from_one_place(path, address):
    make_user(VICTIM)
    assert [ask(path, address) for _ in range(6)] == [True] * 5 + [False]
    assert ask(path, address, at="198.51.100.1")
    with later(minutes=60, seconds=2):
        assert ask(path, address)


def test_and_twenty_from_everywhere_by_every_page_together():
    sent = [ask(path, at=f"198.51.100.{n}") for n in range(6) for path in ASKING]
    assert sent == [True] * 20 + [False] * 4
    assert Email.objects.count() == 20


@pytest.mark.django_db(transaction=True)
def test_a_burst_passes_no_limit():
    def guess(_number: int) -> bool:
        try:
            request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.1")
            return tries.guess(request, VICTIM)[1] is None
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(guess, range(64))) == 5
