"""`make test`: the whole suite, three tiers at a time, on servers made for this run alone."""

from __future__ import annotations

import os
import shutil
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scripts import debian, environment, html_checker, interpreters, lint, processes, services
from scripts.environment import ROOT
from scripts.processes import Command
from scripts.terminal import Refusal, run_as_command, say

AT_A_TIME = 3
"""How many tiers run at once: on two cores, as every one of them waits for something at times."""
# Threads, worker processes, mail servers that misbehave: they wait more than they work, beside two others.
AT_ONCE = ("tests/communications", "tests/concurrency")
# What is longest of the rest stands by itself: no tier may go on long after all the others.
PEOPLE = ("tests/participants",)
REVIEWING = ("tests/reviews",)
JOURNEYS = ("tests/journeys",)
PLAIN = ("tests", *(f"--ignore={folder}" for folder in (*AT_ONCE, *PEOPLE, *REVIEWING, *JOURNEYS)))
REPORTS = ROOT / "var" / "test-reports"
OURS = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "FIELD_KEYS", "PUBLIC_URL")
# The program that shows that a package is there, and the package.
PACKAGES = {
    "redis-server": "redis-server",
    "chromium": "chromium",
    "java": "default-jre-headless",
    "npm": "npm",
}


@dataclass(frozen=True)
class Tally:
    """How many passed and failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


@dataclass(frozen=True)
class Tier:
    """One part of the suite: what it is called, and what runs it."""

    name: str
    run: Callable[[], Tally]


def main() -> int:
    """Run the tiers on servers of our own; the last line counts all their tests.

    `make test ONLY=browser` runs the tiers that have that word in their names.
    """
    os.chdir(ROOT)
    REPORTS.mkdir(parents=True, exist_ok=True)
    python = environment.ensure(environment.DEVELOPMENT)
    install_what_is_missing()
    html_checker.ensure()
    with services.postgresql() as database:
        total = run_all(tiers(python, database), os.environ.get("ONLY", ""))
    say(str(total))
    return 1 if total.failed or not total.passed else 0


def run_all(tiers: Iterable[Tier], wanted: str = "", *, at_once: int = AT_A_TIME) -> Tally:
    """Run the wanted tiers, so many at once, each begun in its turn; print what each took.

    A tier that fails does not keep the next from running; whoever interrupts us interrupts all.
    """
    ended = threading.Event()
    waiting = [tier for tier in tiers if wanted in tier.name]
    results: list[tuple[str, float, Tally]] = []
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        runs = [pool.submit(_run_tier, tier, ended, results) for tier in waiting]
        try:
            for run in as_completed(runs):
                run.result()  # raises what it raised, while another still runs
        except BaseException:
            ended.set()
            while wait(runs, timeout=1).not_done:
                processes.interrupt_running()
            raise
    lines = [f"{seconds:7.1f} s  {name}: {tally}" for name, seconds, tally in results]
    say("\n" + "\n".join(lines or [f"No tier has {wanted!r} in its name."]) + "\n")
    return sum((tally for _name, _seconds, tally in results), Tally())


def _run_tier(tier: Tier, ended: threading.Event, results: list[tuple[str, float, Tally]]) -> None:
    """Run one tier and add how it went, unless we were interrupted."""
    if ended.is_set():
        return
    started = time.monotonic()
    try:
        tally = tier.run()
    except Refusal as refusal:
        say(f"\n== {tier.name} ==\n{refusal}")
        tally = Tally(failed=1)
    except BaseException:  # interrupted: the next tier must not begin before anybody is told
        ended.set()
        raise
    results.append((tier.name, time.monotonic() - started, tally))


def install_what_is_missing() -> None:
    """Have every program that the suite needs; asks for all that is missing at once."""
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if services.postgresql_programs() is None:
        missing.append("postgresql")
    if missing:
        debian.install(missing)


def tiers(python: Path, database: str) -> Iterator[Tier]:
    """Yield every tier, the longest first, so that the last to end does not leave a core idle for long."""
    yield from _slow_first(python, database)
    yield from on_sqlite(python)
    yield Tier("lint", partial(lint_tally, python))


def _slow_first(python: Path, database: str) -> Iterator[Tier]:
    """Yield the tiers of production's database; each has a database of its own in the cluster."""
    for name, folders, markers in (
        ("tests of reviewing on PostgreSQL", REVIEWING, "not browser"),
        ("tests of people on PostgreSQL", PEOPLE, "not browser"),
        ("browser journeys on PostgreSQL", JOURNEYS, "browser"),
        ("tests on PostgreSQL", PLAIN, "not browser"),
        ("tests of many at once on PostgreSQL", AT_ONCE, "not browser"),
    ):
        own = database.rpartition("/")[0] + "/" + name.lower().replace(" ", "_")
        variables = suite_environment(DATABASE_URL=own)
        yield Tier(name, partial(suite, name, python, variables, markers, folders))


