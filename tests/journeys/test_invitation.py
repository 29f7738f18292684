"""From the invitation in the email to the first page that shows people; and a lost second factor."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import Page, expect

from communications import workflow as ledger
from stepchange.models import User
from stepchange.roles import Role, holds
from tests.builders import make_invitation
from tests.journeys.authenticator import code_of
from tests.journeys.watch import Watch
from tests.office import make_holder

pytestmark = pytest.mark.django_db(transaction=True)


def link_in_the_newest_email() -> str:
    ledger.sweep()
    found = re.search(r"http\S+(/invitation/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def hears(watch: Watch, status: int) -> None:
    """Let the browser's console have repeated aloud that a page was refused."""
    watch.complaints = [words for words in watch.complaints if str(status) not in words]


def presses(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name).click()


@pytest.mark.parametrize("width", [320])
def test_from_the_email_to_the_first_page_that_shows_people(
    page: Page, live_server, watch: Watch, width: int
):
    page.set_viewport_size({"width": width, "height": 800})
    make_invitation(by=make_holder(Role.OFFICE_MANAGER), role=Role.CASEWORKER, name="Iris Calloway")
    link = link_in_the_newest_email()

    def looks(heading: str) -> None:
        expect(page.locator("h1")).to_have_text(heading)
        watch.check()
        assert page.evaluate("document.documentElement.scrollWidth") == width

    page.goto(f"{live_server.url}{link}")
    looks("You are invited to help run Step-Change")
    assert link not in page.url
    presses(page, "Continue")
    looks("Caseworker")

    page.get_by_role("link", name="Read and accept the undertaking").click()
    looks("The undertaking")
    presses(page, "Accept the undertaking")
    expect(page).to_have_title(re.compile("^Error:"))
    looks("The undertaking")
    page.get_by_role("checkbox").check()
    presses(page, "Accept the undertaking")
    looks("Caseworker")

    page.get_by_role("link", name="Declare your own interests").click()
    looks("Declare your interests")
    page.get_by_label("Yes, I have interests").check()
    presses(page, "Save and continue")
    looks("Add an interest")
    presses(page, "Save and continue")
    expect(page).to_have_title(re.compile("^Error:"))
    watch.check()
    page.get_by_label("Directorship or running a business").check()
    page.get_by_label("Who or what is it with?").fill("Larkfold Rail")
    page.get_by_label("What could you or they gain?").fill("More passengers")
    presses(page, "Save and continue")
    looks("You have added 1 interest")
    page.get_by_role("link", name="Remove interest 1").click()
    looks("Remove this interest?")
    page.get_by_role("link", name="Keep it").click()
    page.get_by_role("button", name="That is all").click()
    looks("Check and sign your declaration")
    page.get_by_role("checkbox").check()
    presses(page, "Sign the declaration")
    looks("Caseworker")

    page.get_by_role("link", name="Set up a second factor").click()
    looks("Signing in safely")
    expect(page.get_by_role("button", name="Add a passkey")).to_be_visible()
    page.get_by_role("button", name="Set it up").click()
    secret = page.locator(".sc-secret").inner_text().strip()
    page.get_by_role("textbox").last.fill(code_of(secret))
    presses(page, "Finish setting up")
    page.goto(f"{live_server.url}/invitation/")
    looks("Caseworker")
    presses(page, "Accept the invitation")

    expect(page.locator("h1")).to_have_text("What waits")
    assert holds(User.objects.get(name="Iris Calloway"), Role.CASEWORKER)
    answer = page.goto(f"{live_server.url}/admin/participants/expressionofinterest/")
    assert answer
    assert answer.ok
    for address, heading in (
        ("/account/", "Your account"),
        ("/declarations/", "Your declarations of interests"),
        ("/declarations/1/", "Declaration 1"),
        ("/account/undertaking/", "The undertaking"),
    ):
        page.goto(f"{live_server.url}{address}")
        looks(heading)
    page.goto(f"{live_server.url}{link}")
    hears(watch, 404)
    looks("This link can’t be used")


def test_whoever_lost_the_second_factor_asks_whether_known_or_not(
    page: Page, live_server, watch: Watch
):
    cache.clear()  # the limits are another test's
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_role("link", name="I have lost my second factor").click()
    watch.check()
    page.get_by_label("Email address").fill("nobody@users.example")
    presses(page, "Send me a code")
    expect(page.locator("h1")).to_have_text("Check your email")
    watch.check()
    page.get_by_label("Code").fill("WRNG-CODE")
    presses(page, "Continue")
    expect(page).to_have_title(re.compile("^Error:"))
    watch.check()
