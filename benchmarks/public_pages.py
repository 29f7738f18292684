"""What the public pages and the form cost, beside bare Django on the same server and database.

    .venv/bin/python -m benchmarks.public_pages

Each round asks everything in turn, so that a busy machine is unfair to none; a figure is the median
of the rounds' ratios, and the requests a second are those of one client on one kept connection. The
bare view runs one indexed query and shows 25 rows. "not kept" is what a visitor gets whose page the
portal holds no copy of, "kept" what the next visitor gets, "signed in" what is theirs alone.
docs/decisions/0009-keeping-public-pages.md draws the conclusions.
"""

from __future__ import annotations

import argparse
import re
import statistics
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count

from benchmarks import servers
from benchmarks.client import Answer, Client
from benchmarks.servers import Server
from scripts.terminal import run_as_command

Prepare = Callable[[Client], bytes]
ROUNDS, SECONDS, SAVES, WARM_UP = 5, 1.0, 60, 4
HEAVIER = ("organisation", "contributions", "interests")
"""Pages that ask more than the first one timed."""
TURN = "{turn}"  # stands in an answer for what is typed differently each time
SIZES = (25, 2500)
BARE_ROWS = 25
SLICES = 4  # of a round's seconds, so that a hiccup of the machine meets everybody


@dataclass
class Measured:
    """One thing measured: what it is beside, the budget for its ratio, and a figure a round."""

    name: str
    beside: str = ""
    at_least: float | None = None
    at_most: float | None = None
    rounds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def ratio(self, others: dict[str, Measured]) -> float:
        """Return the median of the ratios, round by round."""
        pairs = zip(self.rounds, others[self.beside].rounds, strict=True)
        return statistics.median(mine / other for mine, other in pairs)

    def keeps_to(self, ratio: float) -> bool:
        """Say whether the ratio is within the budget."""
        least = self.at_least is None or ratio >= self.at_least
        return least and (self.at_most is None or ratio <= self.at_most)

    @property
    def budget(self) -> str:
        """Return the budget in words."""
        if self.at_least is not None:
            return f">= {self.at_least:.1f}"
        return f"<= {self.at_most:.1f}" if self.at_most is not None else ""


