"""Races over one expression of interest, with real threads on PostgreSQL."""

from typing import Any

import pytest

from participants import workflow
from participants.models import ExpressionOfInterest, PageAnswers, ProjectChoice, Snapshot
from stepchange import clock
from stepchange.models import Event
from stepchange.transitions import Refused
from tests.builders import make_call, make_draft, make_project, make_submitted, make_user
from tests.concurrency.racing import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_twenty_starts_are_one_form():
    user, call = make_user(), make_call()

    given = at_once(20, lambda _: workflow.start(user, call, received_at=clock.now()))

    assert {form.pk for form in given} == {ExpressionOfInterest.objects.get().pk}


def test_two_saves_of_one_page_never_overwrite_silently():
    draft = make_draft()

    given = at_once(
        10,
        lambda number: workflow.save_page(
            draft, "experience", {"experience": f"From tab {number}"}, revision=1
        ),
    )

    refused = [each for each in given if isinstance(each, workflow.SavedElsewhere)]
    kept = PageAnswers.objects.get(expression=draft, page="experience")
    assert (len(refused), kept.revision) == (9, 2)


def test_submitting_against_withdrawing_leaves_one_outcome():
    """Withdrawing is tried until it is possible: it lands the moment that submitting is seen."""
    call, project = make_call(), make_project()
    drafts = [make_draft(project, call=call) for _ in range(5)]

    def act(number: int) -> Any:
        key = drafts[number // 2].pk
        user = drafts[number // 2].person.user
        assert user is not None
        if number % 2:
            draft = ExpressionOfInterest.objects.get(pk=key)
            return workflow.submit(draft, by=user, received_at=clock.now())
        for _ in range(5_000):
            try:
                return workflow.withdraw(ExpressionOfInterest.objects.get(pk=key), by=user)
            except Refused:
                continue
        raise TimeoutError("It was never submitted.")

    given = at_once(10, act)

    assert [type(each) for each in given] == [type(None), Snapshot] * 5
    assert set(ExpressionOfInterest.objects.values_list("state", flat=True)) == {"withdrawn"}
    assert list(ProjectChoice.objects.values_list("state", flat=True)) == ["withdrawn"] * 5
    for kind in ("submitted", "withdrawn"):
        assert Event.objects.filter(kind=f"participants.expression.{kind}").count() == 5


def test_submitting_once_more_against_withdrawing_never_brings_it_back():
    call, project = make_call(), make_project()
    sent = [make_submitted(project, call=call) for _ in range(10)]

    def act(number: int) -> Any:
        mine = ExpressionOfInterest.objects.get(pk=sent[number // 2].pk)
        user = mine.person.user
        assert user is not None
        if number % 2:
            return workflow.submit(mine, by=user, received_at=clock.now())
        return workflow.withdraw(mine, by=user)

    given = at_once(20, act)

    assert given[::2] == [None] * 10
    assert all(isinstance(each, Snapshot | Refused) for each in given[1::2])
    assert set(ExpressionOfInterest.objects.values_list("state", flat=True)) == {"withdrawn"}
    assert Snapshot.objects.count() == 10
    assert Event.objects.filter(kind="participants.expression.withdrawn").count() == 10


def test_two_withdrawals_are_one():
    sent = make_submitted()
    user = sent.person.user

    given = at_once(2, lambda _: workflow.withdraw(ExpressionOfInterest.objects.get(), by=user))

    # The later is refused if both looked first, and finds it done if it looked after.
    assert {each for each in given if not isinstance(each, Refused)} == {None}
    assert Event.objects.filter(kind="participants.expression.withdrawn").count() == 1
