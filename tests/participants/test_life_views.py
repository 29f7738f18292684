"""What was submitted, over HTTP: changed, compared, discarded, withdrawn, and where it stands."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import workflow
from participants.models import ExpressionOfInterest, PageAnswers, ProjectChoice
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import (
    complete_answers,
    make_call,
    make_draft,
    make_project,
    make_submitted,
    make_user,
)
from tests.office import office
from workstreams.models import Call

pytestmark = pytest.mark.django_db

FORM = "/expression-of-interest"
CHECK, TASKS, SUBMITTED = f"{FORM}/check/", f"{FORM}/tasks/", f"{FORM}/submitted/"


@pytest.fixture
def sent() -> ExpressionOfInterest:
    return make_submitted(make_project(), make_project())


@pytest.fixture
def user(sent: ExpressionOfInterest) -> User:
    assert sent.person.user is not None
    return sent.person.user


@pytest.fixture
def client(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change(client: Client, words: str = "Twelve years.", revision: int = 1) -> None:
    said = {"experience": words, "revision": str(revision), "version": "1"}
    assert client.post(f"{FORM}/experience/", said).status_code == 302


def copy_of(sent: ExpressionOfInterest) -> str:
    return f"{SUBMITTED}{sent.reference}/"


def submit_changes(client: Client) -> None:
    checked = client.get(CHECK).context["checked"]
    response = client.post(CHECK, {"accurate": "on", "checked": checked})
    assertRedirects(response, copy_of(ExpressionOfInterest.objects.live().latest("submitted_at")))


def choice_page(choice: ProjectChoice) -> str:
    return reverse("participants:withdraw-choice", args=[choice.public_id])


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


def test_one_project_is_withdrawn_after_asking(client, sent):
    choice = sent.choices.first()
    page = choice_page(choice)
    assertContains(client.get("/account/"), page)
    assertContains(client.get(page), "Your other projects stay as they are")
    choice.refresh_from_db()
    assert choice.state == "pending"

    back = copy_of(sent)
    for _ in range(2):
        assertRedirects(client.post(page), back)

    choice.refresh_from_db()
    assert choice.state == "withdrawn"
    assertNotContains(client.get("/account/"), page)
    assertContains(client.get("/account/"), f"You withdrew from {choice.project}")
    page = client.get(back)
    assertContains(page, "Since you submitted it you have withdrawn from:")
    assertContains(page, f"<li>{choice.project}</li>", html=True)
    assertNotContains(page, f"<li>{sent.choices.live().get().project}</li>", html=True)
    change(client)
    submit_changes(client)
    assertNotContains(client.get(back), "you have withdrawn from:")


def test_a_project_withdrawn_alone_is_still_told_after_the_whole_form_is(client, sent, user):
    first, second = sent.choices.select_related("project")
    workflow.withdraw_choice(first, by=user)
    sent.refresh_from_db()
    workflow.withdraw(sent, by=user)

    page = client.get("/account/")

    told = [moment.what for moment in page.context["standing"][0]["moments"]]
    assert told[2:4] == [f"You withdrew from {first.project}.", "You withdrew it."]
    assertNotContains(page, f"You withdrew from {second.project}.")


def test_whoever_withdraws_from_the_last_project_is_asked_about_that_whole_form(client, sent, user):
    """Even where another call's form was withdrawn later, which is the newest one submitted."""
    later = make_submitted(
        make_project(), user=user, call=make_call(name="Another", state="closed")
    )
    workflow.withdraw(later, by=user)
    for choice in sent.choices.all()[1:]:
        workflow.withdraw_choice(choice, by=user)
    last = sent.choices.live().get()
    whole = f"{SUBMITTED}{sent.reference}/withdraw/"

    account = client.get("/account/")
    assertContains(account, f'href="{whole}"')
    assertNotContains(account, choice_page(last))
    for ask in (client.get, client.post):  # a bookmark; a page left open in another tab
        response = ask(choice_page(last), follow=True)
        assertRedirects(response, whole)
        assertContains(response, f"{last.project} is the only project left")
        assertContains(response, f"<li>{last.project}</li>", html=True)
        sent.refresh_from_db()
        assert sent.state == "submitted"

    assertRedirects(client.post(whole, {"reason": ""}), "/account/")
    sent.refresh_from_db()
    last.refresh_from_db()
    assert (sent.state, last.state) == ("withdrawn", "withdrawn")


def test_anothers_choice_copy_and_versions_are_not_there(client):
    other = make_submitted(call=Call.objects.get())

    for path in (
        choice_page(other.choices.get()),
        f"{SUBMITTED}{other.reference}/",
        f"{SUBMITTED}{other.reference}/versions/",
        f"{SUBMITTED}SC-22222222/",
    ):
        assert client.get(path).status_code == 404
    assert client.post(choice_page(other.choices.get())).status_code == 404
    assert other.choices.get().state == "pending"


@pytest.mark.parametrize("path", ["discard/", "withdraw/", "check/", "submitted/"])
def test_no_page_takes_another_method(client, path):
    assert client.delete(f"{FORM}/{path}").status_code == 405