def main() -> int:
    """Measure and print; 1 if a budget is not kept."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    arguments.add_argument("--seconds", type=float, default=SECONDS)
    asked = arguments.parse_args()
    kept = True
    with servers.prepared():
        from projects.loading import load_programme

        load_programme()
        open_the_call()
        with servers.portal() as portal, servers.bare() as bare:  # asks of the programme as it is
            kept &= report("the form, p95", form(portal, bare, asked.rounds), unit="ms")
        for size in SIZES:
            fill_up(size)
            with servers.portal() as portal, servers.bare() as bare:
                kept &= report(f"{size} projects", pages(portal, bare, asked.rounds, asked.seconds))
    return 0 if kept else 1


def open_the_call() -> None:
    """Let the Call to Action be open today."""
    from datetime import timedelta

    from stepchange import clock
    from workstreams.models import Call

    now = clock.now()
    dates = {"opens_at": now - timedelta(days=7), "closes_at": now + timedelta(days=17)}
    Call.objects.update(state=Call.State.PUBLISHED, **dates)


def fill_up(size: int) -> None:
    """Have so many projects, worded like those of the Call to Action."""
    from django.db import connection

    from projects.models import Project

    models = list(Project.objects.order_by("code"))
    more = []
    for number in range(len(models), size):
        model = models[number % len(models)]
        fields = ("title", "action", "vision", "work_stream", "state", "wants_lead", "needs")
        code = f"{'ABCDEFGH'[number // 999]}Q{number % 999 + 1}"
        copied = {name: getattr(model, name) for name in fields}
        more.append(Project(code=code, position=number, **copied))
    Project.objects.bulk_create(more)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# The pages ----------------------------------------------------------------------------------------


def pages(portal: Server, bare: Server, rounds: int, seconds: float) -> list[Measured]:
    """Return the requests a second of each kind of page."""
    first = "bare, 25 rows"
    many = "bare, as many rows"
    rows = min(SIZES[-1], 100)
    session = {"Cookie": signed_in()}
    asks: dict[str, tuple[Server, Prepare]] = {
        first: (bare, asking(f"/page?rows={BARE_ROWS}")),
        many: (bare, asking(f"/page?rows={rows}")),
    }
    measured = [Measured(first), Measured(many, first)]
    for name, path in (("list", "/projects/"), ("project", "/projects/T3/")):
        asks |= {
            f"{name}, not kept": (portal, asking_anew(path)),
            f"{name}, kept": (portal, asking(path)),
            f"{name}, signed in": (portal, asking(path, session)),
        }
        measured += [
            Measured(f"{name}, not kept", first, at_least=0.5),
            Measured(f"{name}, kept", first, at_least=0.8),
            Measured(f"{name}, signed in", first),
        ]
    for server, prepare in asks.values():  # compiled, connected, kept
        for _worker in range(servers.WORKERS * 4):
            with Client(server.port) as client:
                ask(client, prepare)
    for _round in range(rounds):
        totals = {name: Total() for name in asks}
        for _slice in range(SLICES):
            for name, (server, prepare) in asks.items():
                totals[name].add(server, prepare, seconds / SLICES)
        for one in measured:
            one.rounds.append(totals[one.name].requests / totals[one.name].seconds)
            one.cpu.append(totals[one.name].cpu / totals[one.name].requests * 1000)
    return measured


def asking(path: str, headers: Mapping[str, str] | None = None) -> Prepare:
    """Ask for an address, always the same."""
    return lambda client: client.prepare(path, headers=headers)


def asking_anew(path: str) -> Prepare:
    """Ask for a page by an address that nobody asked before, so that no copy of it is kept."""
    numbers = count(1)
    return lambda client: client.prepare(f"{path}?visit={next(numbers)}")


@dataclass
class Total:
    """What one kind of page took in one round."""

    requests: int = 0
    seconds: float = 0.0
    cpu: float = 0.0

    def add(self, server: Server, prepare: Prepare, seconds: float) -> None:
        """Ask for as long as that, one request after the other."""
        cpu, until = server.cpu_seconds(), self.seconds + seconds
        with Client(server.port) as client:
            while self.seconds < until:
                self.seconds += ask(client, prepare).seconds
                self.requests += 1
        self.cpu += server.cpu_seconds() - cpu


def ask(client: Client, prepare: Prepare) -> Answer:
    """Send what is prepared; raises AssertionError if the page is not the one asked for."""
    answer = client.send(prepare(client))
    if answer.status != 200 or not answer.body:
        raise AssertionError(f"answered {answer.status}: {answer.head!r}")
    return answer


def signed_in(number: int = 1) -> str:
    """Return the cookie of an account's session, with the rows that signing in leaves."""
    from allauth.usersessions.models import UserSession
    from django.conf import settings
    from django.test import Client as Browser

    from stepchange.models import User

    account, _made = User.objects.get_or_create(email=f"visitor{number}@benchmark.example")
    browser = Browser()
    browser.force_login(account, settings.AUTHENTICATION_BACKENDS[0])
    UserSession.objects.create(
        user=account,
        session_key=browser.session.session_key,
        ip="127.0.0.1",
        user_agent="benchmark",
    )
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


# The form -----------------------------------------------------------------------------------------


def form(portal: Server, bare: Server, rounds: int) -> list[Measured]:
    """Return the 95th percentile, in milliseconds, of opening and of saving pages of the form.

    `HEAVIER` are saved with five projects chosen; the last page is not begun, as while one goes through it.
    """
    opened, inserted = Measured("bare form"), Measured("bare insert")
    measured = [opened, inserted]
    for page in ("about-you", *HEAVIER):
        measured.append(Measured(f"open {page}", opened.name))
        measured.append(Measured(f"save {page}", inserted.name, at_most=4.0))
    for number in range(rounds):
        times: dict[str, list[float]] = {one.name: [] for one in measured}
        with ExitStack() as stack:
            plain = stack.enter_context(Client(bare.port))
            ours = stack.enter_context(Client(portal.port))
            name, value = signed_in(number).split("=", 1)
            ours.cookies[name] = value
            said = begin(number)
            for turn in range(WARM_UP + SAVES):
                times[opened.name].append(expected(plain.get("/form"), 200))
                times[inserted.name].append(expected(plain.post("/form", typed(turn)), 302))
                for page in ("about-you", *HEAVIER):
                    path = f"/expression-of-interest/{page}/"
                    shown = ours.get(path)
                    times[f"open {page}"].append(expected(shown, 200))
                    answers = typed(turn) if page == "about-you" else said[page]
                    sent = {name: text.replace(TURN, str(turn)) for name, text in answers.items()}
                    answer = ours.post(path, sent | hidden_fields(shown))
                    times[f"save {page}"].append(expected(answer, 302))
        for one in measured:
            one.rounds.append(statistics.quantiles(times[one.name][WARM_UP:], n=20)[-1] * 1000)
    return measured


