"""Offers: answered in time, lapsed by the clock, and the next of the reserve."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from participants.texts import UNDERTAKING
from participants.workflow import withdraw_choice
from reviews.models import Membership, Offer, ReservePlace
from reviews.policies import offers as policies
from reviews.workflow import offering, offers
from stepchange import clock
from stepchange.models import Event
from stepchange.transitions import Refused
from tests.builders import make_call, make_project, make_user
from tests.office import office, seen
from tests.reviews.members import (
    again,
    make_choice,
    make_member,
    make_offered,
    make_reserve,
    manager,
    own,
    seat_holder,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _call() -> None:
    make_call(opens_at=clock.now() - 900 * DAY, closes_at=clock.now() + 900 * DAY)


def at(instant):
    return time_machine.travel(instant, tick=False)


def test_an_offer_is_to_be_taken_up_within_the_days_of_the_settings():
    with at("2027-03-20T23:30:00Z"):
        offer = make_offered().offers.get()
        assert offer.take_up_by.isoformat() == "2027-04-03"
    with at("2027-06-20T23:30:00Z"):  # the 21st in the UK already
        assert make_offered().offers.get().take_up_by.isoformat() == "2027-07-05"


def test_accepting_makes_the_membership_in_the_same_step():
    choice = make_offered(contribution="lead", hours=12)
    membership = offers.accept(choice, by=own(choice))

    assert (choice.state, membership.state, membership.role) == ("accepted", "active", "lead")
    assert (membership.hours, membership.starts_on) == (12, clock.today())
    kinds = list(Event.objects.order_by("-id").values_list("kind", flat=True)[:2])
    assert kinds == ["reviews.membership.begun", "participants.choice.accepted"]


def test_the_second_who_offered_to_lead_is_a_member():
    project = make_project()
    roles = [make_member(project, contribution="lead").role for _ in range(2)]
    assert roles == ["lead", "member"]


@pytest.mark.parametrize("lacking", ["identity", "interests", "undertaking", "decision"])
def test_nobody_accepts_without_what_law_1_asks(lacking, monkeypatch):
    choice = make_offered()
    person = choice.expression.person
    if lacking == "identity":
        type(person.validation).objects.update(state="in progress")
    if lacking == "interests":
        with at(clock.now() + 366 * DAY):
            assert "interests" in policies.law_1_bars(again(choice))
        return
    if lacking == "undertaking":
        monkeypatch.setattr(
            "participants.policies.trust.UNDERTAKING", replace(UNDERTAKING, version="next")
        )
    if lacking == "decision":
        choice = make_choice()
        type(choice).objects.filter(pk=choice.pk).update(state="offered")
        offering.make(choice)
        choice = again(choice)
    assert set(policies.law_1_bars(again(choice))) == {lacking}
    with pytest.raises(Refused):
        offers.accept(choice, by=own(choice))
    assert again(choice).state == "offered"
    assert not Membership.objects.exists()


def test_nobody_answers_for_somebody_else():
    choice = make_offered()
    for answer in (offers.accept, offers.turn_down):
        with pytest.raises(Refused, match="Only the participant"):
            answer(choice, by=manager())


def test_turned_down_it_is_free_for_the_next():
    project = make_project(places=1)
    choice, waiting = make_offered(project), make_reserve(project)
    assert policies.places_to_offer(project) == 0
    with pytest.raises(Refused, match="No place is free"):
        offers.offer_next(waiting, by=manager())

    offers.turn_down(choice, by=own(choice), reason="I changed jobs.")
    offers.offer_next(waiting, by=manager())
    assert (again(choice).state, again(waiting).state) == ("turned down", "offered")
    assert waiting.offers.count() == 1


def test_an_offer_lapses_after_its_last_day_recorded_or_not_and_goes_to_the_end_of_the_reserve():
    with at("2027-03-01T12:00:00Z") as hands:
        project = make_project(places=1)
        choice, waiting = make_offered(project), make_reserve(project)
        hands.move_to("2027-03-15T23:59:00Z")
        assert offers.record_lapsed() == 0
        assert policies.may_answer(own(choice), again(choice)) is None
        hands.move_to("2027-03-16T00:00:00Z")
        assert policies.has_lapsed(again(choice))
        with pytest.raises(Refused, match="has lapsed"):
            offers.accept(choice, by=own(choice))
        assert policies.places_to_offer(project) == 1

        assert (offers.record_lapsed(), offers.record_lapsed()) == (1, 0)
        assert policies.reserve_of(project) == [waiting, choice]
        offers.offer_next(waiting, by=manager())
        assert again(waiting).offers.get().take_up_by.isoformat() == "2027-03-30"
        with pytest.raises(Refused, match="No place is free"):
            offers.offer_next(choice, by=manager())


def test_offered_again_a_lapsed_offer_is_another():
    choice = make_offered()
    Offer.objects.standing().first()
    with at(clock.now() + 20 * DAY):
        offers.record_lapsed()
        offers.offer_next(again(choice), by=manager())
        assert [each.number for each in choice.offers.all()] == [2, 1]
        assert not policies.has_lapsed(again(choice))


def test_the_next_is_offered_first_unless_it_is_said_why_not():
    project = make_project()
    first, second = make_reserve(project), make_reserve(project)
    with pytest.raises(Refused, match="passed over"):
        offers.offer_next(second, by=manager())
    offers.offer_next(second, by=manager(), reason="The first is abroad until May.")
    assert policies.next_in_reserve(project) == first


def test_the_reserve_list_is_put_in_another_order_with_a_reason():
    project = make_project()
    listed = [make_reserve(project) for _ in range(3)]
    offers.move_in_reserve(listed[2], to=1, by=manager(), reason="The team lacks a driver.")
    assert policies.reserve_of(project) == [listed[2], listed[0], listed[1]]
    event = Event.objects.latest("id")
    assert (event.kind, event.facts) == ("reviews.reserve.moved", {"before": 3, "after": 1})
    for wrong, by, why in ((4, manager(), "x"), (1, manager(), " "), (1, own(listed[0]), "x")):
        with pytest.raises(Refused):
            offers.move_in_reserve(listed[1], to=wrong, by=by, reason=why)


def test_who_may_offer_the_next():
    choice = make_reserve()
    other = make_project()
    for nobody in (make_user(), own(choice), seat_holder(other, "police").holder):
        with pytest.raises(Refused, match="Only an office manager or a co-chair"):
            offers.offer_next(choice, by=nobody)
    offers.offer_next(choice, by=seat_holder(choice.project, "police").holder)


def test_only_a_joint_decision_is_offered_from_the_reserve():
    choice = make_choice()
    type(choice).objects.filter(pk=choice.pk).update(state="reserve")
    offering.put_last(choice)
    with pytest.raises(Refused, match="No joint decision"):
        offers.offer_next(again(choice), by=manager())


def test_a_full_project_takes_nobody_and_a_free_place_does():
    project = make_project(places=1)
    late = make_offered(project)
    first = make_member(project)
    with pytest.raises(Refused, match="All places"):
        offers.accept(late, by=own(late))
    withdraw_choice(first.choice, by=own(first.choice))
    first.refresh_from_db()
    assert first.state == "ended"
    assert offers.accept(late, by=own(late)).state == "active"


def test_the_console_leads_to_the_list_once_who_was_offered_a_place_is_off_it():
    choice = make_reserve()
    place = ReservePlace.objects.get(choice=choice)
    url = f"/admin/reviews/reserveplace/{place.public_id}/offer/"
    client = office()
    assert choice.expression.reference in client.get(url).content.decode()
    sent = {"reason": "They are the next.", **seen(place)}
    answer = client.post(url, sent, follow=True)

    assert answer.redirect_chain == [("/admin/reviews/reserveplace/", 302)]
    assert "A place was offered to them" in answer.content.decode()
    assert again(choice).state == "offered"
