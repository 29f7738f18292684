"""A declared interest in a browser: assessed, managed, shown to be done, and undecided in other words."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from participants.models import InterestCase
from participants.workflow import person_of
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_interest, make_user
from tests.journeys.watch import Watch
from tests.office import make_holder, signed_in
from tests.participants.interests.declaring import DONE, TODO, WHY, in_days

pytestmark = pytest.mark.django_db(transaction=True)


def enter(page: Page, live_server, user: User) -> None:
    """Open the browser where the account has signed in already, with its second factor."""
    name = settings.SESSION_COOKIE_NAME
    session = signed_in(user).cookies[name].value
    page.context.add_cookies([{"name": name, "value": session, "url": live_server.url}])


def fits(page: Page) -> None:
    """Assert that the page does not scroll sideways on a telephone (WCAG 2.2, 1.4.10)."""
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    page.set_viewport_size({"width": 1280, "height": 900})


def test_an_interest_is_assessed_managed_and_done_and_undecided_again_in_other_words(
    page: Page, new_context, live_server, watch: Watch
):
    iris = make_user("iris@users.example", name="Iris Calloway")
    make_interest(iris)
    person = person_of(iris)
    person.full_name = "Iris Calloway"
    person.save(update_fields=["full_name"])
    owner = make_holder(Role.OFFICE_MANAGER, name="Beatrix Okonjo")
    enter(page, live_server, make_holder(Role.CASEWORKER, name="Tobias Hartnell-Rao"))
    hers = new_context().new_page()
    watch_hers = Watch(hers)
    enter(hers, live_server, iris)

    def she_reads(*words: str) -> None:
        hers.goto(f"{live_server.url}/declarations/")
        for each in words:
            expect(hers.locator("main")).to_contain_text(each)
        fits(hers)
        watch_hers.check()

    def step(name: str) -> None:
        page.get_by_role("link", name=name, exact=True).click()
        fits(page)
        watch.check()

    # It is declared, and waits.
    she_reads("Being looked at")
    page.goto(f"{live_server.url}/admin/")
    page.get_by_role("link", name="Declared interests to decide about").click()
    page.get_by_role("link", name="Iris Calloway").click()
    expect(page.locator("h1")).to_have_text("Iris Calloway: Directorship or running a business")
    expect(page.locator("#content")).to_contain_text("Sablebrook Security")
    fits(page)
    watch.check()

    # It is assessed, and what is to be done about it is agreed.
    step("Assess it")
    page.get_by_label("Potential conflict").check()
    page.get_by_label("Reason").fill(WHY)
    page.get_by_role("button", name="Assess it").click()
    expect(page.locator(".messagelist")).to_contain_text("Assessed: Iris Calloway")
    step("Manage it")
    page.get_by_label("What is to be done").fill(TODO)
    page.get_by_label("Owner").select_option(label=owner.name)
    page.get_by_label("To be checked by").fill(str(in_days(30)))
    page.get_by_role("button", name="Manage it").click()
    expect(page.locator("#content")).to_contain_text("Beatrix Okonjo")
    watch.check()
    she_reads("Managed", TODO)
    expect(hers.locator("main")).not_to_contain_text(WHY)

    # It is shown to be done.
    step("Record that it is done")
    page.get_by_label("What shows that it is done").fill(DONE)
    page.get_by_role("button", name="Record that it is done").click()
    expect(page.locator("#content")).to_contain_text("Managed, and shown to be done")
    watch.check()
    she_reads("Managed, and done")
    hers.get_by_role("link", name=re.compile("See declaration 1")).click()
    expect(hers.locator("main")).to_contain_text("Where it stands")
    fits(hers)
    watch_hers.check()

    # She says it in other words: it is undecided again.
    hers.goto(f"{live_server.url}/declarations/declare/")
    hers.get_by_label("Yes, I have interests to declare").check()
    hers.get_by_role("button", name="Save and continue").click()
    hers.get_by_role("link", name="Change interest 1").click()
    hers.get_by_label("What could you or they gain?").fill("More contracts, and a bonus")
    hers.get_by_role("button", name="Save and continue").click()
    hers.get_by_role("button", name="That is all: check and sign").click()
    hers.locator("[name=signed]").check()
    hers.get_by_role("button", name="Sign the declaration").click()
    she_reads("Being looked at")
    page.goto(f"{live_server.url}/admin/participants/interestcase/?waits=undecided")
    expect(page.get_by_role("link", name="Iris Calloway")).to_have_count(1)
    watch.check()
    watch_hers.assert_quiet()
    assert [case.outcome for case in InterestCase.objects.declared()] == ["undecided"]
