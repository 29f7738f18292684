"""Races over one code, with real threads on PostgreSQL."""

import pytest

from participants import workflow
from participants.models import MOST_TRIES, AddressConfirmation
from stepchange.models import Event
from stepchange.transitions import Refused
from tests.builders import make_user
from tests.concurrency.racing import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
WORK = "amina@harbour.example"


def test_twenty_guesses_at_once_are_five():
    person = workflow.person_of(make_user())
    workflow.ask_for_code(person, WORK, by=person.user)

    given = at_once(
        20, lambda number: workflow.confirm_address(person, WORK, f"A{number}", by=person.user)
    )

    assert sum(isinstance(each, workflow.WrongCode) for each in given) == MOST_TRIES
    assert all(isinstance(each, Refused) for each in given)


def test_twenty_requests_are_one_code_and_it_is_taken_once():
    person = workflow.person_of(make_user())

    given = at_once(20, lambda _: workflow.ask_for_code(person, WORK, by=person.user))

    code = AddressConfirmation.objects.get().code
    assert {each.code for each in given} == {code}
    at_once(4, lambda _: workflow.confirm_address(person, WORK, code, by=person.user))
    assert Event.objects.filter(kind="participants.address.confirmed").count() == 1


def test_many_people_at_once_have_five_codes_sent_to_one_address():
    people = [workflow.person_of(make_user()) for _ in range(12)]

    given = at_once(
        12, lambda number: workflow.ask_for_code(people[number], WORK, by=people[number].user)
    )

    assert sum(isinstance(each, AddressConfirmation) for each in given) == 5
    assert AddressConfirmation.objects.count() == 5
