"""Whether a stranger can tell by the answer, or by its time, which addresses have an account (law 8).

    .venv/bin/python -m benchmarks.enumeration

Against the real server: for each page that takes an address, pairs of a known and an unknown one, in
random order, each from a network address of its own, so that no limit bites. Statuses, places and
bodies must be the same, and neither group of times larger by Mann and Whitney's rank test. `A` is the
chance that a known address took longer than an unknown one: 0.5 tells nothing. It fails beyond
0.5 +/- 0.1 where p < 0.001. docs/decisions/0010-accounts-answer-alike.md has the figures.
"""

from __future__ import annotations

import argparse
import gzip
import math
import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import SystemRandom
from statistics import NormalDist

from benchmarks import servers
from benchmarks.client import Answer, Client
from benchmarks.servers import Server
from scripts.terminal import run_as_command

PAIRS, WARM_UP, FEWEST = 200, 10, 150
MOST_EFFECT, LEAST_P = 0.1, 0.001
WRONG = "not the password of anybody"


@dataclass(frozen=True)
class Page:
    """A page that takes an address."""

    name: str
    path: str
    field: str
    password: str | None = None
    more: tuple[tuple[str, str], ...] = ()
    """What else its button sends."""
    signed_in: bool = False
    """Whether only somebody with an account sees it: each asks as themself for another's address."""

    def typed(self, address: str) -> dict[str, str]:
        """Return what a stranger types."""
        typed = {self.field: address, **dict(self.more)}
        return typed if self.password is None else typed | {"password": self.password}


PAGES = (
    Page("sign-up", "/accounts/signup/", "email"),
    Page("log-in, password", "/accounts/login/", "login", WRONG),
    Page("log-in, no password", "/accounts/login/", "login", ""),
    Page("log-in, code", "/accounts/login/code/", "email"),
    Page("password reset", "/accounts/password/reset/", "email"),
    Page("lost second factor", "/account/lost-second-factor/", "email"),
    Page(
        "change of address",
        "/accounts/email/",
        "email",
        more=(("action_add", ""),),
        signed_in=True,
    ),
)


@dataclass
class Sample:
    """The times of one step of a page, for known and for unknown addresses, in seconds."""

    name: str
    known: list[float] = field(default_factory=list)
    unknown: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """What the rank test says."""

    effect: float
    p: float

    @property
    def tells(self) -> bool:
        """Say whether the time gives known addresses away."""
        return abs(self.effect - 0.5) > MOST_EFFECT and self.p < LEAST_P


class Differs(Exception):
    """The answers to a known and an unknown address are not the same."""


def main() -> int:
    """Measure and print; 1 if known addresses can be told."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--pairs", type=int, default=PAIRS)
    pairs = max(FEWEST, arguments.parse_args().pairs)
    with servers.prepared():
        known = make_accounts(pairs + WARM_UP)
        with servers.portal() as portal:
            print(f"{pairs} pairs a page, {servers.busy()}")
            print(f"{'':30}{'known ms':>10}{'unknown ms':>12}{'A':>8}{'p':>9}")
            told = [tell(sample) for page in PAGES for sample in compare(portal, page, known)]
        print(servers.busy())
    return 1 if any(told) else 0


def make_accounts(number: int) -> list[str]:
    """Make confirmed accounts with one password, and return their addresses."""
    from allauth.account.models import EmailAddress
    from django.contrib.auth.hashers import make_password
    from django.db import connection

    from stepchange.models import User

    password = make_password("the password of everybody")
    made = User.objects.bulk_create(
        User(email=f"known{n}@users.example", password=password) for n in range(number)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in made
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return [user.email for user in made]


def compare(portal: Server, page: Page, known: list[str]) -> list[Sample]:
    """Return the times of a page's answer, of the page it leads to and of a newer code. Raises Differs."""
    chance = SystemRandom()
    samples = [Sample(f"{page.name}{step}") for step in ("", ", then", ", new code")]
    slug = re.sub("[^a-z]", "", page.name)
    for number, address in enumerate(known):
        other = f"other{number}@{slug}.example"
        pair = [(address, "known"), (other, "unknown")]
        chance.shuffle(pair)
        seen = {}
        for typed, group in pair:
            steps = list(walk(portal, page, typed))
            seen[group] = [shown(step, typed) for step in steps]
            if number >= WARM_UP:
                for sample, step in zip(samples, steps, strict=False):
                    getattr(sample, group).append(step.seconds)
        if seen["known"] != seen["unknown"]:
            raise Differs(f"{page.name}: {seen}")
    return [sample for sample in samples if sample.known]


