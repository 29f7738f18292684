"""What it costs to compare one person with whoever may be the same, among so many.

    .venv/bin/python -m benchmarks.likeness_speed --people 10000

On a throw-away PostgreSQL. Everybody is made up of a few hundred names, one in ten at the switchboard
of one employer; then some have submitted and are compared. Prints milliseconds and queries a person.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from contextlib import ExitStack

from benchmarks.audit import migrated_database

GIVEN = """
    William Bill Elizabeth Liz Amina Priya Mohammed Sarah David Karen Tunde Ngozi Wei Gareth Cerys
    Katalin Bilal Fiona Marcus Greta Leonard Sunita Hassan Miriam Victor Imogen Rajesh Louise Tobias
""".split()  # noqa: SIM905 - thirty quoted names would read worse
BEGIN = (
    "Ash Black Carr Dun Elm Fen Grim Hath Ing Kest Lang Mor North Oak Pem Quar Red Staf Thorn Wick"
)
END = "bourne combe dale field ford gate hurst ley low mere shaw stead stow thwaite ton wick wood worth"


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--people", type=int, default=10_000)
    arguments.add_argument("--compared", type=int, default=200)
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
        measure(asked.people, asked.compared)


def measure(people: int, compared: int) -> None:
    """Make so many people, with the keys of all, and time the comparing of some of them."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from participants.models import LikelyPair, LikenessKey, Person
    from participants.workflow import likeness

    _make(people)
    _keep_keys()
    print(f"{people} people, {LikenessKey.objects.count()} keys")
    some = random.Random(4).sample(  # noqa: S311 - nothing secret
        list(Person.objects.values_list("pk", flat=True)), min(compared, people)
    )
    took, asked = [], []
    for key in some:
        Person.objects.filter(pk=key).update(likeness_due=True)
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as queries:
            likeness.compare(key)
        took.append((time.perf_counter() - began) * 1000)
        asked.append(len(queries))
    cuts = statistics.quantiles(took, n=20)
    print(
        f"{len(some)} compared, {LikelyPair.objects.count()} pairs: "
        f"median {statistics.median(took):.1f} ms, 95th {cuts[18]:.1f} ms, "
        f"queries {min(asked)} to {max(asked)}"
    )


def _make(people: int) -> None:
    from participants.models import Person
    from stepchange.models import User
    from workstreams.models import Organisation

    chance = random.Random(21)  # noqa: S311 - nothing secret
    surnames = [begin + end for begin in BEGIN.split() for end in END.split()]
    firms = [
        Organisation.objects.create(name=f"Employer {number}", sector="private")
        for number in range(max(people // 40, 1))
    ]
    users = User.objects.bulk_create(
        User(email=f"person{number}@post.example") for number in range(people)
    )
    Person.objects.bulk_create(
        Person(
            user=user,
            full_name=f"{chance.choice(GIVEN)} {chance.choice(surnames)}",
            work_email=f"person{number}@employer{number % len(firms)}.example",
            telephone="020 7946 0000" if number % 10 == 0 else f"07{number:09d}",
            organisation=firms[0] if number % 10 == 0 else firms[number % len(firms)],
            role_title="Security Manager",
            likeness_due=True,
        )
        for number, user in enumerate(users)
    )


def _keep_keys() -> None:
    from participants.likeness_keys import keys_of
    from participants.models import LikenessKey, Person
    from participants.workflow.likeness import ALONG, details_of

    LikenessKey.objects.bulk_create(
        (
            LikenessKey(person=person, kind=kind, key=key)
            for person in Person.objects.select_related(*ALONG)
            for kind, key in sorted(keys_of(details_of(person)))
        ),
        batch_size=5000,
    )


if __name__ == "__main__":
    main()
