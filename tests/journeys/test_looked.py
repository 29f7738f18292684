"""A participant reads who opened their form, as whom and why; a merge is read before it is made."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as portal
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from stepchange.roles import Role, synchronise_groups
from tests.builders import make_organisation, make_submitted, make_user
from tests.journeys.pictures import keep_picture
from tests.journeys.watch import Watch
from tests.office import make_holder, signed_in
from workstreams.models import Organisation


@pytest.fixture
def opened(live_server: LiveServer, new_context: Any) -> Any:
    """Return what opens a page as somebody, in a window of a width, with scripts or without."""
    cache.clear()
    synchronise_groups()

    def opened(user: Any, path: str, *, width: int = 1280, scripts: bool = True) -> Page:
        size = {"width": width, "height": 800}
        context = new_context(java_script_enabled=scripts, viewport=size)
        cookie = signed_in(user).cookies[portal.SESSION_COOKIE_NAME].value
        named = {"name": portal.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}
        context.add_cookies([named])
        page: Page = context.new_page()
        page.goto(f"{live_server.url}{path}")
        return page

    return opened


def looks(page: Page, name: str, *, scripts: bool = True) -> None:
    """Check the page as it stands: accessible, within its width; keep a picture."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    keep_picture(page, f"looked-{width}-{name}")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if scripts:
        Watch(page).check()


@pytest.mark.django_db(transaction=True)
def test_a_participant_reads_who_has_looked(opened: Any) -> None:
    user = make_user("amina@users.example")
    sent = make_submitted(user=user)
    looks(opened(user, "/account/looked/"), "nobody-yet")

    clerk = make_holder(Role.CASEWORKER, name="Ines of the office")
    desk = opened(clerk, "/admin/participants/expressionofinterest/")
    desk.get_by_role("link", name=sent.reference).click()
    expect(desk.get_by_text("Projects chosen")).to_be_visible()

    page = opened(user, "/account/", width=320)
    looks(page, "account")
    page.get_by_role("link", name="See the whole list, and what is listed").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who has looked at your details")
    row = page.locator(".govuk-summary-list__row")
    expect(row).to_contain_text(f"Your expression of interest {sent}, version 1")
    expect(row).to_contain_text("A caseworker of the coordination office")
    expect(row).to_contain_text("To deal with your expression of interest")
    expect(page.locator("body")).not_to_contain_text("Ines")
    looks(page, "list")
    looks(opened(user, "/account/looked/", width=320, scripts=False), "bare", scripts=False)
    looks(opened(user, "/account/looked/"), "list")


@pytest.mark.django_db(transaction=True)
def test_a_merge_is_read_before_it_is_made_without_scripts(opened: Any) -> None:
    stays = make_organisation(name="Harbour & Vale Hotels", domains="harbour.example")
    double = make_organisation(name="Harbor and Vale Hotel", state="proposed", aliases="HVH")
    manager = make_holder(Role.OFFICE_MANAGER)
    page = opened(
        manager, f"/admin/workstreams/organisation/{double.public_id}/merge/", scripts=False
    )
    expect(page.get_by_label("The organisation that stays")).to_have_value(str(stays.public_id))
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_role("heading", name="What does not change")).to_be_visible()
    page.get_by_label("Reason").fill("One firm, written twice.")
    page.get_by_role("button", name="Merge into Harbour & Vale Hotels").click()
    expect(page.get_by_text("Merged into the other")).to_be_visible()
    assert Organisation.objects.get(pk=double.pk).current == stays

    undo = opened(manager, f"/admin/workstreams/organisation/{double.public_id}/unmerge/")
    expect(undo.get_by_role("heading", name="What comes back")).to_be_visible()
    looks(undo, "undo")
    double.refresh_from_db()
    other = make_organisation(name="Harbour Vale Hotels", state="proposed")
    preview = opened(manager, f"/admin/workstreams/organisation/{other.public_id}/merge/")
    preview.get_by_label("The organisation that stays").select_option(str(stays.public_id))
    preview.get_by_role("button", name="See what would change").click()
    looks(preview, "preview")
