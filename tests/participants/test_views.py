"""The expression of interest over HTTP."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import pages, policies, workflow
from participants.models import ExpressionOfInterest, PageAnswers
from projects.models import Project
from stepchange import clock
from stepchange.models import Event
from tests.builders import (
    complete_answers,
    make_call,
    make_draft,
    make_project,
    make_submitted,
)
from tests.participants.browsing import CHECK, SUBMITTED, TASKS, address, form_data

pytestmark = pytest.mark.django_db

PRIVATE = [
    TASKS,
    CHECK,
    SUBMITTED,
    "/expression-of-interest/withdraw/",
    "/expression-of-interest/not-for-you/",
    "/expression-of-interest/about-you/",
    "/expression-of-interest/no-such-page/",
    "/account/",
]


@pytest.mark.parametrize("path", PRIVATE)
def test_anonymous_is_asked_to_sign_in_whether_or_not_the_page_exists(client, path):
    response = client.get(path)

    assertRedirects(
        response, f"{reverse('account_login')}?next={path}", fetch_redirect_response=False
    )


def test_looking_starts_nothing(signed_in):
    make_call()

    for slug in pages.BY_SLUG:
        signed_in.get(address(slug))
    signed_in.get(TASKS)

    assert not ExpressionOfInterest.objects.exists()


def test_the_whole_form_from_the_first_page_to_the_confirmation(signed_in, user):
    make_call()
    first, second = make_project(), make_project()

    following = address("eligibility")
    for slug, answers in complete_answers(second, first).items():
        assert following == address(slug)
        response = signed_in.post(following, {**form_data(answers), "revision": "0"})
        assert response.status_code == 302, response.context["form"].errors
        following = response["Location"]
    assert following == TASKS
    assertContains(signed_in.get(TASKS), "9 of 9 tasks completed")
    assertContains(signed_in.get(CHECK), "Hotel Security Manager")
    response = signed_in.post(CHECK, {"accurate": "on"})

    sent = ExpressionOfInterest.objects.get()
    assertRedirects(response, f"{SUBMITTED}{sent}/")
    assert (sent.state, sent.person.user) == ("submitted", user)
    assertContains(signed_in.get(SUBMITTED), sent.reference)


def test_submitting_needs_the_declaration(signed_in, user):
    draft = make_draft(user=user)

    response = signed_in.post(CHECK, {})

    assertContains(response, "Tick to declare that what you have said is true and complete")
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_late_is_refused_with_the_reason_and_the_draft_is_kept(signed_in, user):
    draft = make_draft(user=user)

    with time_machine.travel(draft.call.closes_at, tick=False):
        late = Client()
        late.force_login(user)
        response = late.post(CHECK, {"accurate": "on"})
        shown = late.get(TASKS)

    assert response.status_code == 409
    assertContains(response, "<title>Error: Check your answers", status_code=409)
    assertContains(response, "It was not submitted", status_code=409)
    assertContains(shown, "can no longer be submitted")
    draft.refresh_from_db()
    assert (draft.state, draft.pages.count()) == ("draft", 10)


def test_after_the_close_what_is_typed_is_still_saved(signed_in, user):
    draft = make_draft(user=user)

    with time_machine.travel(draft.call.closes_at + timedelta(minutes=1), tick=False):
        late = Client()
        late.force_login(user)
        late.post(address("experience"), {"experience": "Typed too late", "revision": "1"})

    assert PageAnswers.objects.get(expression=draft, page="experience").answers == {
        "experience": "Typed too late"
    }


def test_what_was_submitted_is_shown_and_can_be_changed_until_it_closes(signed_in, user):
    sent = make_submitted(user=user)

    for slug in set(pages.BY_SLUG) - {"work-email"}:
        assertContains(signed_in.get(address(slug)), "What counts is version 1")
    assertContains(signed_in.get(TASKS), "You have changed nothing since you submitted it")
    copy = f"{SUBMITTED}{sent}/"
    assertRedirects(signed_in.get(CHECK), copy)
    assertRedirects(signed_in.post(CHECK, {"accurate": "on"}), copy)
    assertContains(signed_in.get(SUBMITTED), sent.reference)


@pytest.mark.parametrize("state", ["closed", "delivered", "rejected"])
def test_your_copy_stays_what_was_submitted(signed_in, user, state):
    projects = make_project(), make_project()
    make_submitted(*projects, user=user)
    before = signed_in.get(SUBMITTED).content.decode().split("Your copy")[1]
    assert "I have run such training." in before

    Project.objects.filter(pk=projects[0].pk).update(state=state, title="Another title")

    assert signed_in.get(SUBMITTED).content.decode().split("Your copy")[1] == before


def test_nobody_sees_anothers_form(user, signed_in):
    theirs = make_submitted()

    for path in (f"{SUBMITTED}{theirs.reference}/", f"{SUBMITTED}SC-AAAA2222/"):
        for page in ("", "versions/", "withdraw/"):
            assert signed_in.get(f"{path}{page}").status_code == 404
            assert signed_in.post(f"{path}{page}").status_code in {404, 405}
    assertRedirects(signed_in.get(SUBMITTED), "/account/")
    assertNotContains(signed_in.get("/account/"), "SC-")
    theirs.refresh_from_db()
    assert theirs.state == "submitted"


@pytest.mark.parametrize("path", [SUBMITTED, "/expression-of-interest/withdraw/"])
def test_a_page_of_what_was_submitted_says_of_a_draft_that_it_has_not_been_sent(
    signed_in, user, path
):
    response = signed_in.get(path, follow=True)
    assertRedirects(response, "/account/")
    assertContains(response, "You have not submitted an expression of interest.")

    draft = make_draft(user=user)
    own = f"{SUBMITTED}{draft.reference.lower()}/"
    for asked in (path, own, f"{own}versions/", f"{own}withdraw/"):
        response = signed_in.get(asked, follow=True)
        assertRedirects(response, TASKS)
        assertContains(response, f"{draft.reference} has not been sent yet.")
    signed_in.post(path)
    draft.refresh_from_db()
    assert draft.state == "draft"

    with time_machine.travel(draft.call.closes_at, tick=False):
        signed_in.force_login(user)
        response = signed_in.get(path, follow=True)
        assertRedirects(response, "/account/")
        assertContains(response, f"{draft.reference} was not sent before the call closed.")


def test_withdrawing_asks_first(signed_in, user):
    sent = make_submitted(user=user)

    page = f"{SUBMITTED}{sent}/withdraw/"
    for ask in (signed_in.get, signed_in.post):
        assertRedirects(ask("/expression-of-interest/withdraw/"), page)
    assertContains(signed_in.get(page), sent.reference)
    sent.refresh_from_db()
    assert sent.state == "submitted"

    assertRedirects(signed_in.post(page, {"reason": ""}), "/account/")
    sent.refresh_from_db()
    assert sent.state == "withdrawn"


def test_all_questions_can_be_read_before_starting(client):
    make_call()
    project = make_project()

    response = client.get("/expression-of-interest/questions/")

    for page in pages.PAGES:
        assertContains(response, page.title)
    assertContains(response, project.interest_prompt)
    assert not response.cookies


@pytest.mark.parametrize("path", ["/expression-of-interest/", "/expression-of-interest/questions/"])
def test_public_pages_are_kept_for_visitors_and_private_to_who_is_signed_in(
    client, signed_in, path
):
    make_call()

    for_anybody, for_one = client.get(path), signed_in.get(path)

    assert for_anybody["Cache-Control"] == "public, max-age=60"
    assert for_anybody["ETag"]
    assert "Cookie" in for_anybody["Vary"]
    assert not for_anybody.cookies
    assert for_one["Cache-Control"] == "private, no-cache"
    assert client.post(path).status_code == 405


def test_the_first_page_is_kept_no_longer_than_the_call_is_open(client):
    call = make_call()

    with time_machine.travel(call.closes_at - timedelta(seconds=20), tick=False):
        assert client.get("/expression-of-interest/")["Cache-Control"] == "public, max-age=20"


def test_open_is_asked_of_the_one_policy(signed_in, monkeypatch):
    """An extension will be known to the policy alone: no page may ask the call itself."""
    make_call()
    for module in (policies, policies.expressions):
        monkeypatch.setattr(module, "is_open_for", lambda *_: False)

    assertNotContains(signed_in.get("/account/"), "Start an expression of interest")
    assertNotContains(signed_in.get("/expression-of-interest/"), "Expressions of interest close at")


def test_a_moved_clock_ends_an_idle_session(signed_in, user):
    make_call()
    signed_in.get(TASKS)

    with time_machine.travel(clock.now() + timedelta(minutes=31)):
        response = signed_in.get(TASKS)

    assertRedirects(
        response, f"{reverse('account_login')}?next={TASKS}", fetch_redirect_response=False
    )


def test_withdrawing_twice_is_withdrawing_once_and_the_copy_stays(signed_in, user):
    sent = make_submitted(user=user)

    for _ in range(2):
        page = f"{SUBMITTED}{sent.reference}/withdraw/"
        assertRedirects(signed_in.post(page, {"reason": ""}), "/account/")

    assert Event.objects.filter(kind="participants.expression.withdrawn").count() == 1
    copy = signed_in.get(SUBMITTED)
    assertContains(copy, "Expression of interest withdrawn")
    assertContains(copy, sent.reference)
    assertNotContains(copy, "What happens next")


def test_a_draft_leaves_nothing_in_the_record_that_the_office_reads(signed_in, user):
    make_call()

    signed_in.post(address("about-you"), {"full_name": "Amina", "later": "yes"})

    assert ExpressionOfInterest.objects.count() == 1
    assert not Event.objects.exists()


def test_each_answer_can_be_changed(signed_in, user):
    make_draft(user=user)

    response = signed_in.get(CHECK)

    lines = sum(len(section["lines"]) for section in response.context["answers"])
    assertContains(response, '?change=yes">Change', count=lines)


def test_what_came_in_time_is_taken_though_the_call_was_recorded_as_closed(signed_in, user):
    draft = make_draft(user=user)
    just_in_time = draft.call.closes_at - timedelta(seconds=1)
    type(draft.call).objects.filter(pk=draft.call.pk).update(state="closed")

    workflow.submit(draft, by=user, received_at=just_in_time)

    assert draft.state == "submitted"
