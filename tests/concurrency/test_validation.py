"""Races over a validation, with real threads on PostgreSQL: one outcome, and the others are told."""

from __future__ import annotations

import pytest
from django.db import transaction

from participants import policies, workflow
from participants.models import Check, InformationRequest, RefereeRequest, Validation
from participants.workflow import referees, validation
from participants.workflow.referees import DeadLink, Referee
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_user
from tests.concurrency.racing import at_once
from tests.office import make_holder
from tests.participants.identity import cases

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def volunteer() -> User:
    return make_user("amina@harbour-vale.example", name="Amina Thistlewood")


@pytest.fixture
def case(volunteer: User) -> Validation:
    return cases.make_case(volunteer)


def ready(case: Validation) -> Validation:
    """Return the case with all that it needs to be validated."""
    caseworker = make_holder(Role.CASEWORKER)
    cases.referee_says(case)
    cases.call_back(case, caseworker)
    cases.settle_flags(case, caseworker)
    return case


def refusals(answers: list[object]) -> int:
    """Return how many were told; fail for what else went wrong."""
    assert all(isinstance(each, Refused | None | Check | RefereeRequest) for each in answers), (
        answers
    )
    return sum(isinstance(each, Refused) for each in answers)


@pytest.mark.parametrize("round_", range(3))
def test_of_validating_and_refusing_one_counts(case, round_):
    ready(case)
    office = [make_holder(Role.CASEWORKER) for _ in range(4)]
    rows = [cases.again(case) for _ in office]

    def settle(number: int) -> None:
        if number % 2:
            validation.validate(rows[number], by=office[number], reason="Known.")
        else:
            validation.refuse(rows[number], told="No.", by=office[number], reason="Unknown.")

    answers = at_once(4, settle)

    assert refusals(answers) == 3
    settled = Event.objects.of_kind(
        "participants.validation.validated", "participants.validation.refused"
    )
    assert [event.facts["to"] for event in settled] == [cases.again(case).state]


@pytest.mark.parametrize("round_", range(4))
def test_nobody_is_validated_for_a_name_that_nobody_checked(case, volunteer, round_):
    """Against an amendment in the same moment: whichever is first, the new name is not validated."""
    ready(case)
    expression = case.person.expressions.get()
    row = expression.pages.get(page="about-you")
    workflow.save_page(
        expression,
        "about-you",
        row.answers | {"full_name": "Zebedee Hartley"},
        revision=row.revision,
    )
    caseworker, held = make_holder(Role.CASEWORKER), cases.again(case)

    def act(number: int) -> None:
        if number:
            validation.validate(held, by=caseworker, reason="Known.")
        else:
            workflow.amend(expression, by=volunteer, received_at=clock.now())

    answers = at_once(2, act)

    assert not isinstance(answers[0], Exception), "whoever changes their name is not kept from it"
    assert answers[1] is None or isinstance(answers[1], Refused)
    now = cases.again(case)
    assert now.person.full_name == "Zebedee Hartley"
    assert not policies.identity_of(now.person).is_validated
    assert now.state == "in progress", "and it is recorded, not only true"


def test_of_ten_answers_to_one_question_one_counts(case, volunteer):
    asked = validation.ask(case, question="Which hotel?", by=make_holder(Role.CASEWORKER))
    rows = [cases.again(case) for _ in range(10)]

    answers = at_once(
        10,
        lambda number: validation.answer(
            rows[number], answer=f"Answer {number}", asked=asked.record_key, by=volunteer
        ),
    )

    assert refusals(answers) == 9
    winner = answers.index(None)
    assert InformationRequest.objects.get().answer == f"Answer {winner}"
    assert Event.objects.of_kind("participants.validation.information_given").count() == 1


@pytest.mark.parametrize("has_one", [True, False])
def test_of_two_tabs_that_name_a_referee_one_request_stays_open(case, volunteer, has_one):
    newest = RefereeRequest.objects.get()
    if not has_one:
        referees.REFEREE.move(newest, "replace", by=None)
    named = [
        Referee(name=f"Referee {number}", role_title="Director", email=f"r{number}@users.example")
        for number in range(4)
    ]
    rows = [cases.again(case) for _ in named]

    answers = at_once(
        4,
        lambda number: referees.name_another(
            rows[number], named[number], by=volunteer, seen=newest.record_key
        ),
    )

    assert refusals(answers) == 3
    assert RefereeRequest.objects.filter(state="sent").count() == 1
    assert RefereeRequest.objects.count() == 2


@pytest.mark.parametrize("round_", range(4))
def test_a_referee_who_answers_as_another_is_named(case, volunteer, round_):
    """Neither waits for the other for ever, and what counts is one of the two."""
    token = referees.mint_link(cases.asked(case))
    held = cases.again(case)
    other = Referee(name="Ottoline Brandt", role_title="Director", email="o@users.example")

    def act(number: int) -> object:
        if number:
            return referees.name_another(held, other, by=volunteer)
        return referees.answer(token, cases.YES)

    answers = at_once(2, act)

    assert isinstance(answers[1], RefereeRequest)
    assert isinstance(answers[0], RefereeRequest | DeadLink)
    counting = policies.counting(cases.again(case))
    assert "referee" not in {check.kind for check in counting}, "who was replaced counts no more"
    assert cases.asked(case).name == "Ottoline Brandt"


def test_of_two_forms_submitted_at_once_one_validation_is_opened(volunteer):
    person = workflow.person_of(volunteer)

    def submit(_number: int) -> object:
        with transaction.atomic():
            return validation.open_for(person)

    answers = at_once(6, submit)

    assert {type(each) for each in answers} == {Validation}
    assert Validation.objects.count() == 1
    assert Event.objects.of_kind("participants.validation.opened").count() == 1
