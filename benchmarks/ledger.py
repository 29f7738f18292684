"""What a sweep of the ledger costs that finds nothing to do, among 100,000 expressions of interest.

    .venv/bin/python -m benchmarks.ledger [--explain]

On the throw-away PostgreSQL: as many people, forms, events and emails as asked for, all told of what
they had to be told, in the last hours before the call closes, when most could be due. Then sweeps as
the worker makes them: every five seconds, with the clock's questions once a minute, through all there
is every ten. The processor time of each, ours and the database's, must stay under its budget (what the
clock on the wall says depends on who else is busy); where it does not, the queries that take longest
are printed (with --explain: and their plans). docs/decisions/0006-ledger.md draws the conclusion.
"""

# Table and column names alone are put into SQL here, none of them anybody's words.
# ruff: noqa: S608
from __future__ import annotations

import argparse
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import servers
from scripts.terminal import run_as_command

if TYPE_CHECKING:
    from django.db import models

SIZE, ROUNDS = 100_000, 15
SWEEPS: tuple[tuple[str, dict[str, bool], float], ...] = (
    ("every 5 s", {"asks_the_clock": False, "looks_through_all": False}, 50.0),
    ("every minute: the clock", {"asks_the_clock": True, "looks_through_all": False}, 50.0),
    ("every 10 min: everything", {"asks_the_clock": False, "looks_through_all": True}, 500.0),
)
"""As the worker makes them, and the milliseconds that each may take."""
PAGES = ("about-you", "organisation", "projects")
FIRST = 1_000_000  # ids of what is loaded begin after it
ACCOUNT_MAIL = "account:login_code"


