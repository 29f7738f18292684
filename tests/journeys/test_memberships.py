"""From the offer of a place to a membership that is suspended and returns, and what was not taken."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Page, expect

from participants.models import Validation
from participants.texts import UNDERTAKING
from reviews.models import EthicsReview, Membership
from reviews.workflow import casework, membership, offers
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role, synchronise_groups
from tests.builders import make_call, make_organisation, make_project, make_user
from tests.communications.cast import give
from tests.journeys.axe import assert_accessible
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
    assert_accessible(page)
    watch.check()


def test_from_an_offer_to_a_membership_that_is_suspended_and_returns(
    page: Page, live_server, watch: Watch, monkeypatch: pytest.MonkeyPatch
):
    now = clock.now()
    make_call(opens_at=now - timedelta(days=90), closes_at=now + timedelta(days=90))
    iris = make_user("iris@users.example", name="Iris Calloway")
    project = make_project(title="Guard training that works", places=3)
    choice = make_choice(project, user=iris, is_fit=False, contribution="lead", hours=45)
    newer = replace(UNDERTAKING, version="next")  # than what was accepted with the form
    monkeypatch.setattr("participants.policies.trust.UNDERTAKING", newer)
    caseworker = make_holder(Role.CASEWORKER, is_ready=False)
    case = Validation.objects.get(person=choice.expression.person)
    give(case, caseworker, ago=timedelta(days=330))
    decide(choice)
    enter(page, live_server, iris)

    page.goto(f"{live_server.url}/account/")
    look(page, watch, "account")
    page.get_by_role("link", name="Read it and answer").click()
    look(page, watch, "projects-offered")
    page.get_by_role("link", name="Read and answer the offer").click()
    expect(page.locator("main")).to_contain_text("Before you can accept")
    look(page, watch, "offer-missing")
    page.get_by_role("button", name="Send your answer").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose whether you take up")
    look(page, watch, "offer-unanswered")
    page.get_by_label("Yes, I accept the place").check()
    page.get_by_role("button", name="Send your answer").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("You can’t accept it yet")
    watch.complaints.clear()  # of the answer's status, 409

    page.get_by_role("link", name="Read and accept the undertaking").click()
    look(page, watch, "undertaking")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Accept the undertaking").click()
    look(page, watch, "undertaking-accepted")
    page.goto(f"{live_server.url}/account/projects/")
    page.get_by_role("link", name="Read and answer the offer").click()
    expect(page.locator("main")).not_to_contain_text("Before you can accept")
    expect(page.get_by_label("Yes, I accept the place")).to_be_checked()  # as they said before
    look(page, watch, "offer")
    page.get_by_role("button", name="Send your answer").click()
    expect(page.locator("main")).to_contain_text("Active")
    look(page, watch, "membership")

    with time_machine.travel(now + timedelta(days=40)):  # a year after who she is was checked
        membership.record_changed()
        enter(page, live_server, iris)
        page.reload()
        expect(page.locator("main")).to_contain_text("Your membership is suspended")
        expect(page.get_by_role("link", name="See your validation")).to_be_visible()
        look(page, watch, "membership-suspended")
        give(case, caseworker)
        membership.record_changed()
        page.reload()
        expect(page.locator("main")).to_contain_text("Active")
        kinds = Event.objects.filter(subject_kind="reviews.membership").order_by("id")
        assert [each.kind.rpartition(".")[2] for each in kinds] == ["begun", "suspended", "resumed"]

        page.get_by_role("link", name="Step down from this project").click()
        look(page, watch, "step-down")
        page.get_by_label("Why are you stepping down? (optional)").fill("I change jobs in May.")
        page.get_by_role("button", name="Step down").click()
        expect(page.locator("main")).to_contain_text("Ended")
        look(page, watch, "projects-ended")
    assert Membership.objects.get().state == "ended"


def test_an_offer_lapses_and_the_next_of_the_reserve_is_offered_the_place(
    page: Page, new_context, live_server, watch: Watch
):
    now = clock.now()
    make_call(opens_at=now - timedelta(days=90), closes_at=now + timedelta(days=90))
    iris, otto = (make_user(name=name) for name in ("Iris Calloway", "Otto Venn"))
    project = make_project(title="Guard training that works", places=1)
    make_offered(project, user=iris)
    next_one = make_reserve(project, user=otto)
    synchronise_groups()
    with time_machine.travel(now + timedelta(days=15)):
        offers.record_lapsed()
        enter(page, live_server, iris)
        page.goto(f"{live_server.url}/account/projects/")
        expect(page.locator("main")).to_contain_text("On the reserve list")
        look(page, watch, "lapsed")

        office = new_context().new_page()
        watch_office = Watch(office)
        enter(office, live_server, manager())
        office.goto(f"{live_server.url}/admin/reviews/reserveplace/")
        expect(office.locator("#result_list tbody tr").first).to_contain_text(
            next_one.expression.reference
        )
        look_in_console(office, watch_office, "reserve")
        office.get_by_role("link", name=str(project)).first.click()
        look_in_console(office, watch_office, "reserve-place")
        office.get_by_role("link", name="Offer them a place").click()
        look_in_console(office, watch_office, "reserve-offer")
        office.locator("textarea").first.fill("They are the next.")
        office.locator("#content button[type=submit], #content input[type=submit]").last.click()
        expect(office.locator(".messagelist")).to_contain_text("A place was offered to them")
        look_in_console(office, watch_office, "reserve-offered")

        theirs = new_context().new_page()
        watch_theirs = Watch(theirs)
        enter(theirs, live_server, otto)
        theirs.goto(f"{live_server.url}/account/projects/")
        theirs.get_by_role("link", name="Read and answer the offer").click()
        theirs.get_by_label("Yes, I accept the place").check()
        theirs.get_by_role("button", name="Send your answer").click()
        expect(theirs.locator("main")).to_contain_text("Active")
        look(theirs, watch_theirs, "next-is-member")
    assert Membership.objects.get().choice == next_one


def look_in_console(page: Page, watch: Watch, name: str) -> None:
    """Look at a page of the console, which is read at a desk."""
    page.wait_for_load_state()
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
    watch.check()


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
