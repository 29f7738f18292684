"""The account page: where each expression of interest stands, and the consent to campaigns."""

import pytest
import time_machine
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from participants.models import ExpressionOfInterest
from stepchange.models import Event
from tests.builders import make_call, make_draft, make_project, make_submitted

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("projects", [1, 2])
def test_a_form_of_several_projects_can_be_withdrawn_whole_from_the_account(
    signed_in, user, projects
):
    sent = make_submitted(*(make_project() for _each in range(projects)), user=user)
    page = signed_in.get("/account/").content.decode()

    # Of one project it stands beside the project, which is all there is.
    assert page.count(f'"/expression-of-interest/submitted/{sent.reference}/withdraw/"') == 1
    assert (f"Withdraw the whole of {sent.reference}</a>" in page) is (projects > 1)
