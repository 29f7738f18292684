"""A visitor of the demonstration finds the emails it sent, and writes to the office, in a browser."""

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from communications import workflow
from communications.models import ContactMessage
from tests.journeys.watch import Watch

WIDTHS = [1280, 320]


@pytest.fixture
def address(live_server: LiveServer, settings: Any, tmp_path: Path) -> str:
    """Serve the demonstration's mailbox, and return where."""
    cache.clear()  # other journeys signed up from this address too
    settings.IS_DEMONSTRATION = True
    settings.MAILBOX = tmp_path / "mailbox"
    settings.EMAIL_BACKEND = "communications.demonstration.MailboxBackend"
    return live_server.url


def fits(page: Page, width: int) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") == width)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_code_to_sign_up_is_found_in_the_mailbox(
    page: Page, watch: Watch, address: str, width: int, context: BrowserContext
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{address}/demo/mailbox/")
    expect(page.get_by_role("heading", name="No email yet")).to_be_visible()
    watch.check()
    page.goto(f"{address}/accounts/signup/")
    page.get_by_label("Email address").fill("visitor@users.example")
    page.locator("main").get_by_role("button").first.click()
    page.wait_for_url("**/confirm-email/")
    workflow.sweep()
    box = context.new_page()
    box.set_viewport_size({"width": width, "height": 800})
    watching = Watch(box)
    box.goto(f"{address}/demo/mailbox/")
    box.get_by_label("Email address").fill("visitor@")
    box.get_by_role("button", name="Show emails").click()
    expect(box.get_by_text("1 email", exact=True)).to_be_visible()
    assert fits(box, width)
    watching.check()
    box.get_by_role("link", name="Your code to confirm your email address").click()
    framed = box.frame_locator("iframe").locator(".code")
    expect(framed).to_be_visible()
    code = framed.inner_text()
    expect(box.locator(".sc-mail__body")).to_contain_text(code)
    assert framed.evaluate("element => getComputedStyle(element).fontWeight") == "700"
    assert fits(box, width)
    watching.check()
    page.get_by_label("Code").fill(code)
    page.locator("main").get_by_role("button").first.click()
    page.wait_for_url("**/account/")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scripts", [True, False])
def test_a_message_reaches_the_office(
    new_context: Any, address: str, width: int, scripts: bool
) -> None:
    page = new_context(
        java_script_enabled=scripts, viewport={"width": width, "height": 800}
    ).new_page()
    watch = Watch(page)
    page.goto(f"{address}/contact/")
    check = watch.check if scripts else watch.assert_quiet
    check()
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert page.title().startswith("Error: ")
    check()
    assert fits(page, width)
    page.get_by_label("Your name").fill("Zo\u00eb Adeyemi")
    page.get_by_label("Email address").fill("zoe@hotels.example")
    page.get_by_label("The programme or a project").check()
    page.get_by_label("Your message").fill("Which projects want hoteliers?")
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("heading", name="Message sent")).to_be_visible()
    check()
    assert ContactMessage.objects.get().message == "Which projects want hoteliers?"