_visitors = count(1)


def walk(portal: Server, page: Page, address: str) -> Iterator[Answer]:
    """Yield the answer to an address, the page that it leads to, and a newer code asked for there."""
    number = next(_visitors)
    origin = {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
    with Client(portal.port) as client:
        if page.signed_in:
            client.cookies.update(new_session(number))
        form = text_of(client.get(page.path, origin))
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        if token is None:
            raise Differs(f"{page.name}: no form at {page.path}")
        sent = page.typed(address) | {"csrfmiddlewaretoken": token[1]}
        answer = client.post(page.path, sent, origin)
        yield answer
        if place := place_of(answer):
            following = client.get(place, origin)
            yield following
            if 'value="resend"' in text_of(following):
                again = {"action": "resend", "csrfmiddlewaretoken": sent["csrfmiddlewaretoken"]}
                yield client.post(place, again, origin)


def new_session(number: int) -> dict[str, str]:
    """Return the cookie of an account of its own that has just signed in."""
    from allauth.account.models import EmailAddress
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from stepchange.models import User

    user = User.objects.create(email=f"asker{number}@asking.example")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    now = time.time()
    session = SessionStore()
    session.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
            "account_authentication_methods": [{"method": "code", "at": now}],
            "account_authentication_methods_user": str(user.pk),
            "seen": (now, now),
        }
    )
    session.create()
    return {settings.SESSION_COOKIE_NAME: str(session.session_key)}


def place_of(answer: Answer) -> str:
    """Return where an answer leads."""
    found = re.search(rb"\r\nlocation: *([^\r\n]+)", answer.head, re.IGNORECASE)
    return found[1].decode() if found else ""


def text_of(answer: Answer) -> str:
    """Return a page's text."""
    compressed = b"content-encoding: gzip" in answer.head.lower()
    return (gzip.decompress(answer.body) if compressed else answer.body).decode()


def shown(answer: Answer, address: str) -> tuple[int, str, str]:
    """Return what can be seen of an answer, without what differs for everybody."""
    text = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", text_of(answer))
    text = re.sub(r"asker\d+@", "asker@", text.replace(address, "ADDRESS"))
    return answer.status, place_of(answer), text


def rank_test(first: list[float], second: list[float]) -> Verdict:
    """Return Mann and Whitney's verdict on two samples (normal approximation, ties corrected)."""
    values = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    total, ranks, ties, start = len(values), 0.0, 0.0, 0
    while start < total:
        end = start
        while end < total and values[end][0] == values[start][0]:
            end += 1
        middle = (start + 1 + end) / 2
        ranks += middle * sum(group == 0 for _value, group in values[start:end])
        ties += (end - start) ** 3 - (end - start)
        start = end
    sizes = len(first) * len(second)
    larger = ranks - len(first) * (len(first) + 1) / 2
    spread = math.sqrt(sizes / 12 * (total + 1 - ties / (total * (total - 1))))
    p = 2 * NormalDist().cdf(-abs(larger - sizes / 2) / spread) if spread else 1.0
    return Verdict(larger / sizes, p)


def tell(sample: Sample) -> bool:
    """Print what was found of one step; say whether it gives known addresses away."""
    verdict = rank_test(sample.known, sample.unknown)
    middles = (statistics.median(group) * 1000 for group in (sample.known, sample.unknown))
    line = "{:30}{:10.2f}{:12.2f}".format(sample.name, *middles)
    told = "  TELLS" if verdict.tells else ""
    print(f"{line}{verdict.effect:8.3f}{verdict.p:9.4f}{told}", flush=True)
    return verdict.tells


if __name__ == "__main__":
    run_as_command(main)