def begin(number: int) -> dict[str, dict[str, str]]:
    """Save a form's pages up to the last for an account, and return what was said on the heavier ones."""
    from participants import workflow
    from participants.texts import VERSIONS
    from projects.models import Project
    from stepchange import clock
    from stepchange.models import User
    from workstreams.models import Call

    account = User.objects.get(email=f"visitor{number}@benchmark.example")
    projects = list(Project.objects.open_for_interest().select_related("work_stream")[:5])
    chosen: dict[str, list[str]] = {}
    offers: dict[str, str] = {}
    interests = {"has_general": "yes", "kind_general": "financial", "gain_general": "A contract."}
    for rank, project in enumerate(projects, start=1):
        chosen.setdefault(f"projects_{project.work_stream.slug}", []).append(project.code)
        offers |= {
            f"rank_{project.code}": str(rank),
            f"contribution_{project.code}": "develop",
            f"hours_{project.code}": "8",
            f"reason_{project.code}": f"I have run such training {TURN} times.",
        }
        interests[f"has_{project.code}"] = "no"
    said = {
        "organisation": {
            "organisation": "Harbour & Vale Hotels",
            "entry": "new",
            "parent": f"Harbour & Vale Group {TURN}",
            "work_email": account.email,
        },
        "contributions": offers,
        "interests": interests
        | {"party_general": f"Supplier {TURN}", "signed": VERSIONS["interests"]},
    }
    draft = workflow.start(account, Call.objects.get(), received_at=clock.now())
    workflow.save_page(draft, "eligibility", {"sector": "private"}, revision=0)
    workflow.save_page(draft, "projects", chosen, revision=0)
    for page, answers in said.items():
        workflow.save_page(draft, page, answers, revision=0)
    return said


def typed(number: int) -> dict[str, str]:
    """Return what somebody types about themselves."""
    return {
        "full_name": f"Amina Thistlewood {number}",
        "role_title": "Hotel Security Manager",
        "telephone": "020 7946 0857",
    }


def hidden_fields(page: Answer) -> dict[str, str]:
    """Return the token and the revision that a page of the form sends back."""
    import gzip

    text = (gzip.decompress(page.body) if b"gzip" in page.head else page.body).decode()
    return {
        name: value
        for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text)
        if name in {"csrfmiddlewaretoken", "revision"}
    }


def expected(answer: Answer, status: int) -> float:
    """Return the seconds an answer took; raises AssertionError for another status."""
    if answer.status != status:
        raise AssertionError(f"answered {answer.status}: {answer.head!r}")
    return answer.seconds


def report(title: str, measured: list[Measured], unit: str = "requests/s") -> bool:
    """Print the figures; say whether every budget is kept."""
    named = {one.name: one for one in measured}
    print(f"\n{title} ({servers.busy()}, {len(measured[0].rounds)} rounds)")
    print(f"{'':24}{unit:>12}{'(min-max)':>18}{'ratio':>9}{'budget':>9}{'CPU ms':>9}")
    kept = True
    for one in measured:
        middle = statistics.median(one.rounds)
        spread = f"({min(one.rounds):.1f}-{max(one.rounds):.1f})"
        line = f"{one.name:24}{middle:12.1f}{spread:>18}"
        ratio = one.ratio(named) if one.beside else 1.0
        fits = one.keeps_to(ratio)
        kept &= fits
        line += f"{ratio:9.2f}{one.budget:>9}"
        line += f"{statistics.median(one.cpu):9.2f}" if one.cpu else f"{'':9}"
        line += "" if fits else "  MISSED"
        print(line, flush=True)
    return kept


if __name__ == "__main__":
    run_as_command(main)
