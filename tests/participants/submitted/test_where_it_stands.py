"""What was submitted, over HTTP: where it stands, and whose pages these are."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import workflow
from participants.models import PageAnswers
from stepchange import clock
from tests.builders import make_call, make_draft, make_project, make_submitted, make_user
from tests.participants.browsing import CHECK, SUBMITTED, TASKS
from tests.participants.submitted.pages import FORM, change, choice_page, submit_changes
from workstreams.models import Call

pytestmark = pytest.mark.django_db


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

    told = [moment.what for moment in page.context["expressions"][0]["moments"]]
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


def test_a_draft_has_neither_copy_nor_versions(client, user):
    draft = make_draft(call=make_call(state="closed"))
    other = Client()
    other.force_login(draft.person.user)

    for page in ("", "versions/", "withdraw/"):
        assertRedirects(other.get(f"{SUBMITTED}{draft.reference}/{page}"), TASKS)
