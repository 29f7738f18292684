"""The form's own pages over HTTP: what is typed, what is wrong with it, and where it leads."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import pages
from participants.models import PageAnswers
from tests.builders import (
    complete_answers,
    make_call,
    make_draft,
    make_project,
)
from tests.participants.browsing import CHECK, TASKS, address, form_data

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("slug", sorted(set(pages.BY_SLUG) - {"work-email"}))
def test_each_page_stays_within_twelve_queries(
    signed_in, user, django_assert_max_num_queries, slug
):
    projects = [make_project() for _ in range(5)]
    make_draft(*projects, user=user)
    answers = complete_answers(*projects)[slug]
    signed_in.get(TASKS)

    with django_assert_max_num_queries(12):
        assert signed_in.get(address(slug)).status_code == 200
    with django_assert_max_num_queries(12):
        response = signed_in.post(address(slug), {**form_data(answers), "revision": "1"})
    assert response.status_code == 302


def test_far_too_much_is_refused_plainly(signed_in, user):
    make_draft(user=user)

    response = signed_in.post(address("experience"), {"experience": "x" * 600_000})

    assertContains(response, "That is too much at once", status_code=413)
