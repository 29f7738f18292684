"""What was submitted, over HTTP: changed, compared, discarded and submitted again."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants.models import PageAnswers, ProjectChoice
from tests.builders import complete_answers
from tests.participants.browsing import CHECK, SUBMITTED, TASKS
from tests.participants.submitted.pages import FORM, change, choice_page, copy_of, submit_changes

pytestmark = pytest.mark.django_db


def test_an_answer_is_changed_compared_and_submitted_again(client, sent):
    change(client)
    assertContains(client.get(TASKS), "Check and submit your changes")
    assertContains(client.get(SUBMITTED), "You have changed answers and not submitted the changes")
    page = client.get(CHECK)
    assertContains(page, "Ten years of hotel security.")
    assertContains(page, "Twelve years.")
    assertContains(page, 'class="govuk-link" href="/expression-of-interest/experience/?change=yes"')

    submit_changes(client)

    shown = client.get(SUBMITTED)
    assertContains(shown, "Expression of interest submitted</h1>")
    assertContains(shown, "Version 2 counts. We emailed you a receipt for it.")
    assertContains(shown, "Twelve years.")
    assertNotContains(shown, "Ten years of hotel security.")
    told = client.get(f"{SUBMITTED}{sent.reference}/versions/")
    assertContains(told, "Ten years of hotel security.")
    assertContains(told, "Version 2")


def test_that_changes_are_submitted_is_said_once_and_not_after_a_withdrawal(client, sent):
    change(client)
    back, told = copy_of(sent), "Your changes are submitted</h1>"
    checked = client.get(CHECK).context["checked"]

    at_once = client.post(CHECK, {"accurate": "on", "checked": checked}, follow=True)

    assertContains(at_once, told)
    assertContains(at_once, "We email you a receipt for it.")
    later = client.get(back)
    assertNotContains(later, told)
    assertContains(later, "We emailed you a receipt for it.")

    change(client, "Fourteen years.", revision=2)
    checked = client.get(CHECK).context["checked"]
    client.post(CHECK, {"accurate": "on", "checked": checked})
    left = client.post(choice_page(sent.choices.first()), follow=True)
    assertNotContains(left, told)
    assertContains(left, "Expression of interest submitted</h1>")


def test_a_first_submission_says_afterwards_that_the_receipt_was_emailed(client, sent):
    assertContains(client.get(copy_of(sent)), "We emailed you a receipt.")


def test_a_double_click_submits_changes_once(client, sent):
    change(client)
    checked = client.get(CHECK).context["checked"]

    for _ in range(2):
        response = client.post(CHECK, {"accurate": "on", "checked": checked})
        assertRedirects(response, copy_of(sent))

    assert sent.snapshots.count() == 2


def test_changes_need_the_declaration_too(client, sent):
    change(client)

    assertContains(client.post(CHECK, {}), "Tick to declare")
    assert sent.snapshots.count() == 1


def test_answers_saved_in_another_tab_are_not_submitted_unseen(client, sent):
    change(client)
    checked = client.get(CHECK).context["checked"]
    change(client, "From another tab.", revision=2)

    response = client.post(CHECK, {"accurate": "on", "checked": checked})

    assertContains(response, "Some answers have changed since", status_code=409)
    assertContains(response, "From another tab.", status_code=409)
    assert sent.snapshots.count() == 1
    submit_changes(client)
    assert sent.snapshots.count() == 2


@pytest.mark.parametrize("forged", ["x", "0" * 16, "<script>", "\0", "é" * 9999])
def test_a_forged_digest_submits_nothing(client, sent, forged):
    change(client)

    response = client.post(CHECK, {"accurate": "on", "checked": forged})

    assert response.status_code in {400, 409}
    assert sent.snapshots.count() == 1


def test_a_tab_opened_before_submitting_is_told_that_what_it_saved_does_not_count_yet(client):
    said = {"experience": "From an old tab.", "revision": "1", "version": "0"}

    response = client.post(f"{FORM}/experience/", said, follow=True)

    assertContains(response, "You have submitted this form since you opened that page")


def test_both_versions_of_a_page_are_shown_side_by_side(client, sent):
    change(client, "From the first tab.")
    said = {"experience": "From the second tab.", "revision": "1"}

    response = client.post(f"{FORM}/experience/", said)

    assertContains(response, "Saved elsewhere")
    assertContains(response, "From the first tab.")
    assertContains(response, "What you typed here")
    assertContains(response, "From the second tab.", count=2)
    assertContains(response, "Keep what was saved elsewhere")
    said["revision"] = "2"
    assert client.post(f"{FORM}/experience/", said).status_code == 302


def test_a_stale_tab_is_told_though_what_it_sent_first_was_wrong(client, sent):
    """Put right, the page is still the one that was opened before the other was saved."""
    change(client, "From the first tab.")
    wrong = client.post(f"{FORM}/experience/", {"experience": "", "revision": "1"})
    assertContains(wrong, '<input type="hidden" name="revision" value="1">')

    again = client.post(f"{FORM}/experience/", {"experience": "Put right.", "revision": "1"})

    assertContains(again, "From the first tab.")
    kept = PageAnswers.objects.get(expression=sent, page="experience")
    assert kept.answers == {"experience": "From the first tab."}


def test_a_conflict_over_projects_names_them(client, sent):
    first, second = (choice.project for choice in sent.choices.select_related("project"))
    said = complete_answers(second, first)["contributions"] | {"revision": "0"}

    response = client.post(f"{FORM}/contributions/", said)

    assertContains(response, f"{first.code}: Your order of preference")


def test_discarding_asks_first_and_shows_what_would_go(client, sent):
    change(client)
    page = client.get(f"{FORM}/discard/")
    assertContains(page, "Twelve years.")
    assert PageAnswers.objects.get(expression=sent, page="experience").revision == 2

    response = client.post(f"{FORM}/discard/", {"checked": page.context["copy"].digest})

    assertRedirects(response, copy_of(sent))
    assertContains(client.get(TASKS), "You have changed nothing")
    assertRedirects(client.get(f"{FORM}/discard/"), copy_of(sent))


def test_discarding_what_another_tab_saved_since_is_refused(client, sent):
    change(client)
    digest = client.get(f"{FORM}/discard/").context["copy"].digest
    change(client, "From another tab.", revision=2)

    response = client.post(f"{FORM}/discard/", {"checked": digest})

    assertContains(response, "Nothing was discarded", status_code=409)
    assertContains(response, "From another tab.", status_code=409)


def test_a_decided_project_that_was_changed_is_said_before_submitting(client, sent):
    choice = sent.choices.select_related("project").first()
    ProjectChoice.objects.filter(pk=choice.pk).update(state="offered")
    first, second = (each.project for each in sent.choices.select_related("project"))
    said = complete_answers(first, second)["contributions"]
    said[f"hours_{choice.project.code}"] = "3"
    assert client.post(f"{FORM}/contributions/", said | {"revision": "1"}).status_code == 302

    page = client.get(CHECK)

    assertContains(page, f"{choice.project.code}: this has been decided")
    assertNotContains(page, "Submit your changes</button>")
    refused = client.post(CHECK, {"accurate": "on"})
    assertContains(refused, "this has been decided", status_code=409)


@pytest.mark.parametrize(
    "payload",
    ["<script>alert(1)</script>", "{{ 7191*7 }}", "👮🏽‍♀️", "a\r\nBcc: x@y.example"],
)
def test_hostile_words_are_inert_wherever_they_are_compared(client, sent, payload):
    change(client, payload)

    for path in (CHECK, f"{FORM}/discard/"):
        page = client.get(path)
        assertNotContains(page, "<script>alert(1)")
        assertNotContains(page, "50337")
    submit_changes(client)
    assertNotContains(client.get(f"{SUBMITTED}{sent.reference}/versions/"), "<script>alert(1)")
