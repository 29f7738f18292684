"""From a referee who is named to the letter that says it is settled: three people and their pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from communications import workflow as ledger
from stepchange.roles import synchronise_groups
from tests.builders import make_project
from tests.journeys.pictures import keep_picture
from tests.journeys.test_accounts import enter
from tests.journeys.test_casework import desk_of, make_clerk
from tests.journeys.watch import Watch
from tests.participants.identity.desk import METHOD, make_case

pytestmark = pytest.mark.django_db(transaction=True)
REFEREE = "ottoline@harbour-vale.example"


@pytest.fixture
def address(live_server: LiveServer, settings: Any, tmp_path: Path) -> str:
    """Serve the demonstration's mailbox, and return where."""
    cache.clear()
    synchronise_groups()
    settings.IS_DEMONSTRATION = True
    settings.MAILBOX = tmp_path / "mailbox"
    settings.EMAIL_BACKEND = "communications.demonstration.MailboxBackend"
    return live_server.url


def looks(page: Page, watch: Watch, name: str) -> None:
    """Check the page as it stands: accessible, within its width; keep a picture."""
    keep_picture(page, f"confirmed-{name}")
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") == width, name
    watch.check()


def opens_the_letter(page: Page, address: str, to: str, subject: str) -> Any:
    """Find a letter in the mailbox as its reader would; return its text."""
    ledger.sweep()
    page.goto(f"{address}/demo/mailbox/")
    page.get_by_label("Email address").fill(to)
    page.get_by_role("button", name="Show emails").click()
    page.get_by_role("link", name=re.compile(subject)).first.click()
    return page.frame_locator("iframe")


def test_a_referee_is_named_confirms_and_the_person_is_validated_and_told(
    address: str, live_server: LiveServer, new_context: Any, page: Page, watch: Watch
) -> None:
    demanding = make_project(code="D1", title="Guard training", identity_level="medium")
    case = make_case(make_project(code="E1", title="Posters"), demanding)
    amina = case.person.user
    assert amina

    # She names another referee than in her form.
    enter(page, live_server, amina)
    page.goto(f"{address}/validation/")
    expect(page.get_by_text("that a referee confirms who you are").first).to_be_visible()
    page.get_by_role("link", name="Name another referee").click()
    page.get_by_label("full name").fill("Ottoline Brandt")
    page.get_by_label("job title").fill("Head of Guest Services")
    page.get_by_label("work email address").fill(REFEREE)
    page.get_by_role("button", name="Ask this referee").click()
    expect(page.get_by_text("We write to your referee now")).to_be_visible()
    looks(page, watch, "named")

    # The referee reads the letter, and confirms on a telephone.
    theirs = new_context(viewport={"width": 320, "height": 800}).new_page()
    watch_theirs = Watch(theirs)
    letter = opens_the_letter(theirs, address, REFEREE, "confirm")
    link = letter.locator("a[href*='/referee/']").first.get_attribute("href")
    assert link
    looks(theirs, watch_theirs, "letter")
    theirs.goto(f"{address}{link[link.index('/referee/') :]}")
    theirs.get_by_label("Yes", exact=True).first.check()
    for fact in ("name_is_right", "role_is_right", "employer_is_right"):
        theirs.locator(f"[name={fact}][value=yes]").check()
    looks(theirs, watch_theirs, "answer")
    theirs.locator("main").get_by_role("button", name="Send my answer").click()
    expect(theirs.locator("h1")).to_have_text("Thank you")

    # The caseworker calls back, settles the flags, and validates: enough for one project alone.
    desk = desk_of(new_context, address, make_clerk("Beatrix Okonjo"))
    watch_desk = Watch(desk)
    desk.goto(f"{address}/admin/participants/validation/")
    desk.get_by_role("link", name="Amina Thistlewood").click()
    expect(desk.locator("table", has=desk.get_by_text("The referee")).first).to_be_visible()
    desk.get_by_role("link", name="Call back through the switchboard").click()
    desk.get_by_label("Confirmed", exact=True).check()
    desk.get_by_label("How you made it").fill(METHOD)
    desk.get_by_role("button", name="Record this check").click()
    for _flag in ("her domain", "her referee's"):
        desk.get_by_role("link", name="Settle this flag").first.click()
        desk.get_by_label("Reason").fill("The hotel's site names the domain.")
        desk.get_by_role("button", name="Settle this flag").click()
    desk.get_by_role("link", name="Validate", exact=True).click()
    expect(desk.get_by_text("Not enough for: D1 (asks medium).")).to_be_visible()
    looks(desk, watch_desk, "validate")
    desk.get_by_label("Reason").fill("Referee and call back agree.")
    desk.get_by_role("button", name="Validate", exact=True).click()
    expect(desk.locator(".messagelist")).to_contain_text("Validated: Amina Thistlewood.")

    # She is written to, and reads what it is enough for, and what is still asked.
    letter = opens_the_letter(page, address, amina.email, "[Vv]alidation")
    expect(letter.get_by_role("link", name="Sign in and read it").first).to_be_visible()
    page.goto(f"{address}/validation/")
    expect(page.get_by_text("It holds until")).to_be_visible()
    expect(page.get_by_text("More has to be confirmed")).to_have_count(1)
    looks(page, watch, "validated")

    # The queue says so; a passport seen raises the level, and she reads that too.
    desk.goto(f"{address}/admin/participants/validation/?waits=evidence")
    expect(desk.get_by_text("Needs more for 1 choice")).to_be_visible()
    looks(desk, watch_desk, "queue")
    desk.get_by_role("link", name="Amina Thistlewood").click()
    desk.get_by_role("link", name="Passport or driving licence seen on a call").click()
    desk.get_by_label("Confirmed", exact=True).check()
    desk.get_by_label("How you made it").fill("Seen on a call, with her face.")
    desk.get_by_role("button", name="Record this check").click()
    looks(desk, watch_desk, "more-is-met")
    desk.get_by_role("link", name="Raise the level").click()
    looks(desk, watch_desk, "raise")
    desk.get_by_label("Reason").fill("Passport seen.")
    desk.get_by_role("button", name="Raise the level").click()
    expect(desk.locator(".messagelist")).to_contain_text("Level raised: Amina Thistlewood.")
    page.reload()
    expect(page.get_by_text("Enough is confirmed")).to_have_count(2)
    looks(page, watch, "raised")
    watch_desk.assert_quiet()
    watch_theirs.assert_quiet()
