"""Races over what is sent to one address, with real threads on PostgreSQL."""

import pytest

from participants import workflow
from participants.models import MOST_TRIES, AddressConfirmation
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_call, make_entered, make_user
from tests.concurrency.racing import at_once
from tests.office import make_holder

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


def test_of_several_forms_sent_to_one_address_at_once_one_is_emailed():
    clerk = make_holder(Role.CASEWORKER)
    calls = [make_call(name=f"Call {number}", state="closed") for number in range(6)]
    forms = [make_entered(by=clerk, call=call) for call in calls]

    given = at_once(6, lambda number: workflow.entered.hand_over(forms[number], by=clerk))

    assert sorted(given) == [False] * 5 + [True]
