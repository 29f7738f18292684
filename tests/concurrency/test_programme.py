"""Two office managers change the programme's structure in the same moment."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.loading import load_programme
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role, holds, synchronise_groups
from stepchange.transitions import Refused
from tests.builders import make_call, make_stream, make_user
from workstreams import workflow
from workstreams.models import Call, Organisation, Seat, Term

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

WHY = "The board asked for it."


def at_once(*works: Callable[[], object]) -> list[str]:
    """Do the works at the same moment; return what came of each."""
    together = Barrier(len(works))

    def do(work: Callable[[], object]) -> str:
        try:
            together.wait(timeout=20)
            work()
        except Refused as refused:
            return str(refused)
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(do, works))


def make_seat() -> Seat:
    return Seat.objects.create(work_stream=make_stream(), side="police")


def make_organisation() -> Organisation:
    return Organisation.objects.create(name="Harbour & Vale", sector="private", state="published")


def day(days: int) -> date:
    return clock.today() + timedelta(days=days)


def test_of_many_calls_published_at_once_one_is_and_the_others_are_told():
    calls = [make_call(state="draft") for _ in range(6)]

    outcomes = at_once(*(lambda call=call: workflow.publish_call(call, by=None) for call in calls))

    published = Call.objects.get(state="published")
    told = f"“{published.name}” is published: close it first."
    assert Counter(outcomes) == {"done": 1, told: 5}
    assert Event.objects.count() == 1


def test_a_term_is_not_lengthened_while_the_next_holder_is_appointed():
    synchronise_groups()
    organisation = make_organisation()
    for _ in range(5):
        seat = make_seat()
        first = Term.objects.create(
            seat=seat,
            holder=make_user(),
            organisation=organisation,
            starts_on=day(-9),
            ends_on=day(9),
        )
        outcomes = at_once(
            lambda term=first: workflow.end_term(term, ends_on=day(20), by=None, reason=WHY),
            lambda seat=seat: workflow.appoint(
                seat,
                holder=make_user(),
                organisation=organisation,
                starts_on=day(10),
                ends_on=None,
                by=None,
            ),
        )

        assert outcomes[1] == "done"
        assert "only ever shortened" in outcomes[0]
        assert Term.objects.on(day(15)).filter(seat=seat).count() == 1


def test_appointments_at_once_leave_every_holder_in_the_group():
    synchronise_groups()
    organisation = make_organisation()
    seats, holders = [make_seat() for _ in range(6)], [make_user() for _ in range(6)]

    outcomes = at_once(
        *(
            lambda seat=seat, holder=holder: workflow.appoint(
                seat,
                holder=holder,
                organisation=organisation,
                starts_on=day(0),
                ends_on=None,
                by=None,
            )
            for seat, holder in zip(seats, holders, strict=True)
        )
    )

    assert outcomes == ["done"] * 6
    assert all(holds(holder, Role.CO_CHAIR) for holder in holders)


def test_a_load_holds_each_row_between_reading_and_replacing_it():
    synchronise_groups()
    load_programme()

    with CaptureQueriesContext(connection) as queries:
        load_programme()

    read = [
        query["sql"]
        for query in queries
        if query["sql"].startswith("SELECT") and 'FROM "projects_project"' in query["sql"]
    ]
    assert read
    assert all("FOR UPDATE OF" in sql for sql in read)


def test_colleagues_who_submit_at_once_propose_one_of_their_sector():
    Organisation.objects.create(name="Quillstone", sector="police")
    user = make_user()

    def propose() -> None:
        workflow.propose_organisation("Quillstone", "", "private", by=user)

    assert at_once(*[propose] * 8) == ["done"] * 8
    assert Organisation.objects.filter(sector="private").count() == 1