def main() -> int:
    """Load, measure and print; 1 if a sweep takes longer than its budget."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--size", type=int, default=SIZE)
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    arguments.add_argument("--explain", action="store_true")
    asked = arguments.parse_args()
    with servers.prepared():
        began = time.perf_counter()
        counts = load(asked.size)
        told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        print(f"loaded {told} in {time.perf_counter() - began:.0f} s")
        settle()
        print(f"{servers.busy()}, {asked.rounds} rounds")
        print(
            f"{'a sweep with nothing to do':30}{'queries':>9}{'ms':>9}{'(min-max)':>18}{'budget':>9}"
        )
        kept = [measure(*each, asked.rounds, explains=asked.explain) for each in SWEEPS]
    return 0 if all(kept) else 1


# What is loaded -------------------------------------------------------------------------------------
def load(size: int) -> dict[str, int]:
    """Have so many forms with their people, accounts, events and emails; return how many of what."""
    from allauth.account.models import EmailAddress
    from django.db import connection

    from communications.models import Email
    from participants.models import ExpressionOfInterest, PageAnswers, Person, Snapshot
    from stepchange.models import Event, User

    models = one_of_each()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    ids = f"{FIRST} + n"
    multiply(models[User], size, id=ids, email="'p' || n || '@load.example'", public_id=UUID)
    address = {"user_id": ids, "email": "'p' || n || '@load.example'"}
    multiply(models[EmailAddress], size, **address)
    multiply(models[Person], size, id=ids, user_id=ids, public_id=UUID)
    reference = "'SL-' || lpad(n::text, 8, '0')"
    # One in five never sent theirs; one in four of the others changed it later.
    form = {
        "id": ids,
        "person_id": ids,
        "reference": reference,
        "state": "CASE WHEN n % 5 = 0 THEN 'draft' ELSE 'submitted' END",
        "submitted_at": "CASE WHEN n % 5 = 0 THEN NULL ELSE now() - n % 15 * interval '1 day' END",
        "started_at": "now() - interval '16 days'",
    }
    multiply(models[ExpressionOfInterest], size, **form)
    for page in PAGES:
        saved = f"now() - n % 15 * interval '1 day' - interval '1 hour' * {len(page) % 3 + 1}"
        row = {"expression_id": ids, "page": f"'{page}'", "saved_at": saved}
        multiply(models[PageAnswers], size, **row)
    taken = {"expression_id": ids, "taken_at": "now() - n % 15 * interval '1 day'"}
    multiply(models[Snapshot], size, "n % 5 <> 0", **taken)
    _load_events(models[Event], size, reference)
    _load_emails(models[Email], size)
    counted = (User, ExpressionOfInterest, PageAnswers, Snapshot, Event, Email)
    return {str(each._meta.verbose_name_plural): each._base_manager.count() for each in counted}


UUID = "gen_random_uuid()"


def one_of_each() -> dict[type[models.Model], models.Model]:
    """Return one row of each model, made as the portal makes them: the others are copies of it."""
    from datetime import timedelta

    from allauth.account.models import EmailAddress
    from django.db import transaction

    from communications.models import Email
    from participants import workflow
    from participants.models import PageAnswers, Snapshot
    from stepchange import clock
    from stepchange.events import record
    from stepchange.models import User
    from workstreams.models import Call

    now = clock.now()
    call = Call.objects.create(
        slug="load",
        name="Load",
        opens_at=now - timedelta(days=17),
        closes_at=now + timedelta(hours=12),
        delivery_on=clock.today() + timedelta(days=7),
        state=Call.State.PUBLISHED,
    )
    user = User.objects.create(email="p0@load.example")
    address = EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    form = workflow.start(user, call, received_at=now)
    workflow.save_page(form, PAGES[0], {"full_name": "Amina Thistlewood"}, revision=0)
    snapshot = Snapshot.objects.create(expression=form, number=1, answers={"words": "x" * 500})
    email = Email.objects.create(
        notice="receipt", recipient_key="person:0:account", state="sent", sent_at=now
    )
    page = PageAnswers.objects.get(expression=form)
    with transaction.atomic():
        event = record("load.began", user, by=None)
    rows = (user, address, form.person, form, page, snapshot, event, email)
    return {type(row): row for row in rows}


def _load_events(event: models.Model, size: int, reference: str) -> None:
    """Have every form sent, some changed or withdrawn, and as many events that nobody is told of."""
    from communications.notices import NOTICES

    by_notice = {name: notice.event_kind for name, notice in NOTICES.items() if notice.event_kind}
    often = {"receipt": "n % 5 <> 0", "amended": "n % 5 <> 0 AND n % 4 = 0"}
    about = {"subject_key": reference, "digest": "md5(n::text || {kind}) || md5(n::text)"}
    kinds = dict.fromkeys([*by_notice.values(), "load.nobody.told"])
    for kind in kinds:
        notice = next((name for name, each in by_notice.items() if each == kind), "")
        which = often.get(notice, "n % 20 = 0") if notice else "true"
        quoted = f"'{kind}'"
        row = about | {"digest": about["digest"].format(kind=quoted), "kind": quoted}
        multiply(event, size, which, **row)


def _load_emails(email: models.Model, size: int) -> None:
    """Have all told of what they had to be told, and as many account mails."""
    from datetime import timedelta

    from django.db import connection

    from communications.notices import NOTICES, drafts
    from workstreams.models import Call

    table = email._meta.db_table
    caused = {"public_id": UUID, "subject_key": "e.subject_key", "event_id": "e.id"}
    for name, notice in NOTICES.items():
        if notice.event_kind:
            source = f"(SELECT * FROM stepchange_event WHERE kind = '{notice.event_kind}') e"
            row = caused | {"notice": f"'{name}'", "occurrence": "left(e.digest, 32)"}
            copy(email, source, **row)
    closes_at = Call.objects.get(slug="load").closes_at
    forms = "(SELECT reference, state FROM participants_expressionofinterest) f"
    by_clock = {"public_id": UUID, "subject_key": "f.reference", "event_id": "NULL"}
    drafts_only = f"(SELECT * FROM {forms} WHERE state = 'draft') f"
    for reminder, occurrence in (
        ("draft_saved", drafts.ONCE),
        *(
            ("deadline_near", drafts._occurrence(timedelta(days=days), closes_at))
            for days in (3, 1)
        ),
    ):
        row = by_clock | {"notice": f"'{reminder}'", "occurrence": f"'{occurrence}'"}
        copy(email, drafts_only, **row)
    account = {"public_id": UUID, "notice": f"'{ACCOUNT_MAIL}'", "occurrence": "n::text"}
    multiply(email, size, **account)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE id = %s", [email.pk])


def multiply(row: models.Model, size: int, which: str = "true", **columns: str) -> None:
    """Copy a row, once for each number up to `size` that is wanted, with these columns in SQL of `n`."""
    copy(row, f"(SELECT n FROM generate_series(1, {size}) n WHERE {which}) numbers", **columns)


def copy(row: models.Model, source: str, **columns: str) -> None:
    """Copy a row, once for each row of an SQL source, with these columns in place of its own."""
    from django.db import connection

    named = [str(field.column) for field in row._meta.concrete_fields if not field.primary_key]
    kept = {name: columns.get(name, f'one."{name}"') for name in named}
    if "id" in columns:
        kept["id"] = columns["id"]
    table, key = row._meta.db_table, row.pk
    names, values = ", ".join(f'"{name}"' for name in kept), ", ".join(kept.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {source}, {table} one "
            f"WHERE one.id = {key}"
        )


def settle() -> None:
    """Let the database know its tables, as autovacuum does by itself; send and seal what waits."""
    from django.db import connection

    from communications import workflow
    from stepchange import audit

    audit.seal()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    while found := workflow.sweep():
        print(f"settling: {found}")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        # A helper's processor time would not be counted.
        cursor.execute("SET max_parallel_workers_per_gather = 0")


# What is measured -----------------------------------------------------------------------------------
def measure(
    name: str, asks: dict[str, bool], budget: float, rounds: int, *, explains: bool
) -> bool:
    """Sweep so often; print the figures, and the slowest queries; say whether the budget is kept."""
    from communications import workflow

    times: list[float] = []
    queries: dict[str, float] = defaultdict(float)
    workflow.sweep(**asks)  # what is asked first is read from the disk
    cpu = cpu_seconds()
    for _round in range(rounds):
        with timed_queries() as taken:
            began = time.perf_counter()
            found = workflow.sweep(**asks)
            times.append((time.perf_counter() - began) * 1000)
        if found:
            raise AssertionError(f"There was something to do: {found}")
        for sql, seconds in taken:
            queries[sql] += seconds * 1000 / rounds
    spent = (cpu_seconds() - cpu) * 1000 / rounds
    missed = "" if spent <= budget else "  MISSED"
    figures = f"{statistics.median(times):9.1f}{spent:9.1f}{budget:9.1f}"
    print(f"{name:30}{len(taken):>9}{figures}{missed}", flush=True)
    if missed or explains:
        for sql, milliseconds in sorted(queries.items(), key=itemgetter(1), reverse=True)[:5]:
            print(f"{milliseconds:10.1f} ms  {sql[:160]}")
            if explains:
                print(plan_of(sql))
    return not missed


def cpu_seconds() -> float:
    """Return the processor time that we and our connection's server process have spent."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (process,) = cursor.fetchone()
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def timed_queries() -> Iterator[list[tuple[str, float]]]:
    """Note each query, with its values in place, and the seconds that it took."""
    from django.db import connection

    taken: list[tuple[str, float]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            seconds = time.perf_counter() - began
            said = context["cursor"].cursor
            text = connection.ops.last_executed_query(said, sql, params)
            taken.append((str(text), seconds))

    with connection.execute_wrapper(note):
        yield taken


def plan_of(sql: str) -> str:
    """Return how the database goes about a query."""
    from django.db import connection

    _cursor, _for, asked = sql.partition(" CURSOR WITH HOLD FOR ")
    sql = asked or sql
    if not sql.startswith(("SELECT", "(SELECT")):
        return ""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}")
        return "\n".join(f"            {line}" for (line,) in cursor.fetchall())


if __name__ == "__main__":
    run_as_command(main)
