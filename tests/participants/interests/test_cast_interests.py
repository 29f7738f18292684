"""The demonstration's interests: every state that exists, made by the same functions as everybody's."""

from collections import Counter

import pytest

from participants.models import InterestCase
from projects.loading import read_fixture
from stepchange.models import Event

pytestmark = pytest.mark.django_db


def test_there_are_interests_of_every_outcome(loaded):
    cases = InterestCase.objects.declared()
    outcomes = Counter(case.outcome for case in cases)

    assert set(outcomes) == set(InterestCase.Outcome)
    assert cases.filter(state="assessed").count() == 1
    assert outcomes["undecided"] > 10
    told = read_fixture("demonstration-interests")["case"]
    assert cases.exclude(state="declared").count() == len(told) == 7


def test_nothing_was_decided_before_it_was_declared(loaded):
    for case in InterestCase.objects.exclude(state="declared"):
        events = list(Event.objects.about(case))
        assert events == sorted(events, key=lambda each: each.at)
        assert events[0].kind == "participants.interest.declared"
