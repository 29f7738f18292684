"""From two keys to a member, by the moves themselves: what a release makes, and what is decided again."""

from __future__ import annotations

import pytest

from participants.models import Validation
from reviews import workflow
from reviews.models import Decision, Membership
from reviews.policies import joint, offers
from reviews.workflow import casework
from reviews.workflow.offers import accept, offer_next
from stepchange import clock
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.communications.cast import give
from tests.office import make_holder
from tests.reviews.deciding import Desk, make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    made = make_desk()
    give(
        Validation.objects.get(person=made.choice.expression.person),
        make_holder(Role.CASEWORKER, is_ready=False),
    )
    return made


def decided(desk: Desk, view: str) -> Decision:
    desk.cast("business", view)
    desk.cast("police", view)
    decision = Decision.objects.latest("pk")
    workflow.release(decision, by=desk.people["office"])
    return decision


def test_a_released_offer_has_its_last_day_and_makes_a_member(desk):
    decision = decided(desk, "accept")
    choice = desk.now()
    assert offers.offer_of(choice).made_at.date() == clock.now().date()
    assert joint.is_joint(decision)
    assert joint.decision_bar(choice) is None
    membership = accept(choice, by=desk.volunteer)
    assert membership.state == "active"
    assert not joint.who_decided(decision) - {
        desk.people["business"].pk,
        desk.people["police"].pk,
    }


def test_before_its_release_it_is_no_decision_to_rest_on(desk):
    desk.cast("business")
    desk.cast("police")
    assert joint.decision_bar(desk.now()) is joint.NOT_DECIDED
    with pytest.raises(Refused):
        accept(desk.now(), by=desk.volunteer)


def test_a_decision_settled_by_two_of_the_board_is_joint(desk):
    desk.cast("business", "accept")
    desk.cast("police", "decline")
    desk.settle("board private")
    desk.settle("board government")
    decision = Decision.objects.get()
    workflow.release(decision, by=desk.people["office"])
    assert joint.is_joint(decision)
    deciders = {desk.people[who].pk for who in ("business", "police", "board private")}
    assert deciders < joint.who_decided(decision)
    assert accept(desk.now(), by=desk.volunteer).state == "active"


def test_a_reserve_released_is_on_the_list_and_offered_by_one_of_either_side(desk):
    decided(desk, "reserve")
    choice = desk.now()
    assert offers.next_in_reserve(desk.project) == choice
    offer_next(choice, by=desk.people["police"])
    assert accept(desk.now(), by=desk.volunteer).project == desk.project


def test_sent_back_both_sides_decide_anew_in_another_round(desk):
    decided(desk, "decline")
    asked = casework.ask_to_look_again(desk.now(), grounds="Misread.", by=desk.volunteer)
    for who in ("business", "police"):
        with pytest.raises(Refused):
            casework.send_back(asked, answer="Yes.", by=desk.people[who])
    casework.send_back(asked, answer="It was.", by=desk.people["board government"])
    again = decided(desk, "accept")
    assert again.round == 2
    assert accept(desk.now(), by=desk.volunteer).state == "active"
    assert Membership.objects.count() == 1
