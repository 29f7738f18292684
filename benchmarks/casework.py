"""What the caseworker's queue and the page of a case cost at 100 and at 10,000 cases.

    .venv/bin/python -m benchmarks.casework [--sizes 100 10000] [--explain]

On the throw-away PostgreSQL, asked in this process through the portal's middlewares: people of 50
organisations who each chose two projects, a third waiting for a referee, a tenth settled, each with checks
and a referee who was asked. Prints the queries of each page and the time it takes: the median and the
95th of a hundred. docs/decisions/0026-casework-console.md draws the conclusion.
"""

# Table and column names alone are put into SQL here, none of them anybody's words.
from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from benchmarks import servers
from benchmarks.ledger import FIRST, UUID, multiply, plan_of, timed_queries
from scripts.terminal import run_as_command

if TYPE_CHECKING:
    from django.db import models
    from django.test import Client

SIZES, ROUNDS = (100, 10_000), 100
QUEUE = "/admin/participants/validation/"
EMPLOYERS = 50


def main() -> int:
    """Load, measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    arguments.add_argument("--explain", action="store_true")
    asked = arguments.parse_args()
    with servers.prepared():
        first = one_of_each()
        desk = a_desk()
        loaded = 0
        print(f"{servers.busy()}, {asked.rounds} rounds")
        print(f"{'cases':>8}  {'page':24}{'queries':>9}{'median ms':>11}{'p95 ms':>9}")
        for size in sorted(asked.sizes):
            load(first, loaded, size)
            loaded = size
            for name, path in pages().items():
                measure(size, name, partial(desk.get, path), asked)
    return 0


def one_of_each() -> dict[type[models.Model], models.Model]:
    """Return one row of each model, made as the portal makes them: the others are copies of it."""
    from datetime import timedelta

    from participants import policies
    from participants.models import (
        Check,
        ExpressionOfInterest,
        Person,
        ProjectChoice,
        RefereeRequest,
        Validation,
    )
    from participants.models.validation import keyed_digest
    from projects.models import Project
    from stepchange import clock
    from stepchange.models import User
    from workstreams.models import Call, Organisation, WorkStream

    now = clock.now()
    call = Call.objects.create(
        slug="load",
        name="Load",
        opens_at=now - timedelta(days=17),
        closes_at=now + timedelta(days=2),
        delivery_on=clock.today() + timedelta(days=7),
        state=Call.State.PUBLISHED,
    )
    stream = WorkStream.objects.create(slug="load", name="Load", code_prefix="L")
    project = Project.objects.create(
        code="L1", work_stream=stream, title="Load", action="a", vision="v", state="provisional"
    )
    employers = Organisation.objects.bulk_create(
        Organisation(
            id=FIRST + number,
            name=f"Force {number}",
            unit="Roads",
            sector="police",
            state="published",
            domains=f"force{number}.example",
        )
        for number in range(EMPLOYERS)
    )
    user = User.objects.create(email="p0@load.example")
    person = Person.objects.create(
        user=user, full_name="Amina Load", work_email=user.email, organisation=employers[0]
    )
    form = ExpressionOfInterest.objects.create(
        person=person, call=call, state="submitted", submitted_at=now
    )
    choice = ProjectChoice.objects.create(
        expression=form, project=project, rank=1, contribution="lead", hours=8
    )
    case = Validation.objects.create(person=person, due_on=clock.today(), state="in progress")
    referee = RefereeRequest.objects.create(
        validation=case,
        name="Wilhelmina Asare",
        role_title="Superintendent",
        email="referee@load.example",
        email_key=keyed_digest("referee@load.example"),
        asked={"name": "Amina Load"},
        relied_on=policies.kept_of(person),
        organisation=employers[0],
        state="confirmed",
        answered_at=now,
        expires_at=now + timedelta(days=14),
        answers={"name": True},
    )
    check = Check.objects.create(
        validation=case,
        kind="call-back",
        outcome="confirmed",
        fraud=1,
        method="Through the force's switchboard.",
        relied_on=policies.kept_of(person),
        organisation=employers[0],
    )
    rows = (user, person, form, choice, case, referee, check)
    return {type(row): row for row in rows}


def load(first: dict[type[models.Model], models.Model], held: int, size: int) -> None:
    """Have so many cases, where so many are held already."""
    from django.db import connection

    of = {model.__name__: row for model, row in first.items()}
    ids, which = f"{FIRST} + n", f"n > {held}"
    key = {"id": ids, "public_id": UUID}
    employer = f"{FIRST} + n % {EMPLOYERS}"
    multiply(of["User"], size, which, **key, email="'p' || n || '@load.example'")
    named = {"full_name": "'Person ' || n", "work_email": "'p' || n || '@load.example'"}
    multiply(of["Person"], size, which, **key, user_id=ids, organisation_id=employer, **named)
    reference = "'SL-' || lpad(n::text, 8, '0')"
    multiply(of["ExpressionOfInterest"], size, which, id=ids, person_id=ids, reference=reference)
    multiply(of["ProjectChoice"], size, which, **key, expression_id=ids)
    settled = "CASE WHEN n % 10 = 0 THEN 'refused' ELSE 'in progress' END"
    case = {
        "person_id": ids,
        "state": settled,
        "refused_by_id": ids,
        "due_on": "current_date + (n % 20 - 5)",
    }
    multiply(of["Validation"], size, which, **key, **case)
    asked = {
        "validation_id": ids,
        "state": "CASE WHEN n % 3 = 0 THEN 'sent' ELSE 'confirmed' END",
        "answered_at": "CASE WHEN n % 3 = 0 THEN NULL ELSE one.answered_at END",
        "email_key": "md5(n::text)",
    }
    multiply(of["RefereeRequest"], size, which, **key, **asked)
    for kind in ("work email", "referee", "call-back"):
        made = {"validation_id": ids, "kind": f"'{kind}'", "public_id": UUID}
        multiply(of["Check"], size, which, **made)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def a_desk() -> Client:
    """Return the browser of a caseworker, of an organisation of their own."""
    from stepchange.roles import Role, synchronise_groups
    from tests.office import make_holder, signed_in

    synchronise_groups()
    return signed_in(make_holder(Role.CASEWORKER, name="Beatrix Okonjo"), SERVER_NAME="localhost")


def pages() -> dict[str, str]:
    """Return the addresses to measure: the queue, one of its filters, its end, and a case."""
    from participants.models import Validation

    case = Validation.objects.filter(state="in progress").order_by("-pk").first()
    assert case is not None  # noqa: S101 - it was loaded
    return {
        "queue": QUEUE,
        "queue, the office's": f"{QUEUE}?waits=office",
        "case": f"{QUEUE}{case.public_id}/change/",
        "the console's first page": "/admin/",
    }


def measure(size: int, name: str, ask: Callable[[], Any], asked: argparse.Namespace) -> None:
    """Ask so often; print the figures, and the slowest queries where they are asked for."""
    ask()
    with timed_queries() as taken:
        answer = ask()
    if answer.status_code != 200:
        raise AssertionError(f"{name}: {answer.status_code}")
    times = []
    for _round in range(asked.rounds):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    p95 = statistics.quantiles(times, n=20)[-1]
    print(f"{size:8,}  {name:24}{len(taken):>9}{statistics.median(times):11.0f}{p95:9.0f}")
    if asked.explain:
        for sql, seconds in sorted(taken, key=itemgetter(1), reverse=True)[:3]:
            print(f"{seconds * 1000:10.1f} ms  {sql[:300]}")
            print(plan_of(sql))


if __name__ == "__main__":
    run_as_command(main)
