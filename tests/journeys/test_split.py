"""A split in the browser: two of the board settle it, the office releases it, its participant reads it."""

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from reviews import workflow
from reviews.models import Decision, Split, StandIn
from stepchange import clock
from stepchange.models import User
from tests.journeys.watch import Watch
from tests.office import signed_in
from tests.reviews.deciding import make_desk

pytestmark = pytest.mark.django_db(transaction=True)


def enter(page: Page, live_server, user: User) -> Page:
    """Open the browser where the account has signed in already, with its second factor."""
    name = settings.SESSION_COOKIE_NAME
    session = signed_in(user).cookies[name].value
    page.context.add_cookies([{"name": name, "value": session, "url": live_server.url}])
    return page


def looks(page: Page, watch: Watch) -> None:
    """Assert that the page is accessible at both widths, and does not scroll sideways on a telephone."""
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        watch.check()


def test_two_of_the_board_settle_it_and_the_participant_reads_the_outcome(new_context, live_server):
    desk = make_desk()
    desk.cast("business", "accept", reason="Runs such training every week.")
    desk.cast("police", "decline", reason="Has no time left for it.")
    split = Split.objects.get()
    whose = ("board private", "board police", "office")
    people = {who: desk.people[who] for who in whose} | {"volunteer": desk.volunteer}
    pages = {
        who: enter(new_context().new_page(), live_server, user) for who, user in people.items()
    }
    watches = {who: Watch(page) for who, page in pages.items()}

    def settle(who: str, *reads: str) -> None:
        page = pages[who]
        page.goto(f"{live_server.url}/account/")
        page.get_by_role("link", name="See what waits for the board").click()
        looks(page, watches[who])
        page.get_by_role("link", name=f"Look at it ({desk.choice.expression.reference}").click()
        for words in ("Runs such training every week.", "Has no time left for it.", *reads):
            expect(page.locator("main")).to_contain_text(words)
        looks(page, watches[who])
        page.get_by_role("button", name="Give my view").click()
        expect(page.locator(".govuk-error-summary")).to_contain_text("Choose what should be made")
        looks(page, watches[who])
        page.get_by_label("Accept").check()
        page.get_by_label("Why?").fill(f"As {who} sees it, it fits.")
        page.get_by_role("button", name="Give my view").click()

    settle("board private", "No view is given yet.")
    expect(pages["board private"].locator("main")).to_contain_text("Your view is given.")
    settle("board police", "It opens when two are given.")
    expect(pages["board police"].locator("main")).to_contain_text("it is decided")
    expect(pages["board police"].locator("main")).to_contain_text("As board private sees it")
    split.refresh_from_db()
    assert split.state == "settled"

    # The participant knows nothing until the office releases it.
    hers = pages["volunteer"]
    hers.goto(f"{live_server.url}/account/")
    expect(hers.locator("main")).not_to_contain_text("You were offered a place")

    office = pages["office"]
    office.goto(f"{live_server.url}/admin/")
    office.get_by_role("link", name="Outcomes that can be released").click()
    looks(office, watches["office"])
    office.get_by_role("link", name="Release outcomes together").click()
    looks(office, watches["office"])
    office.get_by_label("What you offer fits what the project needs.").check()
    office.get_by_role("button", name="Show what would go").click()
    expect(office.locator("#content")).to_contain_text("1 outcome would be released")
    expect(office.locator("#content")).to_contain_text("Action needed by")
    looks(office, watches["office"])
    office.get_by_role("button", name="Release 1 outcome").click()
    expect(office.locator(".messagelist")).to_contain_text("1 outcome was released.")
    office.get_by_role("link", name=desk.choice.expression.reference).click()
    expect(office.locator("#content")).to_contain_text("Settled by the board")
    looks(office, watches["office"])

    hers.reload()
    expect(hers.locator("main")).to_contain_text("You were offered a place")
    looks(hers, watches["volunteer"])
    hers.get_by_role("link", name="Read the letter about").click()
    expect(hers.locator("main")).to_contain_text("What you offer fits what the project needs.")
    looks(hers, watches["volunteer"])
    assert Decision.objects.get().outcome == "offered"
    for watch in watches.values():
        watch.assert_quiet()


def test_a_stand_in_is_named_in_the_browser(page: Page, live_server, watch: Watch):
    desk = make_desk()
    for who in ("police", "police deputy"):
        workflow.stand_aside(desk.now(), by=desk.people[who], reason="A cousin.")
    enter(page, live_server, desk.people["board private"])
    page.goto(f"{live_server.url}/review/board/")
    page.get_by_role("link", name="Name a stand-in").click()
    looks(page, watch)
    page.get_by_label("Email address").fill(desk.people["board police"].email)
    page.get_by_label("Last day").fill(clock.today().isoformat())
    page.get_by_label("Why?").fill("Both stand aside.")
    page.get_by_role("button", name="Name them").click()
    expect(page.locator("main")).to_contain_text("The stand-in is named.")
    looks(page, watch)
    page.get_by_role("link", name="End sooner").click()
    looks(page, watch)
    assert StandIn.objects.get().holder == desk.people["board police"]
