"""A referee's link: fetched by anybody, spent by a post alone, and dead in one way (laws 8, 9)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertRedirects

from communications.models import Email
from participants import workflow
from participants.models import Check, ExpressionOfInterest, RefereeLink, RefereeRequest
from participants.workflow import referees, validation
from stepchange import clock
from stepchange.models import Event, User
from tests.builders import make_submitted, make_user
from tests.participants.identity.refereeing import (
    ERASE,
    HERE,
    THANKS,
    YES,
    opens,
    reader_of,
    token_of,
)
from tests.reading import read
from workstreams.models import Call

pytestmark = pytest.mark.django_db

CONFIRMS = referees.Answer(name_is_right=True, role_is_right=True, employer_is_right=True)
DENIES = referees.Answer(knows_them=False)


def rows() -> list[list[dict]]:
    """Return all that a link could change."""
    models: tuple[Any, ...] = (Event, Check, RefereeRequest, RefereeLink, Email)
    return [list(model._base_manager.order_by("pk").values()) for model in models]


def test_fifty_fetches_by_a_scanner_change_nothing(asked):
    token, before = token_of(asked), rows()
    with_cookies = Client()
    for number in range(25):
        scanner = with_cookies if number % 2 else Client()
        found = scanner.get(f"{HERE}{token}/")
        assertRedirects(found, HERE, fetch_redirect_response=False)
        scanner.head(f"{HERE}{token}/")
    for page in (HERE, ERASE, THANKS):
        with_cookies.get(page)
        with_cookies.head(page)

    assert rows() == before
    reader = Client()
    response = opens(reader, token)
    assert token not in response.content.decode()
    assertRedirects(reader.post(HERE, YES), THANKS)


def test_a_fetch_looks_nothing_up(asked):
    """The session is written, as for any link whatever: whether it opens something is not asked."""
    costs = set()
    for token in (token_of(asked), "x" * 43, "y" * 900):
        with CaptureQueriesContext(connection) as queries:
            Client().get(f"{HERE}{token}/")
        assert not any("participants_" in each["sql"] for each in queries.captured_queries)
        costs.add(len(queries))
    assert len(costs) == 1


def asked_of_another() -> RefereeRequest:
    make_submitted(user=make_user(), call=Call.objects.first())
    return RefereeRequest.objects.select_related("validation__person__user").latest("pk")


def changed(asked: RefereeRequest, field: str) -> None:
    person = asked.validation.person
    setattr(person, field, "Somebody else")
    person.save()


def withdrawn(asked: RefereeRequest) -> None:
    form = ExpressionOfInterest.objects.get(person=asked.validation.person)
    owner = asked.validation.person.user
    assert owner
    workflow.withdraw(form, by=owner)


def named_another(asked: RefereeRequest) -> None:
    named = referees.Referee(name="Ola", role_title="Boss", email="ola@x.example")
    owner = asked.validation.person.user
    assert owner
    referees.name_another(asked.validation, named, by=owner)


def ran_out(asked: RefereeRequest) -> None:
    RefereeRequest.objects.filter(pk=asked.pk).update(expires_at=clock.now())


def recorded_as_run_out(asked: RefereeRequest) -> None:
    ran_out(asked)
    referees.expire(RefereeRequest.objects.get(pk=asked.pk), by=None)


ENDS: dict[str, Callable[[RefereeRequest, str, User], Any]] = {
    "confirmed": lambda _asked, token, _clerk: referees.answer(token, CONFIRMS),
    "denied": lambda _asked, token, _clerk: referees.answer(token, DENIES),
    "ran out": lambda asked, _token, _clerk: ran_out(asked),
    "recorded as run out": lambda asked, _token, _clerk: recorded_as_run_out(asked),
    "asked again": lambda asked, _token, clerk: referees.ask_again(
        asked.validation, by=clerk, reason="No answer"
    ),
    "another named": lambda asked, _token, _clerk: named_another(asked),
    "withdrawn": lambda asked, _token, _clerk: withdrawn(asked),
    "erased": lambda _asked, token, _clerk: referees.erase_instead(token),
    "job changed": lambda asked, _token, _clerk: changed(asked, "role_title"),
    "name changed": lambda asked, _token, _clerk: changed(asked, "full_name"),
}


def dead_links(clerk: User) -> dict[str, str]:
    """Return a token for each way in which a link can be dead."""
    made = {"unknown": "x" * 43, "long": "y" * 900, "unicode-like": "-_-"}
    for way, end in ENDS.items():
        asked = asked_of_another()
        made[way] = token_of(asked)
        end(asked, made[way], clerk)
    return made


def test_every_dead_link_answers_the_same(clerk, django_assert_num_queries):
    """The same status, headers and body, after the same number of queries."""
    links = dead_links(clerk)
    for method, page in (("get", HERE), ("post", HERE), ("get", ERASE), ("post", ERASE)):
        answers = {}
        for way, token in links.items():
            client = Client()
            client.get(f"{HERE}{token}/")
            # Each reading of the session asks twice, as nobody signed in by it.
            with django_assert_num_queries(3 if method == "get" else 5):
                response = getattr(client, method)(page, YES)
            body = re.sub(r'value="[\w]{64}"', "", response.content.decode())
            headers = {name: said for name, said in response.headers.items() if name != "Expires"}
            answers[way] = (response.status_code, body, tuple(sorted(headers.items())))
        assert {answer[0] for answer in answers.values()} == {404}
        assert len(set(answers.values())) == 1
        assert "This link can’t be used" in answers["unknown"][1]


def test_without_any_link_there_is_nothing(client):
    for page in (HERE, ERASE, THANKS):
        assert client.get(page).status_code == 404
        assert client.post(page, YES).status_code == 404


def test_what_was_written_on_a_page_whose_link_died_can_be_copied(asked):
    client = reader_of(asked)
    referees.erase_instead(token_of(asked))

    page = read(client.post(HERE, YES | {"comment": "<b>Ten</b> years beside her."}))
    assert page.says("What you wrote was not sent")
    assert page.says("<b>Ten</b> years beside her.")


def test_every_link_of_one_request_is_spent_by_one(asked):
    """A letter that was written twice holds two."""
    first, second = reader_of(asked), reader_of(asked)
    assertRedirects(first.post(HERE, YES), THANKS)

    assert second.post(HERE, YES).status_code == 404
    assert Check.objects.filter(kind="referee").count() == 1


def test_it_lasts_fourteen_days(asked):
    assert asked.expires_at - asked.asked_at >= timedelta(days=14) - timedelta(seconds=5)
    RefereeRequest.objects.update(expires_at=clock.now() + timedelta(minutes=1))
    assert reader_of(asked).get(HERE).status_code == 200
    RefereeRequest.objects.update(expires_at=clock.now())
    assert reader_of(asked).get(HERE).status_code == 404


def test_a_caseworker_who_takes_it_on_does_not_cost_the_answer(asked, clerk):
    client = reader_of(asked)
    validation.begin(asked.validation, by=clerk)

    assertRedirects(client.post(HERE, YES), THANKS)