def test_after_withdrawing_the_page_and_the_account_lead_to_the_copy(client, sent):
    copy = copy_of(sent)
    client.post(f"{copy}withdraw/", {"reason": "Changed jobs."})

    assertContains(client.get("/account/"), copy)
    assertContains(client.get("/account/"), "You withdrew it.")
    assertRedirects(client.get(f"{copy}withdraw/"), copy)
    client.post(f"{FORM}/about-you/", {"later": "yes"})  # starts another
    assertContains(client.get(copy), sent.reference)
    assert ExpressionOfInterest.objects.live().get().reference != sent.reference


def test_the_office_reads_why_and_nothing_of_it_is_in_the_facts(sent, user):
    workflow.withdraw(sent, by=user, reason="I have changed jobs.")

    page = office(Role.CASEWORKER).get(
        f"/admin/participants/expressionofinterest/{sent.reference}/change/"
    )

    assertContains(page, "Withdrawn by the participant")
    assertContains(page, "I have changed jobs.")


def test_the_account_tells_the_whole_story_in_order(client, sent, user):
    call = sent.call
    Call.objects.filter(pk=call.pk).update(decisions_on=call.delivery_on - timedelta(days=1))
    change(client)
    submit_changes(client)
    change(client, "Fourteen years.", revision=2)
    person = workflow.person_of(user)
    workflow.give_extension(
        person, call, until=call.closes_at + timedelta(days=2), reason="Ill.", by=None
    )

    page = client.get("/account/")

    told = [moment.what for moment in page.context["standing"][0]["moments"]]
    assert [words.split(".")[0].split(" until ")[0] for words in told] == [
        "You started it",
        "You submitted it: version 1",
        "You submitted changes: version 2",
        "You last saved changes, which are not submitted",
        "The office gave you",
        "The call closes",
        "You can expect a decision",
        "Delivery of the projects commences",
    ]
    assertContains(page, "What counts is version 2")
    assertNotContains(page, "Ill.")


def test_forms_of_earlier_calls_stay_with_their_copies(client, sent, user):
    Call.objects.filter(pk=sent.call_id).update(state="closed")
    later = make_submitted(user=user, call=make_call())

    page = client.get("/account/")

    for each in (sent, later):
        assertContains(page, f"{SUBMITTED}{each.reference}/")
    assertContains(client.get(SUBMITTED), later.reference)


def test_an_account_without_a_form_says_what_to_do(user):
    other = Client()
    other.force_login(make_user())

    assertContains(other.get("/account/"), "You have not started one")


def test_every_page_stays_within_twelve_queries(client, sent, user, django_assert_max_num_queries):
    """At five projects, many snapshots, an extension, a choice withdrawn, and changes not submitted."""
    workflow.withdraw(sent, by=user)
    projects = [make_project() for _ in range(5)]
    mine = make_submitted(*projects, user=user, call=sent.call)
    for number in range(5):
        row = PageAnswers.objects.get(expression=mine, page="experience")
        said = {"experience": f"{number} years."}
        workflow.save_page(mine, "experience", said, revision=row.revision)
        workflow.amend(mine, by=user, received_at=clock.now())
    person = workflow.person_of(user)
    until = sent.call.closes_at + timedelta(days=2)
    workflow.give_extension(person, sent.call, until=until, reason="Ill.", by=None)
    workflow.withdraw_choice(mine.choices.first(), by=user)
    change(client, "Not submitted.", revision=6)
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        client.get("/account/")  # the session is kept alive here, not below

    for path in (
        "/account/",
        TASKS,
        CHECK,
        SUBMITTED,
        f"{SUBMITTED}{mine.reference}/",
        f"{SUBMITTED}{mine.reference}/versions/",
        f"{FORM}/discard/",
        f"{SUBMITTED}{mine.reference}/withdraw/",
        choice_page(mine.choices.live().first()),
        f"{FORM}/experience/",
        f"{FORM}/contributions/",
    ):
        with django_assert_max_num_queries(12, info=path):
            assert client.get(path).status_code == 200, path


@pytest.mark.parametrize(
    "payload",
    ["<script>alert(1)</script>", "{{ 7191*7 }}", "\u202egnirts", "👮🏽‍♀️", "a\r\nBcc: x@y.example"],
)
def test_hostile_words_are_inert_wherever_they_are_compared(client, sent, payload):
    change(client, payload)

    for path in (CHECK, f"{FORM}/discard/"):
        page = client.get(path)
        assertNotContains(page, "<script>alert(1)")
        assertNotContains(page, "50337")
    submit_changes(client)
    assertNotContains(client.get(f"{SUBMITTED}{sent.reference}/versions/"), "<script>alert(1)")


def test_a_draft_has_neither_copy_nor_versions(client, user):
    draft = make_draft(call=make_call(state="closed"))
    other = Client()
    other.force_login(draft.person.user)

    for page in ("", "versions/", "withdraw/"):
        assertRedirects(other.get(f"{SUBMITTED}{draft.reference}/{page}"), TASKS)
