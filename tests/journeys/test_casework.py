"""A caseworker's morning: the queue, a call back, a flag, a decision; then one that another looks at."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as portal
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from participants.models import Validation
from participants.workflow import validation
from stepchange import clock
from stepchange.roles import Role, synchronise_groups
from tests.builders import make_project
from tests.journeys.pictures import keep_picture
from tests.journeys.watch import Watch
from tests.office import PASSWORD, grown_old, make_holder, signed_in
from tests.participants.identity.desk import METHOD, QUEUE, make_case, page_of, referee_confirms

pytestmark = pytest.mark.django_db(transaction=True)

FLAGS = 2
"""The domain of the person and of their referee are not on the organisation's record yet."""
SECONDS_FOR_A_CALL = 30.0
"""What recording a call may take at the desk, every click and key of it."""


def make_cases() -> tuple[Validation, Validation]:
    """Return two cases whose referees have answered, among others in every state."""
    demanding = make_project(title="Guard training", identity_level="medium")
    people = ["Amina Thistlewood", "Rhys Fenwick", "Orla Pemberton", "Dev Marchetti", "Nia Okafor"]
    made = []
    for number, name in enumerate(people):
        email, referee = f"p{number}@harbour-vale.example", f"ref{number}@harbour-vale.example"
        chosen = (demanding, make_project())
        made.append(make_case(*chosen, email=email, name=name, referee_email=referee))
    first, second, asked, overdue, _with_referee = made
    for case in (first, second, asked, overdue):
        referee_confirms(case)
    clerk = make_holder(Role.CASEWORKER, name="Ines of the office")
    validation.take(asked, by=clerk)
    validation.ask(asked, question="Which unit do you work in?", by=clerk)
    Validation.objects.filter(pk=overdue.pk).update(due_on=clock.today() - timedelta(days=3))
    return first, second


def make_clerk(name: str) -> Client:
    clerk = make_holder(Role.CASEWORKER, name=name, password=PASSWORD)
    EmailAddress.objects.create(user=clerk, email=clerk.email, verified=True, primary=True)
    return signed_in(clerk)


def desk_of(new_context, address: str, client: Client) -> Page:
    """Return a desk's browser, signed in as a test client is."""
    context = new_context(viewport={"width": 1280, "height": 800})
    cookie = client.cookies[portal.SESSION_COOKIE_NAME].value
    named = {"name": portal.SESSION_COOKIE_NAME, "value": cookie, "url": address}
    context.add_cookies([named])
    page: Page = context.new_page()
    return page


def looks(page: Page, watch: Watch, name: str) -> None:
    """Check the page at a desk's width and at a phone's: accessible, within its width; keep pictures."""
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        keep_picture(page, f"casework-{width}-{name}")
        assert page.evaluate("document.documentElement.scrollWidth") == width, name
        watch.check()


def says_who_it_is(desk: Page) -> None:
    """Prove again who is signed in, as the pages before a decision ask."""
    expect(desk).to_have_url(re.compile("/accounts/reauthenticate/"))
    desk.locator("[name=password]").fill(PASSWORD)
    desk.get_by_role("button", name="Continue").click()


def test_a_call_a_flag_and_a_decision_then_a_refusal_that_another_looks_at(
    live_server: LiveServer, new_context
) -> None:
    cache.clear()
    synchronise_groups()
    first, second = make_cases()
    client = make_clerk("Beatrix Okonjo")
    desk = desk_of(new_context, live_server.url, client)
    watch = Watch(desk)

    desk.goto(f"{live_server.url}{QUEUE}")
    validation.take(first, by=make_holder(Role.CASEWORKER, name="Ottoline Brackley-Shah"))
    desk.reload()
    looks(desk, watch, "queue")
    inside = "table => table.scrollWidth <= table.parentElement.clientWidth"
    assert desk.locator("#result_list").evaluate(inside), "a column is cut off"
    desk.get_by_role("link", name="Amina Thistlewood").click()
    looks(desk, watch, "case")

    began = time.monotonic()
    desk.get_by_role("link", name="Call back through the switchboard").click()
    desk.get_by_label("Confirmed", exact=True).check()
    desk.get_by_label("How you made it").fill(METHOD)
    desk.get_by_role("button", name="Record this check").click()
    expect(desk.locator(".messagelist")).to_contain_text("Check recorded")
    assert time.monotonic() - began < SECONDS_FOR_A_CALL

    for number in range(FLAGS):
        desk.get_by_role("link", name="Settle this flag").first.click()
        if not number:
            looks(desk, watch, "flag")
        desk.get_by_label("Reason").fill("The hotel's site names the domain: it is theirs.")
        desk.get_by_role("button", name="Settle this flag").click()

    grown_old(client, 60)
    desk.get_by_role("link", name="Validate", exact=True).click()
    says_who_it_is(desk)
    expect(desk.get_by_text("Level: Low, by profile L1A")).to_be_visible()
    looks(desk, watch, "validate")
    desk.get_by_label("Reason").fill("Referee and call back agree.")
    desk.get_by_role("button", name="Validate", exact=True).click()
    expect(desk.locator(".messagelist")).to_contain_text("Validated: Amina Thistlewood.")
    first.refresh_from_db()
    assert (first.state, first.level) == ("validated", "low")

    desk.goto(f"{live_server.url}{page_of(second, 'check-call-back')}")
    desk.get_by_role("button", name="Record this check").click()
    looks(desk, watch, "call-back-with-errors")
    desk.goto(f"{live_server.url}{page_of(second, 'refuse')}")
    looks(desk, watch, "refuse")
    desk.get_by_label("We could not reach you").check()
    desk.get_by_label("Reason, for the office").fill("Reception knows nobody of the name.")
    desk.get_by_role("button", name="Refuse", exact=True).click()
    expect(desk.locator(".messagelist")).to_contain_text("Refused")

    second.refresh_from_db()
    assert second.person.user
    validation.appeal(second, by=second.person.user, reason="I was on leave; I am back.")
    desk.reload()
    expect(desk.get_by_text("You refused this one: somebody else has to look")).to_be_visible()
    looks(desk, watch, "appealed")

    other = desk_of(new_context, live_server.url, make_clerk("Ines Calloway"))
    other.goto(f"{live_server.url}/admin/")
    looks(other, Watch(other), "first-page")
    other.get_by_role("link", name="Refusals to look at again").click()
    other.get_by_role("link", name="Rhys Fenwick").click()
    other.get_by_role("link", name="Staff or warrant card seen on a call").click()
    other.get_by_label("Confirmed", exact=True).check()
    other.get_by_label("How you made it").fill("Video call; photograph, name and employer fit.")
    other.get_by_role("button", name="Record this check").click()
    other.get_by_role("link", name="Call back through the switchboard").click()
    other.get_by_label("Confirmed", exact=True).check()
    other.get_by_label("How you made it").fill(METHOD)
    other.get_by_role("button", name="Record this check").click()
    for _flag in range(FLAGS):
        other.get_by_role("link", name="Settle this flag").first.click()
        other.get_by_label("Reason").fill("Seen on the hotel's site.")
        other.get_by_role("button", name="Settle this flag").click()
    other.get_by_role("link", name="Validate", exact=True).click()
    other.get_by_label("Reason").fill("Seen, and known by the referee.")
    other.get_by_role("button", name="Validate", exact=True).click()
    expect(other.locator(".messagelist")).to_contain_text("Validated: Rhys Fenwick.")
    second.refresh_from_db()
    assert second.state == "validated"
