"""The main job: sign up, express interest in two projects, submit, find the receipt; the office sees it."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from participants.cast import second_factor_code
from participants.models import ExpressionOfInterest, PageAnswers
from projects.loading import read_fixture
from tests.journeys.visitor import Visitor
from tests.journeys.watch import Watch

TOTP_PERIOD = 30  # seconds

ADDRESS = "zoe@hotels.example"


def signs_up(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(visitor.address)
    visitor.looks("home")
    page.get_by_role("button", name="Start now").first.click()
    visitor.looks("start")
    page.get_by_role("button", name="Start now").click()
    visitor.looks("sign-up")
    page.locator("main").get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    visitor.looks("sign-up-with-errors")
    page.get_by_label("Email address").fill(ADDRESS)
    page.locator("main").get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    found = re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", visitor.reads_the_newest_email())
    assert found
    page.get_by_label("Code").fill(found[0])
    page.locator("main").get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="Your expression of interest")).to_be_visible()
    visitor.looks("tasks")


def fills_in_the_form(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("link", name="Say where you work").click()
    visitor.saves("where-you-work")
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    visitor.chooses(sector="private")
    visitor.saves("where-you-work-with-errors")
    visitor.saves("about-you")
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    visitor.fills(full_name="Zoë O’Hara", role_title="Manager", telephone="020 7946 0857")
    visitor.saves("about-you-with-errors")
    visitor.fills(organisation="harbour vale")
    visitor.saves("organisation")
    expect(page.get_by_role("group", name="Did you mean one of these?")).to_be_visible()
    page.get_by_label("Harbour & Vale Hotels").check()
    visitor.fills(work_email="zoe@harbour-vale-hotels.example")
    visitor.saves("organisation-did-you-mean")
    expect(page.get_by_role("heading", name="Confirm your work email address")).to_be_visible()
    found = re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", visitor.reads_the_newest_email())
    assert found
    visitor.looks("work-email")
    page.get_by_label("Code").fill("AAAA-AAAA")
    page.get_by_role("button", name="Confirm the address").click()
    expect(page.get_by_role("link", name="This is not the code")).to_be_visible()
    visitor.looks("work-email-with-errors")
    page.get_by_label("Code").fill(found[0])
    page.get_by_role("button", name="Confirm the address").click()
    visitor.saves("projects")
    expect(page.get_by_role("link", name="Choose at least one project")).to_be_visible()
    visitor.chooses(**{"projects_crowded-places": "CP1", "projects_transport": "T3"})
    visitor.saves("projects-with-errors")
    expect(page.locator("[data-hours-total]")).to_be_hidden()  # nothing is offered yet
    visitor.saves("contributions")
    for rank, code in (("1", "T3"), ("2", "CP1")):
        page.locator(f"[name=rank_{code}]").select_option(rank)
        visitor.chooses(**{f"contribution_{code}": "lead"})
        visitor.fills(**{f"hours_{code}": "6", f"reason_{code}": "I have done it before."})
    if visitor.scripts:
        expect(page.get_by_text("Hours a month in all: 12.")).to_be_visible()
    visitor.saves("contributions-with-errors")
    visitor.saves("experience")
    visitor.fills(experience="Ten years of hotel security.")
    visitor.saves("experience-with-errors")
    visitor.saves("confirming")
    visitor.fills(
        referee_name="Ann Other", referee_role="Director", referee_email="ann@hotels.example"
    )
    visitor.saves("confirming-with-errors")
    visitor.chooses(has_CP1="no", has_general="no", has_T3="yes")
    visitor.saves("interests")
    page.locator("[name=kind_T3]").select_option("personal or family")
    visitor.fills(party_T3="My brother trains guards.", gain_T3="Customers.")
    page.locator("[name=signed]").check()
    visitor.saves("interests-with-errors")
    visitor.saves("confidence")
    for name in ("confidence", "voluntary", "ethics"):
        page.locator(f"[name={name}]").check()
    visitor.saves("confidence-with-errors")
    visitor.saves("updates")
    expect(page.get_by_text("10 of 10 tasks completed")).to_be_visible()


def submits(visitor: Visitor) -> str:
    page = visitor.page
    visitor.looks("tasks-completed")
    page.get_by_role("button", name="Check your answers and submit").click()
    visitor.looks("check")
    page.get_by_role("button", name="Submit expression of interest").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    visitor.looks("check-with-errors")
    page.locator("[name=accurate]").check()
    page.get_by_role("button", name="Submit expression of interest").click()
    expect(page.get_by_role("heading", name="Expression of interest submitted")).to_be_visible()
    visitor.looks("submitted")
    return page.locator(".sc-reference__code").inner_text()


def the_office_finds(visitor: Visitor, reference: str) -> None:
    page = visitor.page
    page.goto(f"{visitor.address}/admin/")
    page.get_by_label("Email address").fill("office@stepchange.example")
    page.get_by_label("Password (optional)").fill(read_fixture("demonstration")["password"])
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()
    visitor.looks("second-factor")
    left = TOTP_PERIOD - time.time() % TOTP_PERIOD
    if left < 5:  # a code that would be old by the time it is sent
        page.wait_for_timeout(left * 1000)
    page.get_by_label("Code").fill(second_factor_code())
    page.locator("main").get_by_role("button").first.click()
    page.wait_for_url("**/admin/")
    page.goto(f"{visitor.address}/admin/participants/expressionofinterest/")
    page.get_by_role("link", name=reference).click()
    expect(page.get_by_text("My brother trains guards.")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "scripts"),
    [
        pytest.param(1280, True, id="wide", marks=pytest.mark.sqlite),
        pytest.param(320, True, id="phone"),
        pytest.param(1280, False, id="without-scripts"),
    ],
)
def test_from_the_home_page_to_the_receipt_and_the_office(
    visitor_at: Callable[..., Visitor], width: int, scripts: bool
) -> None:
    visitor = visitor_at(width, scripts=scripts)
    signs_up(visitor)
    fills_in_the_form(visitor)
    reference = submits(visitor)

    receipt = visitor.reads_the_newest_email()
    assert reference in receipt
    assert not re.search(r"\b(CP1|T3)\b|guard|brother|Harbour", receipt)
    visitor.page.get_by_role("link", name="Print version 1").click()
    visitor.looks("copy-to-print")
    visitor.page.goto(f"{visitor.address}/account/")
    visitor.looks("account")
    expect(visitor.page.get_by_text(reference, exact=True)).to_be_visible()

    sent = ExpressionOfInterest.objects.get()
    assert (sent.reference, sent.state) == (reference, "submitted")
    assert [choice.project.code for choice in sent.choices.all()] == ["T3", "CP1"]
    the_office_finds(visitor_at(1280), reference)


def test_a_double_click_submits_once_and_the_back_button_submits_no_more(
    visitor_at: Callable[..., Visitor],
) -> None:
    visitor = visitor_at(1280)
    signs_up(visitor)
    fills_in_the_form(visitor)
    page = visitor.page
    page.get_by_role("button", name="Check your answers and submit").click()
    page.locator("[name=accurate]").check()
    page.get_by_role("button", name="Submit expression of interest").dblclick()
    expect(page.get_by_role("heading", name="Expression of interest submitted")).to_be_visible()
    reference = page.locator(".sc-reference__code").inner_text()

    page.go_back()
    expect(page.locator(".sc-reference__code")).to_have_text(reference)
    assert ExpressionOfInterest.objects.get().snapshots.count() == 1


def test_a_second_tab_is_told_and_nothing_is_lost(visitor_at: Callable[..., Visitor]) -> None:
    visitor = visitor_at(1280)
    signs_up(visitor)
    first = visitor.page
    here = f"{visitor.address}/expression-of-interest/experience/"
    first.goto(here)
    second = first.context.new_page()
    second.goto(here)
    first.locator("[name=experience]").fill("From the first tab")
    first.get_by_role("button", name="Save and come back later").click()
    expect(first.get_by_text("Saved. Come back when it suits you")).to_be_visible()

    second.locator("[name=experience]").fill("From the second tab")
    second.get_by_role("button", name="Save and continue").click()

    expect(second.get_by_role("alert")).to_contain_text("saved in another tab")
    expect(second.locator("[name=experience]")).to_have_value("From the second tab")
    Watch(second).check()
    assert PageAnswers.objects.get().answers == {"experience": "From the first tab"}


def test_withdrawing(visitor_at: Callable[..., Visitor]) -> None:
    visitor = visitor_at(320)
    signs_up(visitor)
    fills_in_the_form(visitor)
    submits(visitor)
    page = visitor.page
    page.get_by_role("link", name="Withdraw this expression of interest").click()
    visitor.looks("withdraw")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("was withdrawn")).to_be_visible()
    visitor.looks("account-withdrawn")
    expect(page.get_by_role("button", name="Start an expression of interest")).to_be_visible()
