"""A form taken by telephone, from the call to the receipt."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import connection
from pytest_django.asserts import assertContains, assertRedirects

from communications import workflow as ledger
from participants.models import EnteredForm, ExpressionOfInterest
from participants.workflow.looking import LOOKED
from stepchange.models import Event
from tests.builders import (
    ENTERED_PAGES,
    complete_answers,
    make_call,
    make_entered,
    make_project,
)
from tests.participants.browsing import TASKS, form_data
from tests.participants.entered.forms import ADDRESS, BEGIN, CONSOLE, MINE, of, person, today
from tests.signing_in import browser_of

pytestmark = pytest.mark.django_db


class TestFromTheTelephoneToTheReceipt:
    def test_the_whole_way(self, desk, clerk):
        make_call()
        project = make_project()
        answers = complete_answers(project)

        response = desk.post(BEGIN, today())
        entered = EnteredForm.objects.get()
        assertRedirects(response, of(entered))
        following = of(entered, "eligibility")
        for page in ENTERED_PAGES:
            assert following == of(entered, page)
            response = desk.post(following, form_data(answers[page]) | {"revision": "0"})
            assert response.status_code == 302, response.context["form"].errors
            following = response["Location"]
        assert following == of(entered), "the rest is the person's to answer"
        assertContains(desk.get(of(entered, "check")), "Hotel Security Manager")
        assertRedirects(desk.post(of(entered, "check")), f"{CONSOLE}{entered}/change/")
        assert not ExpressionOfInterest.objects.exists(), "it counts for nothing yet"

        ledger.sweep()
        [sent] = mail.outbox
        assert sent.to == [ADDRESS]
        assert entered.reference in sent.body
        assert MINE in sent.body
        assert project.code not in sent.body

        user = person()
        hers = browser_of(user)
        shown = hers.get(MINE, follow=True)
        assertContains(shown, "The office entered a form for you")
        assertContains(shown, "Hotel Security Manager")
        assertRedirects(hers.post(f"{MINE}{entered}/", {"answer": "yes"}), TASKS)
        assertContains(hers.get(TASKS), "The office entered answers for you")
        for page in ("interests", "confidence", "updates"):
            data = form_data(answers[page]) | {"revision": "0"}
            assert hers.post(f"/expression-of-interest/{page}/", data).status_code == 302
        check = "/expression-of-interest/check/"
        assertContains(hers.get(check), "The office entered answers for you")
        hers.post(check, {"accurate": "on"})

        submitted = ExpressionOfInterest.objects.get()
        assert (submitted.state, submitted.person.user) == ("submitted", user)
        entered.refresh_from_db()
        assert (entered.state, entered.answers, entered.expression) == ("confirmed", {}, submitted)
        kinds = Event.objects.about(entered).exclude(kind=LOOKED).values_list("kind", flat=True)
        assert [kind.rpartition(".")[2] for kind in kinds] == ["begun", "handed_over", "confirmed"]

    def test_the_record_says_who_and_why_and_not_what_or_whom(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)

        for event in Event.objects.about(entered):
            assert event.actor == clerk
            assert "Amina" not in str(event.facts)
            assert ADDRESS not in str(event.facts)
        assert Event.objects.get(kind="participants.entered.begun").reason == "She has no computer."

    def test_the_answers_rest_encrypted(self, clerk):
        make_entered(by=clerk)

        with connection.cursor() as cursor:
            cursor.execute("SELECT answers FROM participants_enteredform")
            assert "Hotel Security Manager" not in str(cursor.fetchall())
