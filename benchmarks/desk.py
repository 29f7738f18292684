"""What a co-chair's desk costs with 100 and with 10,000 volunteers in the work-stream.

    .venv/bin/python -m benchmarks.desk [--sizes 100 10000] [--explain]

On the throw-away PostgreSQL, asked in this process through the portal's middlewares: volunteers of 50
organisations for five projects, every tenth with one key cast, every twentieth decided and held. Prints the
queries of each page and the time it takes: the median and the 95th of a hundred.
docs/decisions/0029-joint-decisions.md draws the conclusion.
"""

# Table and column names alone are put into SQL here, none of them anybody's words.
from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from benchmarks import servers
from benchmarks.casework import ROUNDS, SIZES, load, measure, one_of_each
from scripts.terminal import run_as_command

if TYPE_CHECKING:
    from django.test import Client

PROJECTS = 5


def main() -> int:
    """Load, measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    arguments.add_argument("--explain", action="store_true")
    asked = arguments.parse_args()
    with servers.prepared():
        first = one_of_each()
        client = a_co_chair()
        loaded = 0
        print(f"{servers.busy()}, {asked.rounds} rounds")
        print(f"{'choices':>8}  {'page':24}{'queries':>9}{'median ms':>11}{'p95 ms':>9}")
        for size in sorted(asked.sizes):
            load(first, loaded, size)
            spread()
            loaded = size
            for name, path in pages().items():
                measure(size, name, partial(client.get, path), asked)
    return 0


def a_co_chair() -> Client:
    """Return the browser of the business co-chair; the police seat is held by another."""
    from stepchange import clock
    from stepchange.roles import Role, synchronise_groups
    from tests.builders import make_organisation
    from tests.office import make_holder, signed_in
    from workstreams.models import Seat, Term, WorkStream

    synchronise_groups()
    stream = WorkStream.objects.get(slug="load")
    holders = {}
    for side, sector in (("business", "private"), ("police", "police")):
        seat = Seat.objects.create(work_stream=stream, side=side, kind="co-chair")
        holders[side] = make_holder(Role.CO_CHAIR, name=f"The {side} co-chair")
        Term.objects.create(
            seat=seat,
            holder=holders[side],
            organisation=make_organisation(sector=sector, name=f"Employer of {side}"),
            starts_on=clock.today(),
        )
    return signed_in(holders["business"], SERVER_NAME="localhost")


def spread() -> None:
    """Spread the choices over the projects of the work-stream."""
    from django.db import connection

    from projects.models import Project
    from workstreams.models import WorkStream

    stream = WorkStream.objects.get(slug="load")
    keys = [
        Project.objects.get_or_create(
            code=f"L{number}",
            defaults={
                "work_stream": stream,
                "title": "Load",
                "action": "a",
                "vision": "v",
                "state": "provisional",
            },
        )[0].pk
        for number in range(1, PROJECTS + 1)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE participants_projectchoice SET project_id = (%s::bigint[])[1 + id %% 5]", [keys]
        )
        cursor.execute("VACUUM ANALYZE")


def pages() -> dict[str, str]:
    """Return the addresses to measure: the desks, one desk, it narrowed, and a volunteer."""
    from participants.models import ProjectChoice

    choice = ProjectChoice.objects.order_by("-pk").first()
    assert choice is not None  # noqa: S101 - it was loaded
    return {
        "desks": "/review/",
        "desk": "/review/load/",
        "desk, of one project": "/review/load/?project=L2",
        "desk, its last page": "/review/load/?sort=newest&page=2",
        "volunteer": f"/review/choices/{choice.public_id}/",
    }


if __name__ == "__main__":
    run_as_command(main)
