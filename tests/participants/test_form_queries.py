"""What each page of the form costs to open and to save: at most twelve queries, whatever is known."""

import re
from datetime import timedelta

import pytest

from participants import pages
from participants.models import ExpressionOfInterest, Extension, PageAnswers
from tests.builders import (
    complete_answers,
    make_call,
    make_draft,
    make_organisation,
    make_project,
    make_submitted,
)
from tests.participants.browsing import TASKS, address, form_data

pytestmark = pytest.mark.django_db


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
