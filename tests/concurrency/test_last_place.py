"""Races for the last place in a project, on PostgreSQL: exactly one gets it, the others are told."""

from __future__ import annotations

from typing import Any

import pytest

from participants.models import ProjectChoice
from participants.workflow import withdraw_choice
from reviews.models import EthicsReview, Membership
from reviews.workflow import membership, offers
from stepchange.models import Event
from stepchange.transitions import Refused
from tests.builders import make_call, make_organisation, make_project
from tests.concurrency.racing import at_once
from tests.reviews.members import again, make_member, make_offered, make_reserve, manager, own

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
again_and_again = pytest.mark.parametrize("round_", range(3))


def refused(given: list[Any]) -> int:
    """Return how many were told why not; fail for what else went wrong."""
    wrong = [
        each for each in given if isinstance(each, Exception) and not isinstance(each, Refused)
    ]
    assert wrong == []
    return sum(isinstance(each, Refused) for each in given)


@again_and_again
def test_of_many_who_accept_the_last_place_one_gets_it(round_):
    make_call()
    project = make_project(places=1)
    offered = [make_offered(project, contribution="lead", hours=8) for _ in range(4)]

    given = at_once(4, lambda number: offers.accept(offered[number], by=own(offered[number])))

    assert refused(given) == 3
    assert Membership.objects.live().filter(project=project).count() == 1
    states = ProjectChoice.objects.filter(project=project).values_list("state", flat=True)
    assert sorted(states) == ["accepted", *["offered"] * 3]


@again_and_again
def test_two_of_the_office_offer_one_place_once(round_):
    make_call()
    project = make_project(places=1)
    waiting = [make_reserve(project) for _ in range(2)]
    office = [manager() for _ in range(2)]

    def offer(number: int) -> Any:
        return offers.offer_next(waiting[number], by=office[number], reason="They fit better.")

    assert refused(at_once(2, offer)) == 1
    assert ProjectChoice.objects.filter(project=project, state="offered").count() == 1


@again_and_again
def test_accepting_and_withdrawing_at_once_leave_no_member_without_a_choice(round_):
    make_call()
    choice = make_offered(make_project(), hours=8)
    mine = [again(choice), again(choice)]
    choice.expression.choices.create(project=make_project(), rank=2, contribution="lead", hours=1)

    def act(number: int) -> Any:
        if number:
            return withdraw_choice(mine[1], by=own(mine[1]))
        return offers.accept(mine[0], by=own(mine[0]))

    refused(at_once(2, act))
    live = Membership.objects.live().filter(choice=choice).exists()
    assert live is (again(choice).state == "accepted")


def test_a_double_click_accepts_once_and_a_sweep_beside_it_changes_nothing():
    make_call()
    choice = make_offered(hours=8)
    rows = [again(choice) for _ in range(3)]
    acts = [
        lambda: offers.accept(rows[0], by=own(rows[0])),
        lambda: offers.accept(rows[1], by=own(rows[1])),
        membership.record_changed,
        offers.record_lapsed,
    ]
    assert refused(at_once(4, lambda number: acts[number]())) == 1
    assert Event.objects.filter(kind="reviews.membership.begun").count() == 1


@again_and_again
def test_a_review_opens_once_however_many_join_at_once(round_):
    make_call()
    project, firm = make_project(), make_organisation()
    for _ in range(3):
        make_member(project, organisation=make_organisation())
    offered = [make_offered(project, organisation=firm) for _ in range(4)]

    given = at_once(4, lambda number: offers.accept(offered[number], by=own(offered[number])))

    assert refused(given) >= 1  # held from then on
    assert EthicsReview.objects.filter(project=project, organisation=firm).count() == 1
