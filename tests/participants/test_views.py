"""The expression of interest over HTTP."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import pages, policies, workflow
from participants.models import ExpressionOfInterest, Extension, PageAnswers
from projects.models import Project
from stepchange import clock
from stepchange.models import Event, User
from tests.builders import (
    complete_answers,
    make_call,
    make_draft,
    make_organisation,
    make_project,
    make_submitted,
    make_user,
)

pytestmark = pytest.mark.django_db

TASKS = "/expression-of-interest/tasks/"
CHECK = "/expression-of-interest/check/"
SUBMITTED = "/expression-of-interest/submitted/"
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


def address(slug: str) -> str:
    return reverse("participants:page", args=[slug])


def form_data(answers: dict) -> dict:
    """What a browser sends: nothing for a box without a tick."""
    return {name: value for name, value in answers.items() if value is not False}


@pytest.fixture
def user() -> User:
    return make_user("amina@users.example")


@pytest.fixture
def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


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
    assertRedirects(signed_in.post(CHECK, {"accurate": "on"}), SUBMITTED)

    sent = ExpressionOfInterest.objects.get()
    assert (sent.state, sent.person.user) == ("submitted", user)
    assertContains(signed_in.get(SUBMITTED), sent.reference)


@pytest.mark.parametrize("slug", sorted(set(pages.BY_SLUG) - {"updates", "work-email"}))
def test_a_page_left_empty_says_what_to_do_and_saves_nothing(signed_in, user, slug):
    project = make_project()
    draft = make_draft(project, user=user)
    before = PageAnswers.objects.get(expression=draft, page=slug)

    response = signed_in.post(address(slug), {"revision": "1"})

    assertContains(response, "<title>Error: ")
    assertContains(response, "There is a problem")
    assertNotContains(response, "This field is required")
    assertNotContains(response, "Select a valid choice")
    after = PageAnswers.objects.get(expression=draft, page=slug)
    assert (after.answers, after.revision) == (before.answers, before.revision)


def test_what_is_wrong_is_kept_and_shown(signed_in):
    make_call()

    response = signed_in.post(
        address("about-you"),
        {"full_name": "Amina Thistlewood", "role_title": "Manager", "telephone": "none <b>"},
    )

    assertContains(response, 'value="none &lt;b&gt;"')
    assertContains(response, "Enter a telephone number, like 020 7946 0857")


def test_come_back_later_keeps_what_is_not_finished(signed_in, user):
    make_call()

    response = signed_in.post(
        address("about-you"), {"full_name": "Amina", "telephone": "0", "later": "yes"}
    )

    assertRedirects(response, TASKS)
    kept = PageAnswers.objects.get(page="about-you")
    assert kept.answers == {"full_name": "Amina", "role_title": None, "telephone": "0"}
    assertContains(signed_in.get(address("about-you")), 'value="Amina"')
    assertContains(signed_in.get(TASKS), "0 of 9 tasks completed")


def test_a_second_tab_is_told(signed_in, user):
    draft = make_draft(user=user)
    signed_in.post(address("experience"), {"experience": "First tab", "revision": "1"})

    response = signed_in.post(address("experience"), {"experience": "Second tab", "revision": "1"})

    assertContains(response, "saved in another tab or on another device")
    assertContains(response, "Second tab")
    assertContains(response, '<input type="hidden" name="revision" value="2">')
    assert PageAnswers.objects.get(expression=draft, page="experience").answers == {
        "experience": "First tab"
    }
    signed_in.post(address("experience"), {"experience": "Second tab", "revision": "2"})
    assert PageAnswers.objects.get(expression=draft, page="experience").answers == {
        "experience": "Second tab"
    }


def test_extra_fields_change_nothing(signed_in, user):
    draft = make_draft(user=user)

    signed_in.post(
        address("experience"),
        {"experience": "Mine", "revision": "1", "state": "submitted", "person": "1"},
    )

    draft.refresh_from_db()
    assert draft.state == "draft"
    kept = PageAnswers.objects.get(expression=draft, page="experience")
    assert kept.answers == {"experience": "Mine"}


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


def test_who_works_elsewhere_is_told_kindly(signed_in):
    make_call()

    response = signed_in.post(address("eligibility"), {"sector": "none"})

    assertRedirects(response, "/expression-of-interest/not-for-you/")
    assertContains(signed_in.get(TASKS), "0 of 9 tasks completed")


def test_six_projects_are_one_too_many(signed_in):
    make_call()
    projects = [make_project() for _ in range(6)]

    response = signed_in.post(
        address("projects"),
        {f"projects_{project.work_stream.slug}": project.code for project in projects},
    )

    assertContains(response, "Choose 5 projects at most: you have chosen 6")


def test_two_projects_can_not_share_a_place(signed_in, user):
    first, second = make_project(), make_project()
    make_draft(first, second, user=user)
    answers = complete_answers(first, second)["contributions"]

    response = signed_in.post(
        address("contributions"), answers | {f"rank_{second.code}": "1", "revision": "1"}
    )

    assertContains(response, "Give each project a different place: more than one has 1")


def test_nobody_is_their_own_referee(signed_in, user):
    make_draft(user=user)

    response = signed_in.post(
        address("confirming"),
        {
            "referee_name": "Me",
            "referee_role": "Me",
            "referee_email": "AMINA@users.example",
            "revision": "1",
        },
    )

    assertContains(response, "this one is yours")


def test_changing_an_answer_comes_back_to_check(signed_in, user):
    make_draft(user=user)

    response = signed_in.post(
        address("experience") + "?change=yes", {"experience": "Changed", "revision": "1"}
    )

    assertRedirects(response, CHECK)


def test_choosing_another_project_asks_what_it_needs_first(signed_in, user):
    first, second = make_project(), make_project()
    make_draft(first, user=user)

    response = signed_in.post(
        address("projects") + "?change=yes",
        {
            f"projects_{first.work_stream.slug}": first.code,
            f"projects_{second.work_stream.slug}": second.code,
            "revision": "1",
        },
    )

    assertRedirects(response, address("contributions"))


def test_what_was_submitted_is_shown_and_can_be_changed_until_it_closes(signed_in, user):
    sent = make_submitted(user=user)

    for slug in set(pages.BY_SLUG) - {"work-email"}:
        assertContains(signed_in.get(address(slug)), "What counts is version 1")
    assertContains(signed_in.get(TASKS), "You have changed nothing since you submitted it")
    assertRedirects(signed_in.get(CHECK), SUBMITTED)
    assertRedirects(signed_in.post(CHECK, {"accurate": "on"}), SUBMITTED)
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
    make_submitted()

    assert signed_in.get(SUBMITTED).status_code == 404
    assertNotContains(signed_in.get("/account/"), "SC-")


def test_withdrawing_asks_first(signed_in, user):
    sent = make_submitted(user=user)

    assertContains(signed_in.get("/expression-of-interest/withdraw/"), sent.reference)
    sent.refresh_from_db()
    assert sent.state == "submitted"

    assertRedirects(
        signed_in.post("/expression-of-interest/withdraw/", {"reason": ""}), "/account/"
    )
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


@pytest.mark.parametrize(
    ("state", "shape"), [("draft", "draft"), ("submitted", "waiting"), ("withdrawn", "stopped")]
)
def test_the_account_shows_each_state_with_its_shape(signed_in, user, state, shape):
    sent = make_submitted(user=user)
    ExpressionOfInterest.objects.filter(pk=sent.pk).update(state=state)

    assertContains(
        signed_in.get("/account/"),
        f'<span class="sc-status sc-status--{shape}">{state.title()}</span>',
        html=True,
    )


def test_one_is_started_from_the_account_only_when_there_is_none(signed_in, user):
    start = "Start an expression of interest"
    call = make_call()
    assertContains(signed_in.get("/account/"), start)

    make_draft(user=user, call=call)
    assertNotContains(signed_in.get("/account/"), start)


def hidden(page) -> dict[str, str]:
    """What travels with a form as it was shown, its token of kept typing included."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    return dict(found)


