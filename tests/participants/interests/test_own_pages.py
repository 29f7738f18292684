"""What participants read of their own interests: where each stands, never why, and never by whom."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from participants.models import InterestCase
from participants.workflow import interest_cases
from participants.workflow.declarations import InterestGiven
from stepchange import clock
from stepchange.models import Event, User
from stepchange.uk_time import uk_long_date
from tests.builders import make_project, make_user
from tests.participants.interests.declaring import (
    DONE,
    GUARDS,
    TODO,
    WHY,
    assessed,
    case_of,
    declare,
    excluded,
    in_days,
    managed,
    proved,
)
from tests.reading import read
from tests.signing_in import browser_of

pytestmark = pytest.mark.django_db

LIST = "/declarations/"


@pytest.fixture
def own(iris) -> Client:
    return browser_of(iris)


def come_of(case: InterestCase, outcome: str, by: User) -> list[str]:
    """Bring a case to an outcome; return what its person must read of it."""
    if outcome == "declared":
        return ["Being looked at"]
    if outcome == "excluded":
        project = make_project()
        excluded(case, by, project)
        return ["You can’t join some projects", str(project)]
    if outcome in {"managed", "proved"}:
        managed(case, by, days=20)
        if outcome == "managed":
            return ["Managed", TODO, f"by {uk_long_date(in_days(20))}"]
        proved(case)
        return ["Managed, and done", TODO]
    assessed(case, by)
    if outcome == "assessed":
        return ["Being looked at"]
    interest_cases.take_no_action(case, reason=WHY, by=by)
    return ["No action needed"]


@pytest.mark.parametrize(
    "outcome", ["declared", "assessed", "no action", "managed", "proved", "excluded"]
)
def test_each_outcome_is_told_in_plain_words_without_reasons_or_names(own, person, clerk, outcome):
    words = come_of(case_of(person), outcome, clerk)

    for address in (LIST, f"{LIST}1/"):
        page = read(own.get(address))
        for each in words:
            assert page.says(each), (address, each)
        for hidden in (WHY, DONE, clerk.name, "potential"):
            assert not page.says(hidden), (address, hidden)
    assert not Event.objects.filter(kind__endswith="looked").exists()


def test_what_is_overdue_says_so(own, person, clerk):
    managed(case_of(person), clerk, days=2)
    with time_machine.travel(clock.start_of(in_days(3)) + timedelta(hours=12), tick=False):
        page = read(browser_of(person.user).get(LIST))

    assert page.says("Managed: overdue")
    assert page.says(f"by {uk_long_date(in_days(2))}")


def test_a_whole_work_stream_is_named(own, person, clerk):
    stream = make_project().work_stream
    case = assessed(case_of(person), clerk)
    interest_cases.exclude(case, work_stream=stream, reason=WHY, by=clerk)

    assert read(own.get(LIST)).says(f"All projects of {stream}")


def test_an_older_declaration_says_that_it_was_replaced(own, person, clerk):
    managed(case_of(person), clerk)
    declare(person, InterestGiven(**vars(GUARDS) | {"gain": "Nothing any more"}))

    older, newer = read(own.get(f"{LIST}1/")), read(own.get(f"{LIST}2/"))
    assert older.says("You have signed another declaration since")
    assert not older.says(TODO)
    assert newer.says("Being looked at")


def test_nobody_reads_anothers_and_many_cost_the_same(own, person, clerk):
    managed(case_of(person), clerk)
    other = browser_of(make_user())
    assert not read(other.get(LIST)).says(TODO)
    assert other.get(f"{LIST}1/").status_code == 404
    with CaptureQueriesContext(connection) as few:
        own.get(LIST)
    declare(person, GUARDS, *(InterestGiven(kind="other", party=str(n)) for n in range(20)))
    with CaptureQueriesContext(connection) as many:
        own.get(LIST)

    assert len(many) == len(few)
