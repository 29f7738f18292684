"""The demonstration's reviews: something in every state that a choice can wait in, and true to itself."""

import pytest

from participants.cast import load_demonstration
from participants.models import ProjectChoice
from projects.loading import load_programme
from reviews.models import (
    Complaint,
    Decision,
    EthicsReview,
    Key,
    Letter,
    Membership,
    NeighbourSuggestion,
    Offer,
    Question,
    Reconsideration,
    Recusal,
    Split,
)
from reviews.policies import membership as memberships
from reviews.policies.desk import Desk, Waits, streams_of
from reviews.policies.joint import is_joint
from reviews.policies.offers import reserve_of
from reviews.workflow.held import first_that_differs
from stepchange import clock
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
    _outcomes_are_told_of()
    assert first_that_differs() == ""


def _outcomes_are_told_of() -> None:
    """Assert that there is one of each thing that comes of a decision, all of it as it would come about."""
    standing = {each.choice.project.code: each for each in Offer.objects.standing()}
    days = {code: (each.take_up_by - clock.today()).days for code, each in standing.items()}
    assert days == {"SR2": 1, "SR5": 13}
    members = {each.project.code: each for each in Membership.objects.all()}
    assert {code: each.state for code, each in members.items()} == {
        "SR4": "active",
        "T2": "suspended",
        "TT2": "ended",
    }
    assert {each.project.code for each in members.values() if memberships.is_effective(each)} == {
        "SR4"
    }
    assert members["T2"].role == "lead"
    assert all(members[code].why for code in ("T2", "TT2"))
    reserved = ProjectChoice.objects.filter(state="reserve").select_related("project")[0]
    assert len(reserve_of(reserved.project)) == 3
    review = EthicsReview.objects.open().get()
    assert (review.project.code, review.why) == ("T2", ["sells"])
    assert Recusal.objects.filter(basis="declared").count() == 1
    for asked in (Reconsideration, Complaint, NeighbourSuggestion):
        assert asked.objects.waiting().count() == 1
    released = Decision.objects.released()
    assert Letter.objects.count() == released.count() == 9
    assert all(is_joint(each) for each in released)
