"""The demonstration's reviews: something in every state that a choice can wait in, and true to itself."""

import pytest

from participants.cast import load_demonstration
from participants.models import ProjectChoice
from projects.loading import load_programme
from reviews.models import Decision, Key, Question, Split
from reviews.policies.desk import Desk, Waits, streams_of
from reviews.workflow.held import first_that_differs
from stepchange.models import User

pytestmark = pytest.mark.django_db


def test_there_is_something_in_every_state():
    load_programme()
    load_demonstration()
    waits: dict[str, set[str]] = {}
    withheld = 0
    for user in User.objects.filter(email__endswith="@cochairs.example"):
        for stream in streams_of(user):
            desk = Desk(stream, user)
            withheld += desk.withheld
            waits.setdefault(user.email, set()).update(each.waits for each in desk.waiting())

    assert {Waits.ME, Waits.OTHER, Waits.OFFICE} <= set().union(*waits.values())
    assert Waits.OTHER in waits["business.security-and-resilience@cochairs.example"]
    assert Waits.ME in waits["police.security-and-resilience@cochairs.example"]
    assert withheld
    assert {each.outcome for each in Decision.objects.held()} == {"offered", "declined", "reserve"}
    assert Split.objects.open().count() == 1
    assert Key.objects.undecided().count() == 2
    assert ProjectChoice.objects.filter(state="shortlisted").count() == 2
    assert Question.objects.unanswered().count() == 1
    assert Question.objects.count() == 2
    assert first_that_differs() == ""
