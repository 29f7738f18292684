"""The office's console in a browser: the way in, and every page as its users meet it."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib import admin
from playwright.sync_api import Page, expect

from communications.models import ContactMessage, Email, Generation
from participants.models import ExpressionOfInterest, SecondFactorReset
from participants.workflow import give_extension
from projects.models import Milestone, Project
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import (
    make_call,
    make_entered,
    make_interest,
    make_invitation,
    make_project,
    make_stream,
    make_submitted,
    make_suggestion,
    make_user,
)
from tests.journeys.authenticator import code_of
from tests.journeys.watch import Watch
from tests.office import PASSWORD, make_holder, signed_in
from tests.reviews.console import make_rows
from workstreams.models import Call, KeyActivity, Organisation, Passage, Seat, Term

pytestmark = pytest.mark.django_db(transaction=True)


def make_manager() -> User:
    manager = make_holder(Role.OFFICE_MANAGER, password=PASSWORD, name="Beatrix Okonjo")
    EmailAddress.objects.create(user=manager, email=manager.email, verified=True, primary=True)
    return manager


def sign_in(page: Page, user: User) -> None:
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()


def enter(page: Page, live_server, user: User) -> None:
    """Open the browser where the account has signed in already, with its second factor."""
    name = settings.SESSION_COOKIE_NAME
    session = signed_in(user).cookies[name].value
    page.context.add_cookies([{"name": name, "value": session, "url": live_server.url}])


def test_a_new_manager_sets_up_a_second_factor_and_goes_on_to_where_they_were_going(
    page: Page, live_server, watch: Watch
):
    manager = make_manager()
    call = make_call(name="Spring call")
    wanted = f"{live_server.url}/admin/workstreams/call/{call.slug}/change/"

    page.goto(wanted)
    watch.check()
    sign_in(page, manager)
    expect(page).to_have_url(re.compile("/accounts/(reauthenticate|2fa)/"))
    if "reauthenticate" in page.url:
        watch.check()
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
    expect(page.locator("h1")).to_have_text("Set up an authenticator app")
    watch.check()
    secret = page.locator(".sc-secret").inner_text().strip()
    page.get_by_role("textbox").last.fill(code_of(secret))
    page.get_by_role("button", name="Finish setting up").click()

    expect(page.locator("h1")).to_have_text("Your recovery codes")
    watch.check()
    page.get_by_role("button", name="Show my codes").click()
    page.get_by_role("button", name="I have kept them: continue").click()
    expect(page).to_have_url(wanted)
    expect(page.locator("h1")).to_have_text("Spring call")
    watch.check()


def test_a_manager_signs_in_with_a_code_publishes_a_call_and_sees_it_in_the_record(
    page: Page, live_server, watch: Watch
):
    manager = make_manager()
    secret = generate_totp_secret()
    TOTP.activate(manager, secret)
    call = make_call(name="Spring call", state="draft")

    page.goto(f"{live_server.url}/admin/")
    sign_in(page, manager)
    watch.check()
    page.get_by_role("textbox").last.fill(code_of(secret))
    page.locator("main").get_by_role("button").first.click()

    expect(page.locator("h1")).to_have_text("What waits")
    watch.check()
    page.goto(f"{live_server.url}/admin/workstreams/call/")
    page.get_by_role("link", name="Spring call").click()
    page.get_by_role("link", name="Publish", exact=True).click()
    expect(page.locator("h1")).to_have_text("Publish")
    watch.check()
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".messagelist")).to_contain_text("Published: Spring call.")
    page.locator("#content").get_by_role("link", name="The record").click()
    expect(page.locator("#change-history table")).to_contain_text("Call published")
    expect(page.locator("#change-history table")).to_contain_text("Beatrix Okonjo")
    call.refresh_from_db()
    assert call.state == "published"

    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{live_server.url}/admin/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=(/|%2F)admin"))


def make_one_of_each() -> dict[str, object]:
    stream = make_stream(name="Transport")
    seat = Seat.objects.create(work_stream=stream, side="police")
    organisation = Organisation.objects.create(name="Northmere Police", sector="police")
    proposed = make_project(work_stream=stream, state="proposed", source_action="As dumped")
    Term.objects.create(
        seat=seat, holder=make_user(name="Iris Calloway"), organisation=organisation
    )
    KeyActivity.objects.create(slug="launch", when="23 April", sort_on=clock.today(), text="Launch")
    Passage.objects.create(slug="opening", topic="opening", text="We ask you")
    Milestone.objects.create(
        slug="first", title="First", due_on=clock.today(), first_due_on=clock.today()
    )
    Email.objects.create(
        notice="receipt",
        subject_key="SC-34679CDF",
        occurrence="1",
        recipient_key="x",
        state="failed",
    )
    ContactMessage.objects.create(
        name="Iris Calloway", email="iris@visitors.example", about="other", message="Hello"
    )
    make_invitation(by=make_holder(Role.OFFICE_MANAGER))
    make_interest()
    SecondFactorReset.objects.create(user=make_user(), expires_at=clock.end_of(clock.today()))
    sent = make_submitted(Project.objects.get(pk=make_project(work_stream=stream).pk))
    call = Call.objects.get(state="published")
    until = clock.end_of(clock.today() + timedelta(days=40))
    give_extension(sent.person, call, until=until, reason="Ill.", by=None)
    make_entered(by=make_holder(Role.CASEWORKER), call=call, handed_over=True)
    Generation.objects.create(number=2, state="held")
    make_suggestion()
    auditor = make_holder(Role.AUDITOR)
    return {
        "projects.Project": proposed,
        "stepchange.User": auditor,
        "participants.Declarant": auditor,
        "participants.RegisterHolder": Term.objects.get().holder,
        "participants.Person": sent.person,
    }


def assert_fits(page: Page) -> None:
    """Assert that the page scrolls sideways at no width (WCAG 2.2, 1.4.10), and its list not at 1280."""
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, page.url)
    results = page.locator("#changelist .results")
    if results.count():
        assert results.evaluate("region => region.scrollWidth <= region.clientWidth"), page.url


@pytest.mark.parametrize("kind", admin.site._registry.values(), ids=str)
def test_every_page_of_the_console_is_accessible_and_keeps_the_policy(
    kind, page: Page, live_server, watch: Watch
):
    chosen = make_one_of_each()
    if kind.model._meta.app_label == "reviews":
        chosen |= make_rows(ExpressionOfInterest.objects.get(state="submitted"))
    enter(page, live_server, make_manager())
    row = chosen.get(kind.model._meta.label) or kind.model._base_manager.order_by("pk").first()
    if isinstance(row, Event):
        row = Event.objects.latest("id")

    page.goto(f"{live_server.url}{kind.list_page()}")
    expect(page.locator("#changelist")).to_be_visible()
    assert_fits(page)
    watch.check()
    addresses = [kind.page_of(row)]
    if not isinstance(row, Event):
        addresses.append(kind.page_of(row, "history"))
    addresses += [kind.page_of(row, "step", step=name) for name in kind.steps]
    if page.locator(".object-tools .addlink").count():
        addresses.append(f"{kind.list_page()}add/")
    for address in addresses:
        answer = page.goto(f"{live_server.url}{address}")
        assert answer
        assert answer.status in {200, 409}, address
        expect(page.locator("h1")).to_have_count(1)
        assert_fits(page)
        # A step that is refused answers 409, which the browser's console repeats aloud.
        watch.complaints = [words for words in watch.complaints if "409" not in words]
        watch.check()


def test_a_filtered_list_is_accessible_with_its_filter_open(page: Page, live_server, watch: Watch):
    make_one_of_each()
    enter(page, live_server, make_manager())
    page.goto(f"{live_server.url}/admin/participants/expressionofinterest/?state__exact=submitted")
    expect(page.locator("#changelist-filter h2").first).to_be_visible()
    assert_fits(page)
    watch.check()


def test_a_mistake_is_named_in_the_title_and_nothing_typed_is_lost(
    page: Page, live_server, watch: Watch
):
    project = make_project(state="proposed")
    enter(page, live_server, make_manager())
    page.goto(f"{live_server.url}/admin/projects/project/{project.code}/change/")
    page.get_by_label("Short name").fill("A better name")
    page.get_by_label("Action", exact=False).first.fill("Other words than the programme's.")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page).to_have_title(re.compile("^Error:"))
    expect(page.get_by_label("Short name")).to_have_value("A better name")
    watch.check()


def test_the_console_works_without_javascript(browser, live_server):
    project = make_project(state="proposed")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    try:
        enter(page, live_server, make_manager())
        page.goto(f"{live_server.url}/admin/projects/project/{project.code}/reject/")
        page.get_by_label("Reason").fill("Done by T2 already.")
        page.get_by_role("button", name="Reject").click()
        expect(page.locator(".messagelist")).to_contain_text("Rejected: ")
    finally:
        context.close()
    project.refresh_from_db()
    assert project.state == "rejected"
