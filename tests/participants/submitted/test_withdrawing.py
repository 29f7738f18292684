"""What was submitted, over HTTP: withdrawn whole, or from one project."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import workflow
from participants.models import ExpressionOfInterest
from stepchange.roles import Role
from tests.builders import make_call, make_project, make_submitted
from tests.office import office
from tests.participants.browsing import SUBMITTED
from tests.participants.submitted.pages import FORM, change, choice_page, copy_of, submit_changes

pytestmark = pytest.mark.django_db


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

    told = [moment.what for moment in page.context["expressions"][0]["moments"]]
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
