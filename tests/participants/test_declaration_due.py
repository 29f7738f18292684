"""When a declaration is due again: one rule, for a row in hand and for a query."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from participants import policies
from participants.models import Declaration
from stepchange import clock
from tests.builders import make_ready, make_user

pytestmark = pytest.mark.django_db

SIGNED = [
    datetime(2026, 11, 23, 12, tzinfo=UTC),
    datetime(2028, 2, 29, 12, tzinfo=UTC),
    datetime(2027, 2, 28, 23, 59, tzinfo=UTC),
    datetime(2027, 6, 1, 23, 30, tzinfo=UTC),  # the 2nd of June already, in the UK
]


@pytest.mark.parametrize("signed_at", SIGNED)
def test_the_rule_and_the_query_agree_around_the_day(signed_at):
    with time_machine.travel(signed_at, tick=False):
        make_ready(make_user())
    signed = Declaration.objects.get()
    answers = []
    for days in range(363, 369):
        with time_machine.travel(signed_at + timedelta(days=days), tick=False):
            is_due = policies.declaration_is_due(signed.signed_at)
            in_date = Declaration.objects.in_date_on(clock.today()).exists()
            assert is_due is not in_date
            assert is_due is (signed.due_again_on <= clock.today())
            answers.append(is_due)

    assert answers == sorted(answers)
    assert {True, False} == set(answers)


def test_whoever_never_declared_has_to():
    assert policies.declaration_is_due(None)
