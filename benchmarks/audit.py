"""What keeping the record chained costs its writers, three ways, beside one slow transaction.

    DATABASE_URL=postgres://... .venv/bin/python -m benchmarks.audit

Without DATABASE_URL it runs on a throw-away cluster of its own. Eight threads write events on
connections of their own; the last of them holds each of its transactions open for 200 ms. Each round
runs the ways in turn, and the medians of the rounds are printed, with a writer that keeps no chain
at all as the limit beside them. docs/decisions/0003-audit-chain.md draws the conclusion.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from stepchange.models import User

WRITERS, SLOW_HOLD, SECONDS, ROUNDS = 8, 0.2, 6.0, 3


@dataclass
class Round:
    """What one way did in one round."""

    latencies: list[float] = field(default_factory=list)
    slow: int = 0
    left_unsealed: int = 0
    seconds: float = SECONDS

    @property
    def per_second(self) -> float:
        """Events that the seven quick writers wrote in a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: int) -> float:
        """Return a percentile of their latency, in milliseconds."""
        return statistics.quantiles(self.latencies, n=100)[share - 1] * 1000


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    arguments.add_argument("--seconds", type=float, default=SECONDS)
    asked = arguments.parse_args()
    with ExitStack() as stack:
        if "DATABASE_URL" not in os.environ:
            from scripts.services import postgresql

            os.environ["DATABASE_URL"] = stack.enter_context(postgresql())
        os.environ["STEPCHANGE_MODE"] = "test"
        os.environ["STEPCHANGE_VAR"] = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ["LOG_LEVEL"] = "ERROR"
        os.environ["DJANGO_SETTINGS_MODULE"] = "stepchange.settings"
        stack.enter_context(migrated_database())
        report(measure(asked.rounds, asked.seconds))


@contextmanager
def migrated_database() -> Iterator[None]:
    """Work in a test database, dropped afterwards."""
    import django

    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def measure(rounds: int, seconds: float) -> dict[str, list[Round]]:
    """Run every way in each round, in turn, so that a busy machine is unfair to none."""
    results: dict[str, list[Round]] = {name: [] for name in WAYS}
    for _round in range(rounds):
        for name, way in WAYS.items():
            with way():
                results[name].append(run(seconds))
    return results


def run(seconds: float) -> Round:
    """Let the writers write for a while; return what the quick ones saw."""
    from django.db import connection

    from stepchange import audit
    from stepchange.models import Unsealed, User

    user, _made = User.objects.get_or_create(email="writer@benchmark.example")
    audit.seal()
    outcome, lock = Round(), threading.Lock()
    stop = threading.Event()
    start = threading.Barrier(WRITERS + 1)

    def quick() -> None:
        start.wait()
        mine = []
        while not stop.is_set():
            began = time.perf_counter()
            write(user)
            mine.append(time.perf_counter() - began)
        connection.close()
        with lock:
            outcome.latencies += mine

    def slow() -> None:
        start.wait()
        while not stop.is_set():
            write(user, hold=SLOW_HOLD)
            outcome.slow += 1
        connection.close()

    threads = [threading.Thread(target=quick) for _ in range(WRITERS - 1)]
    threads.append(threading.Thread(target=slow))
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    outcome.seconds = time.perf_counter() - began
    outcome.left_unsealed = Unsealed.objects.count()
    return outcome


def write(user: User, hold: float = 0.0) -> None:
    """Record one event in a transaction of its own, held open for a while after it."""
    from django.db import transaction

    from stepchange import events

    with transaction.atomic():
        events.record("benchmark.event.written", user, by=user, reason="Because", facts={"n": 1})
        time.sleep(hold)


# The ways -------------------------------------------------------------------------------------------


@contextmanager
def no_chain() -> Iterator[None]:
    """Write events and leave them unsealed: the limit."""
    from stepchange import audit

    with patch.object(audit, "seal", lambda: 0):
        yield
    while audit.seal():
        pass


@contextmanager
def in_the_transaction() -> Iterator[None]:
    """(a) Seal inside the writer's transaction, the row of the chain's head locked until it commits."""
    from django.db import connection

    from stepchange import audit, events
    from stepchange.models import Event, Seal, Unsealed

    record = events.record
    last = Seal.objects.order_by("-sequence").first()
    head = (last.sequence, last.link) if last else (0, audit.GENESIS)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE benchmark_head (sequence bigint, link text)")
        cursor.execute("INSERT INTO benchmark_head VALUES (%s, %s)", head)

    def record_sealed(*arguments: Any, **named: Any) -> Event:
        event = record(*arguments, **named)
        with connection.cursor() as cursor:
            cursor.execute("SELECT sequence, link FROM benchmark_head FOR UPDATE")
            sequence, newest = cursor.fetchone()
            newest = audit.link(sequence + 1, newest, event.digest)
            Seal.objects.create(sequence=sequence + 1, event=event, link=newest)
            Unsealed.objects.filter(pk=event.pk).delete()
            cursor.execute(
                "UPDATE benchmark_head SET sequence = %s, link = %s", [sequence + 1, newest]
            )
        return event

    try:
        with patch.object(audit, "seal", lambda: 0), patch.object(events, "record", record_sealed):
            yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE benchmark_head")


@contextmanager
def right_after_waiting() -> Iterator[None]:
    """(b) Seal right after the commit, waiting for whoever holds the pen."""
    from django.db import connection

    from stepchange import audit

    def take_pen() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [audit.PEN])
        return True

    with patch.object(audit, "_take_pen", take_pen):
        yield


@contextmanager
def right_after_trying() -> Iterator[None]:
    """(c) Seal right after the commit, unless another is sealing: what the portal does."""
    yield


WAYS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "limit: no chain": no_chain,
    "a: in the transaction": in_the_transaction,
    "b: right after, waiting": right_after_waiting,
    "c: right after, trying": right_after_trying,
}


def report(results: dict[str, list[Round]]) -> None:
    """Print the medians of the rounds, and the server's settings that matter."""
    from django.db import connection

    from stepchange import audit

    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        fsync = cursor.fetchone()[0]
        cursor.execute("SHOW synchronous_commit")
        commits = cursor.fetchone()[0]
    print(f"fsync {fsync}, synchronous_commit {commits}, {os.cpu_count()} cores")
    print(f"{'':26}{'events/s':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'slow':>6}{'left':>6}")
    for name, rounds in results.items():
        figures = (
            statistics.median(r.per_second for r in rounds),
            *(statistics.median(r.percentile(share) for r in rounds) for share in (50, 95, 99)),
        )
        slow = statistics.median(r.slow / r.seconds for r in rounds)
        left = max(r.left_unsealed for r in rounds)
        print(
            f"{name:26}" + "".join(f"{value:9.1f}" for value in figures) + f"{slow:6.1f}{left:6d}"
        )
    verdict = audit.verify()
    print(f"chain: {verdict.sealed} sealed, {verdict.broken or 'whole'}")


if __name__ == "__main__":
    main()