def is_known(expression: ExpressionOfInterest) -> None:
    """Let the portal know as much of the participant as it ever does, and give them more time."""
    person, group = expression.person, make_organisation(sector="private")
    person.organisation = make_organisation(group=group)
    person.save()
    Extension.objects.create(
        person=person, call=expression.call, until=expression.call.closes_at + timedelta(days=1)
    )


def a_first_save(user, *projects):
    """The page was never opened, of a form that was begun."""
    draft = make_draft(*projects, user=user)
    return lambda slug: draft.pages.filter(page=slug).delete()


def another_answer(user, *projects):
    """The page holds another answer."""
    draft = make_draft(*projects, user=user)
    is_known(draft)
    return lambda slug: was_answered(draft, slug)


def a_change_of_what_was_submitted(user, *projects):
    """The page holds another answer than the one that was submitted, or than is sent now."""
    sent = make_submitted(*projects, user=user)
    is_known(sent)
    return lambda slug: was_answered(sent, slug)


def was_answered(expression, slug) -> None:
    """Let a page hold what a question asked that is there no more: what is sent is a change."""
    row = expression.pages.get(page=slug)
    row.answers |= {"asked_earlier": "Answered."}
    row.save()


@pytest.mark.parametrize(
    "situation", [a_first_save, another_answer, a_change_of_what_was_submitted]
)
@pytest.mark.parametrize("slug", sorted(set(pages.BY_SLUG) - {"work-email"}))
def test_each_page_stays_within_twelve_queries_though_its_answer_changes(
    signed_in, user, django_assert_max_num_queries, slug, situation
):
    projects = [make_project() for _ in range(5)]
    before = situation(user, *projects)
    answers = complete_answers(*projects)[slug]
    signed_in.get(TASKS)
    before(slug)
    was = PageAnswers.objects.filter(page=slug).first()

    with django_assert_max_num_queries(12):
        page = signed_in.get(address(slug))
    with django_assert_max_num_queries(12):
        response = signed_in.post(address(slug), {**hidden(page), **form_data(answers)})

    assert response.status_code == 302
    saved = PageAnswers.objects.get(page=slug)
    assert saved.revision == (was.revision + 1 if was else 1)
    assert "asked_earlier" not in saved.answers


