"""The closing instant on every page of the form: just before, at it, just after; whatever the clocks do."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import pages
from participants.models import ExpressionOfInterest, PageAnswers
from stepchange import clock
from stepchange.models import User
from stepchange.uk_time import time_left_words, uk_deadline
from tests.builders import make_call, make_draft, make_submitted

pytestmark = pytest.mark.django_db

# What the instant is, and as what the people read it.
CLOSINGS = {
    "BST": (datetime(2018, 5, 25, 23, 0, tzinfo=UTC), "11:59pm on Friday 25 May 2018"),
    "GMT": (datetime(2026, 1, 10, 0, 0, tzinfo=UTC), "11:59pm on Friday 9 January 2026"),
    "midnight before the clocks go forward": (
        datetime(2026, 3, 29, 0, 0, tzinfo=UTC),
        "11:59pm on Saturday 28 March 2026",
    ),
    "midnight after the clocks went forward": (
        datetime(2026, 3, 29, 23, 0, tzinfo=UTC),
        "11:59pm on Sunday 29 March 2026",
    ),
    "midnight before the clocks go back": (
        datetime(2026, 10, 24, 23, 0, tzinfo=UTC),
        "11:59pm on Saturday 24 October 2026",
    ),
    "half past one the first time": (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        "1:30am on Sunday 25 October 2026",
    ),
    "half past one the second time": (
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        "1:30am on Sunday 25 October 2026",
    ),
    "midnight after the clocks went back": (
        datetime(2026, 10, 26, 0, 0, tzinfo=UTC),
        "11:59pm on Sunday 25 October 2026",
    ),
}
SECOND = timedelta(seconds=1)
FORM = "/expression-of-interest"
PAGES = [f"{FORM}/{slug}/" for slug in pages.BY_SLUG if slug != "work-email"]


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("closing", CLOSINGS)
def test_every_page_of_a_draft_agrees_on_the_second(closing):
    instant, words = CLOSINGS[closing]
    with time_machine.travel(instant - timedelta(days=3), tick=False):
        call = make_call(closes_at=instant)
        draft = make_draft(call=call)
    user = draft.person.user
    assert user is not None
    some = PAGES if closing in {"BST", "GMT"} else PAGES[:1]
    listed = [f"{FORM}/", f"{FORM}/tasks/", "/account/", f"{FORM}/check/", *some]

    with time_machine.travel(instant - SECOND, tick=False):
        client = browser(user)
        for path in listed:
            page = client.get(path)
            assertContains(page, words)
            assertNotContains(page, "closed at")
        assertContains(client.get(f"{FORM}/check/"), "Less than a minute left")
        assertContains(client.get(f"{FORM}/check/"), "Submit expression of interest")

    for late in (instant, instant + SECOND):
        with time_machine.travel(late, tick=False):
            client = browser(user)
            for path in listed:
                assertContains(client.get(path), words)
            for path in listed[3:]:
                assertContains(client.get(path), "closed at")
            assertNotContains(client.get(f"{FORM}/tasks/"), 'id="section-submit"')
            refused = client.post(f"{FORM}/check/", {"accurate": "on"})
            assertContains(refused, "It was not submitted", status_code=409)
            saved = client.post(f"{FORM}/experience/", {"experience": str(late), "revision": "1"})
            assert saved.status_code in {200, 302}  # the second time it is another tab's
    draft.refresh_from_db()
    assert draft.state == "draft"
    kept = PageAnswers.objects.get(expression=draft, page="experience").answers
    assert kept == {"experience": str(instant)}

    with time_machine.travel(instant - SECOND, tick=False):
        done = browser(user).post(f"{FORM}/check/", {"accurate": "on"})
        assertRedirects(done, f"{FORM}/submitted/{draft}/", fetch_redirect_response=False)
    draft.refresh_from_db()
    assert draft.submitted_at == instant - SECOND


@pytest.mark.parametrize("closing", ["BST", "half past one the second time"])
def test_every_page_of_an_amendment_agrees_on_the_second(closing):
    instant, words = CLOSINGS[closing]
    with time_machine.travel(instant - timedelta(days=3), tick=False):
        sent = make_submitted(call=make_call(closes_at=instant))
    user = sent.person.user
    assert user is not None
    with time_machine.travel(instant - SECOND, tick=False):
        client = browser(user)
        client.post(f"{FORM}/experience/", {"experience": "Twelve years.", "revision": "1"})
        for path in (f"{FORM}/tasks/", f"{FORM}/check/", f"{FORM}/submitted/", *PAGES):
            assertContains(client.get(path), words)
        assertContains(client.get(f"{FORM}/check/"), "Submit your changes")

    for late in (instant, instant + SECOND):
        with time_machine.travel(late, tick=False):
            client = browser(user)
            refused = client.post(f"{FORM}/check/", {"accurate": "on"})
            assertContains(refused, "Your changes were not submitted", status_code=409)
            assertContains(refused, "what counts is version 1", status_code=409)
            listed = client.get(f"{FORM}/tasks/")
            assertContains(listed, "What counts is what you had submitted")
            assertContains(listed, "They were not submitted in time, and do not count.")
            assertNotContains(listed, "once you have checked and submitted")
            assertContains(client.get(f"{FORM}/submitted/"), "when the call closed")
            assertContains(client.get("/account/"), "What counts is version 1")
    assert sent.snapshots.count() == 1

    with time_machine.travel(instant - SECOND, tick=False):
        browser(user).post(f"{FORM}/check/", {"accurate": "on"})
    assert sent.snapshots.count() == 2


def test_a_day_before_the_close_nothing_is_counted_down():
    draft = make_draft()
    user = draft.person.user
    assert user is not None
    with time_machine.travel(draft.call.closes_at - timedelta(hours=24), tick=False):
        assertNotContains(browser(user).get(f"{FORM}/experience/"), "hours left")
    with time_machine.travel(draft.call.closes_at - timedelta(hours=23, minutes=59), tick=False):
        page = browser(user).get(f"{FORM}/experience/")
        assertContains(page, "23 hours and 59 minutes left")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "Closed"),
        (59, "Less than a minute left"),
        (60, "1 minute left"),
        (3600, "1 hour left"),
        (2 * 3600 + 120, "2 hours and 2 minutes left"),
    ],
)
def test_the_time_left_is_told_to_the_minute(seconds, words):
    now = clock.now()

    assert time_left_words(now + timedelta(seconds=seconds), now) == words


def test_who_submitted_and_changed_nothing_is_shown_what_they_submitted_after_the_close():
    sent = make_submitted()
    user = sent.person.user
    assert user is not None
    with time_machine.travel(sent.call.closes_at, tick=False):
        client = browser(user)
        assertRedirects(client.get(f"{FORM}/tasks/"), f"{FORM}/submitted/{sent}/")
        assertNotContains(client.get(f"{FORM}/submitted/"), "Change your answers")
        assertNotContains(client.get("/account/"), "Change your answers")
        assertContains(client.get("/account/"), f"{uk_deadline(sent.call.closes_at)}")
    assert ExpressionOfInterest.objects.get().state == "submitted"
