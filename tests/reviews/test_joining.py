"""The volunteer's page on a project as it would be with them: balance, concentration, an ethics review."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from participants.models import ProjectChoice
from reviews.models import EthicsReview
from reviews.policies.fairness import Why, over_thresholds
from reviews.policies.joining import joining
from reviews.workflow import offers
from tests.builders import make_organisation
from tests.office import signed_in
from tests.reading import Reading, read
from tests.reviews.deciding import Desk, make_desk
from tests.reviews.members import again, decide, make_choice, make_member, own
from tests.reviews.volunteers import volunteer
from workstreams.models import Organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return make_desk()


def page_of(choice: ProjectChoice) -> str:
    return reverse("reviews:volunteer", args=[choice.public_id])


def shown(desk: Desk, choice: ProjectChoice, who: str = "business") -> Reading:
    return read(signed_in(desk.people[who]).get(page_of(choice)))


def crowded(desk: Desk, number: int) -> Organisation:
    """Give the desk's project members of one firm, and one of the police."""
    firm = make_organisation(name="Vale Hotels")
    make_member(desk.project, call=desk.call, organisation=make_organisation(sector="police"))
    for _each in range(number):
        make_member(desk.project, call=desk.call, organisation=firm)
    return firm


def test_it_shows_the_project_as_it_would_be_with_them(desk):
    firm = crowded(desk, 2)
    told = shown(desk, volunteer(desk, firm))

    assert told.says("Private sector 2 (67%) 3 (75%) Above 25–60%")
    assert told.says("Police 1 (33%) 1 (25%) 20–50%")
    assert told.says("Members of Vale Hotels 2 of 3 3 of 4 (75%) Above 40%")
    assert told.says("Herfindahl index 56 62 Above 40")
    assert told.says("an ethics review of the part of Vale Hotels opens by itself")
    other = shown(desk, volunteer(desk, make_organisation(sector="government")))
    assert other.says("Government 0 (0%) 1 (25%)")
    assert not other.says("opens by itself")


def test_what_it_foretells_is_what_opens(desk):
    firm = crowded(desk, 2)
    choice = make_choice(desk.project, call=desk.call, organisation=firm)
    foretold = joining(again(choice))
    decide(choice)
    offers.accept(again(choice), by=own(choice))

    (over,) = over_thresholds(desk.project)
    assert foretold.opens_review
    assert foretold.why == over.why == (Why.SEATS, Why.HERFINDAHL)
    assert (foretold.seats[1].number, foretold.group) == (over.seats, firm)
    now = joining(again(choice))
    assert now.is_member
    assert now.after == now.told.before
    assert (now.waits_for_ethics, now.opens_review) == (True, False)


def test_an_open_review_of_their_group_alone_is_told_with_since_when(desk):
    firm = crowded(desk, 3)
    review = EthicsReview.objects.get()
    assert shown(desk, volunteer(desk, firm)).says("Waits for an ethics review since")
    assert not shown(desk, volunteer(desk)).says("Waits for an ethics review")

    rows = EthicsReview.objects.filter(pk=review.pk)
    settled = {"settled_by": desk.people["office"], "settled_at": review.opened_at, "reason": "x"}
    rows.update(state="not cleared", **settled)
    assert shown(desk, volunteer(desk, firm)).says("Not cleared by an ethics review on")
    rows.update(state="cleared", seats=4)
    told = shown(desk, volunteer(desk, firm))
    assert not told.says("ethics review of the part")  # as many were looked at
    assert not told.says("Not cleared")


def test_the_page_costs_the_same_however_many_are_members(desk):
    firm = crowded(desk, 1)
    client, url = signed_in(desk.people["business"]), page_of(volunteer(desk, firm))
    client.get(url)

    def cost() -> int:
        with CaptureQueriesContext(connection) as told:
            assert client.get(url).status_code == HTTPStatus.OK
        return len(told)

    few = cost()
    for _each in range(3):
        make_member(desk.project, call=desk.call, organisation=make_organisation())
    assert cost() == few
