"""What each page of the form costs to open and to save: far below twelve queries, whatever is known."""

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
def test_each_page_stays_far_within_twelve_queries_though_its_answer_changes(
    signed_in, user, django_assert_max_num_queries, slug, situation
):
    projects = [make_project() for _ in range(5)]
    before = situation(user, *projects)
    answers = complete_answers(*projects)[slug]
    signed_in.get(TASKS)
    before(slug)
    was = PageAnswers.objects.filter(page=slug).first()

    with django_assert_max_num_queries(7):
        page = signed_in.get(address(slug))
    with django_assert_max_num_queries(7):
        response = signed_in.post(address(slug), {**hidden(page), **form_data(answers)})

    assert response.status_code == 302
    saved = PageAnswers.objects.get(page=slug)
    assert saved.revision == (was.revision + 1 if was else 1)
    assert "asked_earlier" not in saved.answers


def test_saving_another_answer_asks_three_times(signed_in, user, django_assert_num_queries):
    """The session with its account, the form with its person, call and pages; and the save itself."""
    draft = make_draft(user=user)
    draft.pages.filter(page="confidence").delete()  # while a page is not begun, no other is judged
    page = signed_in.get(address("about-you"))
    was_answered(draft, "about-you")
    answers = complete_answers(make_project())["about-you"]

    with django_assert_num_queries(3) as asked:
        response = signed_in.post(address("about-you"), {**hidden(page), **form_data(answers)})

    assert response.status_code == 302
    assert [each["sql"].split()[0] for each in asked.captured_queries[-1:]] == ["UPDATE"]
    assert "asked_earlier" not in draft.pages.get(page="about-you").answers


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
