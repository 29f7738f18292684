"""The demonstration, made to begin on another day than a week ago."""

from datetime import date, timedelta

import pytest
import time_machine

from participants.cast import load_demonstration
from participants.models import ExpressionOfInterest, PageAnswers
from projects.loading import load_programme
from projects.models import Milestone
from stepchange import clock
from stepchange.models import Event
from workstreams.models import Call

pytestmark = pytest.mark.django_db


def test_the_original_dates_can_be_asked_for():
    load_programme()

    load_demonstration(launch=date(2018, 5, 1))

    call = Call.objects.get()
    assert clock.last_day_before(call.closes_at) == date(2018, 5, 25)
    assert call.delivery_on == date(2018, 6, 1)
    assert {each.state for each in Milestone.objects.all()} == {"met"}
    submitted = ExpressionOfInterest.objects.exclude(state="draft")
    days = {clock.day_of(each.submitted_at) for each in submitted if each.submitted_at}
    assert submitted.count() == 22
    assert (min(days), max(days)) == (date(2018, 5, 1), date(2018, 5, 7))


@pytest.mark.parametrize(("days_ago", "least", "most"), [(-3, 0, 0), (0, 0, 6), (3, 5, 14)])
def test_nobody_acts_in_the_future(days_ago, least, most):
    with time_machine.travel(clock.now().replace(hour=13, minute=0)):
        load_programme()
        load_demonstration(launch=clock.today() - timedelta(days=days_ago))

        now = clock.now()
        assert not Event.objects.filter(at__gt=now).exists()
        assert not PageAnswers.objects.filter(saved_at__gt=now).exists()
        submitted = ExpressionOfInterest.objects.filter(submitted_at__isnull=False).count()
        assert least <= submitted <= most
