"""From the letter to a referee to the thanks: on a telephone, and without JavaScript."""

import re
from itertools import count
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from communications import workflow as ledger
from participants.models import RefereeRequest
from tests.builders import make_submitted
from tests.journeys.pictures import keep_picture
from tests.journeys.watch import Watch

pytestmark = pytest.mark.django_db(transaction=True)

_pictures = count(1)


@pytest.fixture
def link() -> str:
    """Let somebody submit a form, and return the link in the letter to the referee they named."""
    make_submitted()
    ledger.sweep()
    (letter,) = (each for each in mail.outbox if each.to == ["wilhelmina@harbour-vale.example"])
    found = re.search(r"http\S+(/referee/\S+)", str(letter.body))
    assert found
    return found[1]


def looks(page: Page, heading: str, *, scripts: bool = True) -> None:
    """Check the page as it stands: its heading, within its width, accessible; keep a picture."""
    expect(page.locator("h1")).to_have_text(heading)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    kind = "" if scripts else "-without-scripts"
    keep_picture(page, f"referee{kind}-{next(_pictures):02}")
    if scripts:
        Watch(page).check()


def sends(page: Page, name: str = "Send my answer") -> None:
    page.locator("main").get_by_role("button", name=name).click()


def test_a_referee_confirms_on_a_telephone_and_is_erased(
    page: Page, live_server: Any, link: str
) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(f"{live_server.url}{link}")
    assert link not in page.url
    looks(page, "Can you confirm who this is?")
    expect(page.get_by_text("Is this their name?")).to_be_hidden()
    sends(page)
    expect(page).to_have_title(re.compile("^Error:"))
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    looks(page, "Can you confirm who this is?")
    page.get_by_label("Yes", exact=True).first.check()
    expect(page.get_by_text("Is this their name?")).to_be_visible()
    for fact in ("name_is_right", "role_is_right"):
        page.locator(f"[name={fact}][value=yes]").check()
    page.get_by_label("Is there anything that you want to add?").fill("Ten years beside her.")
    sends(page)
    looks(page, "Can you confirm who this is?")
    expect(page.get_by_role("link", name="Select whether they work for")).to_be_visible()
    page.locator("[name=employer_is_right][value=yes]").check()
    sends(page)
    looks(page, "Thank you")
    page.reload()
    looks(page, "Thank you")
    page.goto(f"{live_server.url}/referee/")  # where the back button leads in the end
    expect(page.locator("h1")).to_have_text("Thank you")
    asked = RefereeRequest.objects.get()
    assert (asked.state, asked.answers["comment"]) == ("confirmed", "Ten years beside her.")

    sends(page, "Remove my details")
    looks(page, "Your details are removed")
    asked.refresh_from_db()
    assert asked.is_erased
    page.goto(f"{live_server.url}{link}")
    looks(page, "This link can’t be used")


def test_a_referee_contests_without_javascript(
    new_context: Any, live_server: Any, link: str
) -> None:
    page = new_context(java_script_enabled=False, viewport={"width": 320, "height": 800}).new_page()
    page.goto(f"{live_server.url}{link}")
    looks(page, "Can you confirm who this is?", scripts=False)
    page.get_by_role("link", name="I do not want to answer").click()
    looks(page, "Remove your details instead of answering?", scripts=False)
    page.get_by_role("link", name="Go back and answer").click()
    page.locator("[name=knows][value=yes]").check()
    for fact, answer in (("name", "yes"), ("role", "yes"), ("employer", "no")):
        page.locator(f"[name={fact}_is_right][value={answer}]").check()
    page.get_by_label("Is there anything that you want to add?").fill("She left in May.")
    page.locator("main").get_by_role("button", name="Send my answer").dblclick()
    looks(page, "Thank you", scripts=False)

    asked = RefereeRequest.objects.get()
    assert (asked.state, asked.answers["employer"]) == ("contested", False)