@pytest.mark.parametrize("slug", ["eligibility", "about-you", "experience", "projects"])
def test_the_first_save_of_all_stays_within_twelve_queries(
    signed_in, django_assert_max_num_queries, slug
):
    make_call()
    answers = complete_answers(make_project())[slug]
    page = signed_in.get(address(slug))

    with django_assert_max_num_queries(12):
        response = signed_in.post(address(slug), {**hidden(page), **form_data(answers)})

    assert response.status_code == 302
    assert PageAnswers.objects.get().page == slug


def test_far_too_much_is_refused_plainly(signed_in, user):
    make_draft(user=user)

    response = signed_in.post(address("experience"), {"experience": "x" * 600_000})

    assertContains(response, "That is too much at once", status_code=413)


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
        assertRedirects(
            signed_in.post("/expression-of-interest/withdraw/", {"reason": ""}), "/account/"
        )

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


def test_the_account_says_that_a_draft_came_too_late(signed_in, user):
    draft = make_draft(user=user)

    with time_machine.travel(draft.call.closes_at, tick=False):
        late = Client()
        late.force_login(user)
        response = late.get("/account/")

    assertContains(response, "It was not submitted before the call closed")
    assertNotContains(response, "Submit before")
    assertNotContains(response, "Continue your expression of interest")


def test_consent_to_campaign_mail_is_given_and_taken_back_at_any_time(signed_in, user):
    sent = make_submitted(user=user)

    signed_in.post("/account/campaigns/", {"agreed": "yes"})
    sent.person.refresh_from_db()
    assert sent.person.campaign_consent_at is not None
    assertContains(signed_in.get("/account/"), "Stop these emails")

    signed_in.post("/account/campaigns/", {"agreed": "no"})
    sent.person.refresh_from_db()
    assert sent.person.campaign_consent_at is None
    assert [
        event.kind
        for event in Event.objects.filter(subject_kind="participants.person").order_by("id")
    ] == ["participants.person.consented", "participants.person.consent_withdrawn"]
    assert signed_in.get("/account/campaigns/").status_code == 405


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
