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
    make_submitted,
)
from tests.participants.browsing import CHECK, TASKS, address

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


def test_whoever_had_completed_every_task_is_led_to_check_whatever_page_they_open(signed_in, user):
    draft = make_draft(user=user)
    sent = {"experience": "Changed", "revision": "1"}
    assertRedirects(signed_in.post(address("experience"), sent), CHECK)

    PageAnswers.objects.get(expression=draft, page="interests").delete()
    sent = {"experience": "Changed again", "revision": "2"}
    assertRedirects(signed_in.post(address("experience"), sent), address("confirming"))


def test_once_every_page_is_begun_a_save_leads_to_what_is_left(signed_in, user):
    draft = make_draft(user=user)
    draft.pages.filter(page="updates").delete()  # may stay unanswered
    kept = PageAnswers.objects.get(expression=draft, page="about-you")
    complete, kept.answers = kept.answers, {**kept.answers, "role_title": ""}
    kept.save()

    sent = {"experience": "Changed", "revision": "1"}
    saved = signed_in.post(address("experience"), sent, follow=True)
    assertRedirects(saved, address("about-you"))
    sent = {**complete, "revision": str(kept.revision)}
    assertRedirects(signed_in.post(address("about-you"), sent), f"{CHECK}?saved")


def test_amending_one_page_leads_to_check_what_changed(signed_in, user):
    make_submitted(user=user)
    response = signed_in.post(
        address("experience"), {"experience": "Changed", "revision": "1"}, follow=True
    )
    assert response.redirect_chain == [(f"{CHECK}?saved", 302)]
    assertContains(response, "Check what you changed")


def test_a_page_that_is_left_incomplete_says_on_reopening_what_it_still_needs(signed_in):
    make_call()
    signed_in.get(address("about-you"))
    assertNotContains(signed_in.get(address("about-you")), "You have begun this page")
    signed_in.post(address("about-you"), {"full_name": "Amina", "telephone": "0", "later": "yes"})

    response = signed_in.get(address("about-you"))

    assertContains(response, "You have begun this page")
    for field, words in (
        ("role_title", "Enter your job title"),
        ("telephone", "Enter a telephone number, like 020 7946 0857 or +44 20 7946 0857"),
    ):
        link = f'<a class="govuk-link" href="#id_{field}">{words}</a>'
        assertContains(response, link, html=True)
        assertContains(response, f'id="id_{field}"')
    assertNotContains(response, "There is a problem")
    assertNotContains(response, "govuk-error-message")


def test_a_complete_page_says_nothing_of_what_it_needs_and_each_leads_back_to_the_tasks(
    signed_in, user
):
    make_draft(user=user)
    for slug in pages.BY_SLUG:
        if slug != "work-email":
            response = signed_in.get(address(slug))
            assertNotContains(response, "You have begun this page")
            link = f'<a class="govuk-link" href="{TASKS}">Back to your tasks without saving</a>'
            assertContains(response, link, html=True)


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
        follow=True,
    )

    assertRedirects(response, address("contributions"))


def test_far_too_much_is_refused_plainly(signed_in, user):
    make_draft(user=user)

    response = signed_in.post(address("experience"), {"experience": "x" * 600_000})

    assertContains(response, "That is too much at once", status_code=413)
