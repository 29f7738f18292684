"""`make test`: the whole suite, tier by tier, on servers made for this run alone."""

from __future__ import annotations

import os
import shutil
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scripts import debian, environment, html_checker, interpreters, lint, processes, services
from scripts.environment import ROOT
from scripts.processes import Command
from scripts.terminal import Refusal, run_as_command, say

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
    with ExitStack() as stack:
        database = stack.enter_context(services.postgresql())
        queue = stack.enter_context(services.redis())
        total = run_all(tiers(python, database, queue), wanted=os.environ.get("ONLY", ""))
    say(str(total))
    return 1 if total.failed or not total.passed else 0


def run_all(tiers: Iterable[Tier], wanted: str = "") -> Tally:
    """Run each wanted tier, even after one has failed, and print what each took."""
    total, lines = Tally(), []
    for tier in tiers:
        if wanted not in tier.name:
            continue
        say(f"\n== {tier.name} ==")
        started = time.monotonic()
        try:
            tally = tier.run()
        except Refusal as refusal:
            say(str(refusal))
            tally = Tally(failed=1)
        total += tally
        lines.append(f"{time.monotonic() - started:7.1f} s  {tier.name}: {tally}")
    say("\n" + "\n".join(lines or [f"No tier has {wanted!r} in its name."]) + "\n")
    return total


def install_what_is_missing() -> None:
    """Have every program that the suite needs; asks for all that is missing at once."""
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if services.postgresql_programs() is None:
        missing.append("postgresql")
    if missing:
        debian.install(missing)


def tiers(python: Path, database: str, queue: str) -> Iterator[Tier]:
    """Yield the tiers, cheapest first."""
    postgresql = suite_environment(DATABASE_URL=database, REDIS_URL=queue)
    sqlite = suite_environment(REDIS_URL=queue)
    everything_but_browser = "not browser and not postgresql"

    yield Tier("lint", partial(lint_tally, python))
    yield Tier("tests on PostgreSQL", partial(suite, python, postgresql, "not browser"))
    yield Tier(
        "tests of the database on SQLite",
        partial(suite, python, sqlite, f"database and {everything_but_browser}"),
    )
    yield Tier("browser journeys on PostgreSQL", partial(suite, python, postgresql, "browser"))
    yield Tier("browser journey on SQLite", partial(suite, python, sqlite, "browser and sqlite"))
    for version, base in interpreters.others():
        yield Tier(
            f"tests on Python {version} and SQLite",
            partial(suite_on, version, base, sqlite, everything_but_browser),
        )


def suite_environment(**given: str) -> dict[str, str]:
    """Return our environment with the portal's variables as the suite wants them, and no others."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return kept | {"STEPCHANGE_MODE": "test"} | given


def lint_tally(python: Path) -> Tally:
    """Run the checks of `make lint`, each counting as one test."""
    failed = len(lint.failures(python))
    return Tally(passed=len(lint.checks(python)) - failed, failed=failed)


def suite(python: Path, variables: Mapping[str, str], markers: str) -> Tally:
    """Run the tests that these markers choose, and count how they went."""
    report = REPORTS / "last.xml"
    report.unlink(missing_ok=True)
    command: Command = [python, "-m", "pytest", "-m", markers, f"--junitxml={report}"]
    status = processes.run(command, environment=variables)
    return counted(report, status)


def suite_on(version: str, base: str, variables: Mapping[str, str], markers: str) -> Tally:
    """Run those tests in an environment of another Python."""
    folder = ROOT / f".venv-{version}"
    return suite(environment.ensure(environment.DEVELOPMENT, folder, base), variables, markers)


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
