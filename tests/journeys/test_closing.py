"""The closing time passes while somebody looks at the form: nothing is lost, and they are told why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as portal
from django.test import Client
from playwright.sync_api import expect

from participants.models import ExpressionOfInterest, PageAnswers
from projects.models import Project
from stepchange import clock
from tests.builders import make_draft, make_submitted, make_user
from tests.journeys.visitor import Visitor
from workstreams.models import Call

FORM = "/expression-of-interest"
WORDS = "Twelve years of hotel security."


def signs_in(visitor: Visitor, expression: ExpressionOfInterest) -> None:
    """Open the visitor's browser where the participant is signed in."""
    user = expression.person.user
    assert user is not None
    client = Client()
    client.force_login(user)
    name = portal.SESSION_COOKIE_NAME
    visitor.page.context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": visitor.address}]
    )


def just_closed(call: Call) -> time_machine.travel:
    """Let it be a moment after the call closed."""
    return time_machine.travel(call.closes_at + timedelta(seconds=1))


@pytest.fixture
def call(address: str) -> Call:
    """Let the demonstration's call close in a quarter of an hour: no session ends before it does."""
    Call.objects.update(closes_at=clock.now() + timedelta(minutes=15))
    return Call.objects.get()


@pytest.mark.parametrize(
    ("width", "scripts"),
    [pytest.param(360, True, id="phone"), pytest.param(1280, False, id="without-scripts")],
)
def test_a_draft_is_refused_with_the_reason_and_what_is_typed_is_saved(
    visitor_at: Callable[..., Visitor], call: Call, width: int, scripts: bool
) -> None:
    visitor = visitor_at(width, scripts=scripts)
    draft = make_draft(
        Project.objects.get(code="CP1"), user=make_user("zoe@hotels.example"), call=call
    )
    signs_in(visitor, draft)
    page = visitor.page
    page.goto(f"{visitor.address}{FORM}/check/")
    expect(page.get_by_text("minutes left")).to_be_visible()
    visitor.looks("closing-check")
    page.locator("[name=accurate]").check()
    second = page.context.new_page()
    second.goto(f"{visitor.address}{FORM}/experience/")
    second.locator("[name=experience]").fill(WORDS)

    with just_closed(call):
        page.get_by_role("button", name="Submit expression of interest").click()
        expect(page.get_by_text("It was not submitted").first).to_be_visible()
        expect(page.get_by_role("button", name="Submit")).to_have_count(0)
        visitor.watch.complaints.clear()  # the browser says aloud that it was answered with 409
        visitor.looks("closing-late")

        second.get_by_role("button", name="Save and continue").click()
        second.wait_for_url(lambda url: "experience" not in url)
        page.goto(f"{visitor.address}{FORM}/tasks/")
        expect(page.get_by_text("can no longer be submitted")).to_be_visible()
        visitor.looks("closing-tasks")
        page.goto(f"{visitor.address}/account/")
        visitor.looks("closing-account")

    draft.refresh_from_db()
    assert (draft.state, draft.snapshots.count()) == ("draft", 0)
    kept = PageAnswers.objects.get(expression=draft, page="experience").answers
    assert kept == {"experience": WORDS}


def test_changes_are_refused_and_what_was_submitted_counts(
    visitor_at: Callable[..., Visitor], call: Call
) -> None:
    visitor = visitor_at(360)
    sent = make_submitted(
        Project.objects.get(code="CP1"), user=make_user("zoe@hotels.example"), call=call
    )
    signs_in(visitor, sent)
    page = visitor.page
    page.goto(f"{visitor.address}{FORM}/experience/")
    page.locator("[name=experience]").fill(WORDS)
    page.get_by_role("button", name="Save and continue").click()
    page.wait_for_url(lambda url: "experience" not in url)
    page.goto(f"{visitor.address}{FORM}/check/")
    page.locator("[name=accurate]").check()

    with just_closed(call):
        page.get_by_role("button", name="Submit your changes").click()
        expect(page.get_by_text("Your changes were not submitted").first).to_be_visible()
        visitor.watch.complaints.clear()  # the browser says aloud that it was answered with 409
        visitor.looks("closing-late-changes")
        page.goto(f"{visitor.address}{FORM}/submitted/")
        visitor.looks("closing-submitted")

    assert sent.snapshots.count() == 1
    assert sent.snapshots.get().answers["experience"] != {"experience": WORDS}
