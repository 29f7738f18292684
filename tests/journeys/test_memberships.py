"""From the offer of a place to a membership that is suspended and returns, and what was not taken."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from participants.models import Validation
from reviews.models import EthicsReview, Membership
from reviews.workflow import casework, membership, offers
from stepchange import clock
from stepchange.roles import Role
from tests.builders import make_call, make_organisation, make_project, make_user
from tests.journeys.test_interests import enter
from tests.journeys.watch import Watch
from tests.office import make_holder
from tests.reviews.members import (
    decide,
    make_choice,
    make_member,
    make_offered,
    make_reserve,
    manager,
)

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = os.environ.get("PICTURES", "")


def look(page: Page, watch: Watch, name: str) -> None:
    """Look at a page as it is, at two widths: quiet, accessible, and no wider than a telephone."""
    page.wait_for_load_state()
    for width in (320, 360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        if PICTURES and width != 320:
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
    watch.check()


def test_from_an_offer_to_a_membership_that_is_suspended_and_returns(
    page: Page, live_server, watch: Watch
):
    now = clock.now()
    make_call(opens_at=now - timedelta(days=90), closes_at=now + timedelta(days=90))
    iris = make_user("iris@users.example", name="Iris Calloway")
    project = make_project(title="Guard training that works", places=3)
    choice = make_offered(project, user=iris, contribution="lead", hours=45)
    enter(page, live_server, iris)

    page.goto(f"{live_server.url}/account/")
    look(page, watch, "account")
    page.get_by_role("link", name="Read it and answer").click()
    look(page, watch, "projects-offered")
    page.get_by_role("link", name="Read and answer the offer").click()
    look(page, watch, "offer")
    page.get_by_role("button", name="Send your answer").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose whether you take up")
    look(page, watch, "offer-unanswered")

    cases = Validation.objects.filter(person=choice.expression.person)
    cases.update(state="in progress")
    page.goto(page.url)
    expect(page.locator("main")).to_contain_text("Before you can accept")
    look(page, watch, "offer-missing")
    cases.update(state="validated")
    page.goto(page.url)
    page.get_by_label("Yes, I accept the place").check()
    page.get_by_role("button", name="Send your answer").click()
    expect(page.locator("main")).to_contain_text("Active")
    look(page, watch, "membership")

    cases.update(state="in progress")
    membership.record_changed()
    page.reload()
    expect(page.locator("main")).to_contain_text("Your membership is suspended")
    look(page, watch, "membership-suspended")
    cases.update(state="validated")
    membership.record_changed()
    page.reload()
    expect(page.locator("main")).to_contain_text("Active")

    page.get_by_role("link", name="Step down from this project").click()
    look(page, watch, "step-down")
    page.get_by_label("Why are you stepping down? (optional)").fill("I change jobs in May.")
    page.get_by_role("button", name="Step down").click()
    expect(page.locator("main")).to_contain_text("Ended")
    look(page, watch, "projects-ended")
    assert Membership.objects.get().state == "ended"


def test_what_was_not_taken_and_what_an_ethics_reviewer_and_the_board_see(
    page: Page, new_context, live_server, watch: Watch
):
    now = clock.now()
    make_call(opens_at=now - timedelta(days=90), closes_at=now + timedelta(days=90))
    iris = make_user("iris@users.example", name="Iris Calloway")
    choice = make_choice(make_project(title="Guard training that works"), user=iris)
    decide(choice, "declined")
    choice.refresh_from_db()
    near = make_project(title="Night patrols", work_stream=choice.project.work_stream)
    casework.suggest_neighbour(choice, near, by=manager())
    enter(page, live_server, iris)

    page.goto(f"{live_server.url}/account/projects/")
    look(page, watch, "projects-declined")
    page.get_by_role("link", name="Ask to look again").click()
    look(page, watch, "look-again")
    page.get_by_label("What should be looked at again, and why?").fill("I hold the licence.")
    page.get_by_role("button", name="Ask to look again").click()
    look(page, watch, "look-again-asked")
    page.goto(f"{live_server.url}/account/projects/")
    page.get_by_role("link", name="Say whether you want to be considered").click()
    look(page, watch, "neighbour")
    page.goto(f"{live_server.url}/account/complaints/")
    look(page, watch, "complaint")
    page.get_by_label("How a decision was taken").check()
    page.get_by_label("What happened?").fill("Nobody answered for weeks.")
    page.get_by_role("button", name="Send your complaint").click()
    look(page, watch, "complaint-made")

    project, firm = make_project(title="Screens at doors"), make_organisation(name="Vale Hotels")
    make_member(project, organisation=make_organisation(name="Quay Rooms"))
    for _ in range(3):
        make_member(project, organisation=firm)
    assert EthicsReview.objects.exists()
    desk = new_context().new_page()
    watch_desk = Watch(desk)
    enter(desk, live_server, make_holder(Role.ETHICS_REVIEWER, Role.BOARD))
    desk.goto(f"{live_server.url}/review/ethics/")
    look(desk, watch_desk, "ethics")
    desk.get_by_role("link", name="Review").first.click()
    look(desk, watch_desk, "ethics-review")
    desk.get_by_label("Cleared with conditions").check()
    desk.get_by_label("Why?").fill("They do different things.")
    desk.get_by_role("button", name="Record the outcome").click()
    expect(desk.locator(".govuk-error-summary")).to_be_visible()
    look(desk, watch_desk, "ethics-review-error")
    desk.get_by_label("If with conditions, which?").fill("No bids for a year.")
    desk.get_by_role("button", name="Record the outcome").click()
    look(desk, watch_desk, "ethics-recorded")
    desk.goto(f"{live_server.url}/review/answers/")
    look(desk, watch_desk, "answers")
    desk.get_by_role("link", name="Look again").click()
    look(desk, watch_desk, "answer-again")
    desk.goto(f"{live_server.url}/review/answers/")
    desk.get_by_role("link", name="Answer", exact=False).last.click()
    look(desk, watch_desk, "answer-complaint")


def test_an_offer_that_lapsed_goes_to_the_reserve_and_its_place_to_the_next(
    page: Page, new_context, live_server, watch: Watch
):
    now = clock.now()
    make_call(opens_at=now - timedelta(days=90), closes_at=now + timedelta(days=90))
    project = make_project(title="Guard training that works", places=1)
    iris = make_user("iris@users.example", name="Iris Calloway")
    tomas = make_user("tomas@users.example", name="Tomas Arkwright")
    with clock.set_to(now - timedelta(days=30)):
        lapsing = make_offered(project, user=iris)
        waiting = make_reserve(project, user=tomas)
    assert offers.record_lapsed() == 1

    enter(page, live_server, iris)
    page.goto(f"{live_server.url}/account/projects/")
    expect(page.locator("main")).to_contain_text("reserve")
    look(page, watch, "projects-lapsed")
    page.goto(f"{live_server.url}/account/projects/offers/{lapsing.public_id}/")
    look(page, watch, "offer-lapsed")

    office = new_context().new_page()
    watch_office = Watch(office)
    enter(office, live_server, manager())
    office.goto(f"{live_server.url}/admin/reviews/reserveplace/")
    look(office, watch_office, "reserve-list")
    office.locator("#result_list").get_by_role("link", name=str(project)).first.click()
    expect(office.locator("#content")).to_contain_text(waiting.expression.reference)
    office.get_by_role("link", name="Offer them a place").click()
    look(office, watch_office, "reserve-offer")
    office.get_by_label("Reason").fill("Next on the list.")
    office.get_by_role("button", name="Offer them a place").click()
    expect(office.locator(".messagelist")).to_contain_text("A place was offered to them")

    his = new_context().new_page()
    watch_his = Watch(his)
    enter(his, live_server, tomas)
    his.goto(f"{live_server.url}/account/")
    his.get_by_role("link", name="Read it and answer").click()
    his.get_by_role("link", name="Read and answer the offer").click()
    his.get_by_label("Yes, I accept the place").check()
    his.get_by_role("button", name="Send your answer").click()
    expect(his.locator("main")).to_contain_text("Active")
    look(his, watch_his, "membership-from-reserve")
    assert Membership.objects.get().person.user == tomas
