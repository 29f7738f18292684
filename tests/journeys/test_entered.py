"""A form taken by telephone: the office enters it at a desk, the person takes it over on a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings as portal
from django.core import mail
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from communications import workflow as ledger
from participants.models import EnteredForm, ExpressionOfInterest
from stepchange import clock
from stepchange.roles import Role, synchronise_groups
from tests.builders import complete_answers, make_call, make_project
from tests.journeys.pictures import keep_picture
from tests.journeys.watch import Watch
from tests.office import make_holder, signed_in

ADDRESS = "amina@users.example"


def opened(
    new_context: Any, address: str, client: Client | None, *, width: int, scripts: bool
) -> Page:
    """Return a browser's page of a width, signed in as a test client is, if one is given."""
    context = new_context(java_script_enabled=scripts, viewport={"width": width, "height": 800})
    if client:
        cookie = client.cookies[portal.SESSION_COOKIE_NAME].value
        named = {"name": portal.SESSION_COOKIE_NAME, "value": cookie, "url": address}
        context.add_cookies([named])
    page: Page = context.new_page()
    return page


def looks(page: Page, name: str, *, scripts: bool = True) -> None:
    """Check the page as it stands: accessible, within its width; keep a picture."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    keep_picture(page, f"entered-{width}-{name}")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if scripts:
        Watch(page).check()


def saves(page: Page) -> None:
    page.get_by_role("button", name="Save and continue").click()


@pytest.fixture
def desk(live_server: LiveServer, new_context: Any) -> Page:
    """A caseworker's browser, while a call with two projects is open."""
    cache.clear()
    synchronise_groups()
    make_call()
    clerk = make_holder(Role.CASEWORKER, name="Ines of the office")
    return opened(new_context, live_server.url, signed_in(clerk), width=1280, scripts=True)


def the_office_enters_it(desk: Page, address: str, answers: dict[str, dict[str, Any]]) -> None:
    desk.goto(f"{address}/admin/participants/enteredform/")
    desk.get_by_role("link", name="Add form taken by telephone or on paper").click()
    looks(desk, "begin")
    saves(desk)
    looks(desk, "begin-with-errors")
    desk.get_by_label("Their full name").fill("Amina Thistlewood")
    desk.get_by_label("Their email address").fill(ADDRESS)
    desk.get_by_label("By telephone").check()
    desk.get_by_label("On which day?").fill(clock.today().isoformat())
    desk.get_by_label("Why do they not fill it in online?").fill("She has no computer.")
    saves(desk)
    looks(desk, "tasks")
    desk.get_by_role("link", name="Where you work").click()
    looks(desk, "where-you-work")
    desk.get_by_label("Private sector").check()
    saves(desk)
    for name, typed in answers["about-you"].items():
        desk.locator(f"[name={name}]").fill(typed)
    saves(desk)
    desk.get_by_role("link", name="Back", exact=True).click()
    looks(desk, "about-you")
    desk.goto(re.sub(r"[^/]+/$", "experience/", desk.url))
    desk.locator("[name=experience]").fill("Ten years of hotel security.")
    desk.get_by_role("button", name="Save and come back later").click()
    desk.get_by_role("button", name="Check it and send it for confirmation").click()
    looks(desk, "check")
    desk.get_by_role("button", name="Send for confirmation").click()
    expect(desk.get_by_text("was sent for confirmation")).to_be_visible()
    looks(desk, "console")
    expect(desk.get_by_text("Ten years of hotel security.")).to_have_count(0)


def test_from_the_telephone_to_a_draft_of_ones_own(
    live_server: LiveServer, desk: Page, new_context: Any
) -> None:
    the_office_enters_it(desk, live_server.url, complete_answers(make_project()))
    entered = EnteredForm.objects.get()
    ledger.sweep()
    assert "/expression-of-interest/entered/" in str(mail.outbox[0].body)

    phone = opened(new_context, live_server.url, None, width=320, scripts=False)
    phone.goto(f"{live_server.url}/expression-of-interest/entered/")
    phone.get_by_role("link", name="I am new here: create an account").click()
    phone.get_by_label("Email address").fill(ADDRESS)
    phone.locator("main").get_by_role("button").first.click()
    ledger.sweep()
    code = re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", str(mail.outbox[-1].body))
    assert code
    phone.get_by_label("Code").fill(code[0])
    phone.locator("main").get_by_role("button").first.click()
    expect(phone.get_by_role("heading", name="The office entered a form for you")).to_be_visible()
    expect(phone.get_by_text("Ten years of hotel security.")).to_be_visible()
    looks(phone, "answer", scripts=False)
    phone.get_by_role("button", name="Continue").click()
    looks(phone, "answer-with-errors", scripts=False)
    phone.get_by_label("Yes, go on with it").check()
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_text("It is yours now.")).to_be_visible()
    looks(phone, "taken-over", scripts=False)

    entered.refresh_from_db()
    draft = ExpressionOfInterest.objects.get()
    assert (entered.state, entered.expression, draft.state) == ("confirmed", draft, "draft")
    assert draft.person.user is not None
    assert draft.person.user.email == ADDRESS
