"""The office looks who is late, dismisses a suggested conflict, and takes the register as a file."""

import csv
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from playwright.sync_api import Page, expect

from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import make_suggestion
from tests.journeys.watch import Watch
from tests.office import PASSWORD, grown_old, make_holder, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def enter(page: Page, address: str, user: User) -> None:
    """Open the browser where the account signed in 20 minutes ago: too long ago for a file."""
    client = grown_old(signed_in(user), 20)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": session, "url": address}])


def test_the_office_sees_who_is_late_settles_a_suggestion_and_exports_the_register(
    page: Page, address: str, watch: Watch
):
    manager = make_holder(Role.OFFICE_MANAGER, password=PASSWORD, name="Beatrix Okonjo")
    EmailAddress.objects.create(user=manager, email=manager.email, verified=True, primary=True)
    suggestion = make_suggestion()
    enter(page, address, manager)

    page.goto(f"{address}/admin/")
    page.get_by_role("link", name="Declarations of interests overdue").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("#result_list")).to_contain_text("Fenella Marchetti-Rowe")
    watch.check()

    page.goto(f"{address}/admin/participants/conflictsuggestion/")
    watch.check()
    page.goto(f"{address}/admin/participants/conflictsuggestion/{suggestion.public_id}/change/")
    watch.check()
    page.get_by_role("link", name="Dismiss it").click()
    page.get_by_label("Reason").fill("They have not met since 2015.")
    watch.check()
    page.get_by_role("button", name="Dismiss it").click()
    expect(page.locator(".messagelist")).to_contain_text("Dismissed:")
    expect(page.locator("#content")).to_contain_text("They have not met since 2015.")

    page.goto(f"{address}/admin/participants/registerholder/")
    expect(page.locator("#result_list")).to_contain_text("Ostrelle Bank")
    watch.check()
    page.get_by_role("link", name="Export this list").click()
    expect(page.locator("h1")).to_contain_text("Confirm")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("h1")).to_have_text("Export: entries in the register of interests")
    watch.check()
    page.get_by_role("button", name="Export").click()
    expect(page.locator("#content")).to_contain_text("Say what the file is for")
    watch.check()
    page.get_by_label("What the file is for").fill("To publish it with the minutes.")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()

    assert download.value.suggested_filename.startswith("register-of-interests-")
    text = Path(download.value.path()).read_text("utf-8-sig")
    lines = list(csv.reader(text.splitlines()))
    assert lines[0][:3] == ["Name", "Post", "Organisation"]
    assert any("Ostrelle Bank" in line for line in lines)
    made = Event.objects.get(kind="stepchange.export.made")
    assert (made.actor, made.reason) == (manager, "To publish it with the minutes.")
