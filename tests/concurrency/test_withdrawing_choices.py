"""Races between withdrawing from one project and amending the form, on PostgreSQL."""

from typing import Any

import pytest

from participants import workflow
from participants.models import ExpressionOfInterest, ProjectChoice
from stepchange import clock
from stepchange.models import User
from tests.builders import make_call, make_project, make_submitted
from tests.concurrency.racing import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
MANY = 12


def participant(expression: ExpressionOfInterest) -> User:
    assert expression.person.user is not None
    return expression.person.user


def test_a_project_withdrawn_in_another_tab_is_not_offered_again():
    """Whichever comes first, it stays withdrawn, and the other project keeps its choice."""
    call, first, second = make_call(), make_project(), make_project()
    sent = [make_submitted(first, second, call=call) for _ in range(MANY)]
    for each in sent:
        workflow.save_page(each, "experience", {"experience": "Twelve years."}, revision=1)
    leaving = [each.choices.get(project=second) for each in sent]

    def act(number: int) -> Any:
        mine = sent[number // 2]
        if number % 2:
            return workflow.withdraw_choice(leaving[number // 2], by=participant(mine))
        return workflow.amend(mine, by=participant(mine), received_at=clock.now())

    given = at_once(2 * MANY, act)

    assert [each for each in given if isinstance(each, Exception)] == []
    assert not ProjectChoice.objects.live().filter(project=second).exists()
    assert ProjectChoice.objects.live().filter(project=first).count() == MANY
