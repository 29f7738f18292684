"""A visitor reads the public pages in a browser: wide and narrow, with and without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.loading import load_programme
from projects.models import Milestone
from stepchange import clock
from tests.builders import make_milestone
from tests.journeys.watch import Watch
from tests.public_pages import PAGES
from workstreams.models import Call

WIDE, NARROW = 1280, 320


@pytest.fixture
def address_of(live_server: LiveServer) -> Callable[[str], str]:
    """Load the programme, its call open today, and return what makes an address of a path."""
    load_programme()
    today = clock.today()
    Call.objects.update(
        opens_at=clock.start_of(today.replace(day=1)),
        closes_at=clock.end_of(today.fromordinal(today.toordinal() + 17)),
    )
    make_milestone(title="Pilot ends", due_on=today.fromordinal(today.toordinal() + 30))
    Milestone.objects.filter(slug="delivery-commences").update(due_on=today)
    return lambda path: f"{live_server.url}{path}"


@pytest.fixture
def without_scripts(new_context: Callable[..., BrowserContext]) -> Page:
    """Return a page that runs no script at all."""
    return new_context(
        java_script_enabled=False, viewport={"width": NARROW, "height": 800}
    ).new_page()


def width_of_the_page(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_public_page_is_accessible_and_never_scrolls_sideways(
    page: Page, watch: Watch, address_of: Callable[[str], str], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in PAGES:
        page.goto(address_of(path))
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        assert width_of_the_page(page) == width, path
        watch.check()
    assert page.context.cookies() == []


def test_every_public_page_is_read_without_scripts(
    without_scripts: Page, address_of: Callable[[str], str]
) -> None:
    page = without_scripts
    for path in PAGES:
        page.goto(address_of(path))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("navigation", name="Menu").get_by_role("link")).to_have_count(5)
        assert width_of_the_page(page) == NARROW, path


def test_the_list_is_filtered_without_scripts(
    without_scripts: Page, address_of: Callable[[str], str]
) -> None:
    page = without_scripts
    page.goto(address_of("/projects/"))
    page.get_by_label("Words").fill("standards")
    page.get_by_label("Crowded Places (5)").check()
    page.get_by_role("button", name="Show projects").click()
    expect(page.get_by_role("heading", name="1 of 25 projects")).to_be_visible()
    expect(page.get_by_label("Words")).to_have_value("standards")
    expect(page.get_by_label("Crowded Places (5)")).to_be_checked()
    page.get_by_role("link", name="Supervision and professional development").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Supervision")
    page.get_by_role("link", name="CP5").click()
    expect(page).to_have_title("CP5: Licensing and oversight of events - Step-Change")
    page.get_by_text("The Call to Action’s own lines").click()
    expect(page.locator("pre").first).to_be_visible()


def test_a_keyboard_alone_reaches_what_matters(
    page: Page, watch: Watch, address_of: Callable[[str], str]
) -> None:
    page.goto(address_of("/"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Start now").first).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="See the 25 projects")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_title("Projects - Step-Change")
    page.get_by_role("link", name="Skip to main content").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Words")).to_be_focused()
    page.keyboard.type("guard")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Crowded Places (5)")).to_be_focused()
    page.keyboard.press("Space")
    for name in ("Security and Resilience", "Transport"):
        page.keyboard.press("Tab")
        expect(page.get_by_label(name)).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="of 25 projects")).to_be_visible()
    expect(page.get_by_label("Crowded Places (5)")).to_be_checked()
    expect(page.get_by_label("Transport (5)")).to_be_checked()
    page.goto(address_of("/milestones/"))
    drawing = page.get_by_role("region", name="Milestones, drawn along a line")
    drawing.focus()
    expect(drawing).to_be_focused()
    watch.check()


def test_on_paper_there_is_the_letter_and_nothing_to_press(
    page: Page, address_of: Callable[[str], str]
) -> None:
    page.goto(address_of("/projects/T3/"))
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Start now")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Menu")).to_be_hidden()