def on_sqlite(python: Path) -> Iterator[Tier]:
    """Yield the tiers of the demonstration's database, and the other Pythons'."""
    variables = suite_environment()
    everything_but_browser = "not browser and not postgresql and not once"
    others = list(interpreters.others())
    for version, base in reversed(others):
        # The newest runs all that SQLite can; what passes there and here is only tried in between.
        is_newest = (version, base) == others[-1]
        name = f"{'tests' if is_newest else 'quick tests'} on Python {version} and SQLite"
        wanted = everything_but_browser + ("" if is_newest else " and not database")
        yield Tier(name, partial(suite_on, name, version, base, variables, wanted))
    chosen = [("browser journey on SQLite", "browser and sqlite", JOURNEYS)]
    if not others:  # else the newest of them runs these, and all the rest
        wanted = f"database and {everything_but_browser}"
        chosen.append(("tests of the database on SQLite", wanted, ("tests",)))
    for name, markers, folders in chosen:
        yield Tier(name, partial(suite, name, python, variables, markers, folders))


def suite_environment(**given: str) -> dict[str, str]:
    """Return our environment with the portal's variables as the suite wants them, and no others."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return kept | {"STEPCHANGE_MODE": "test"} | given


def lint_tally(python: Path) -> Tally:
    """Run the checks of `make lint`, each counting as one test."""
    failed = len(lint.failures(python))
    return Tally(passed=len(lint.checks(python)) - failed, failed=failed)


def suite(
    name: str,
    python: Path,
    variables: Mapping[str, str],
    markers: str,
    arguments: Iterable[str] = (),
) -> Tally:
    """Run the tests that these markers choose, on a Redis of their own; show what they said, count them."""
    folder = REPORTS / name.lower().replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    report, log = folder / "report.xml", folder / "log"
    command: Command = [python, "-m", "pytest", "-m", markers, f"--junitxml={report}", *arguments]
    with services.redis() as queue:
        # Two suites at once must share neither a folder nor a queue.
        own = {"STEPCHANGE_VAR": str(folder / "var"), "REDIS_URL": queue}
        status = processes.run(command, environment={**variables, **own}, log=log)
    say(f"\n== {name} ==\n{log.read_text(errors='replace')}")
    return counted(report, status)


def suite_on(
    name: str, version: str, base: str, variables: Mapping[str, str], markers: str
) -> Tally:
    """Run those tests in an environment of another Python."""
    folder = ROOT / f".venv-{version}"
    python = environment.ensure(environment.DEVELOPMENT, folder, base)
    return suite(name, python, variables, markers)


def counted(report: Path, status: int) -> Tally:
    """Read pytest's report; a run that ended badly without a failed test counts as one failure."""
    tests = failed = skipped = 0
    if report.exists():
        for run in ElementTree.parse(report).getroot().iter("testsuite"):
            tests += int(run.get("tests", 0))
            failed += int(run.get("failures", 0)) + int(run.get("errors", 0))
            skipped += int(run.get("skipped", 0))
    if status and not failed:
        return Tally(passed=tests - skipped, failed=1, skipped=skipped)
    return Tally(passed=tests - failed - skipped, failed=failed, skipped=skipped)


if __name__ == "__main__":
    run_as_command(main)
