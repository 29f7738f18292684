"""Two people who are likely one, in a browser: found, looked at side by side, merged, and parted again."""

import pytest
from playwright.sync_api import Page, expect

from stepchange.roles import Role
from tests.builders import make_call, make_organisation
from tests.journeys.pictures import keep_picture
from tests.journeys.test_console import assert_fits, enter
from tests.journeys.watch import Watch
from tests.office import make_holder
from tests.participants.likeness.alike import fresh, make_alike

pytestmark = pytest.mark.django_db(transaction=True)


def look(page: Page, watch: Watch, name: str) -> None:
    """Check the page as it stands, at both widths; keep a picture."""
    assert_fits(page)
    watch.check()
    keep_picture(page, f"duplicates-{name}")


def test_an_office_manager_merges_two_people_and_undoes_it(page: Page, live_server, watch: Watch):
    make_call(name="Spring call")
    hotel = make_organisation(name="Harbour & Vale Hotels")
    one, other = make_alike(organisation=hotel, work_email="w.hartnoll@harbour-vale.example")
    assert other.user is not None
    enter(page, live_server, make_holder(Role.OFFICE_MANAGER, name="Beatrix Okonjo"))

    page.goto(f"{live_server.url}/admin/")
    page.get_by_role("link", name="Likely duplicates of people").click()
    look(page, watch, "list")
    page.get_by_role("link", name="William Hartnoll").click()
    expect(page.locator("#content")).to_contain_text("A short form of the same name")
    look(page, watch, "person")

    page.get_by_role("link", name="Merge into another person").click()
    expect(page.locator("#content")).to_contain_text("Both accounts keep signing in")
    expect(page.locator("#content-main table")).to_contain_text(other.user.email)
    look(page, watch, "preview")
    page.get_by_role("button", name="Merge into another person").click()
    expect(page.locator(".errornote")).to_be_visible()
    look(page, watch, "without-a-reason")
    page.get_by_label("Reason").fill("They told us so on the telephone.")
    page.get_by_role("button", name="Merge into another person").click()
    expect(page.locator(".messagelist")).to_contain_text("Merged into another person")
    look(page, watch, "merged")
    assert fresh(one).current == other

    page.get_by_role("link", name="Undo the merge").click()
    look(page, watch, "undo")
    page.get_by_label("Reason").fill("Two brothers after all.")
    page.get_by_role("button", name="Undo the merge").click()
    expect(page.locator(".messagelist")).to_contain_text("Merge undone")
    assert fresh(one).merged_into is None
