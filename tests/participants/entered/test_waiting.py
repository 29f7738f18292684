"""A form that waits for its person: the office reads it no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from communications import workflow as ledger
from communications.models import Email
from participants import workflow
from participants.models import ExpressionOfInterest
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.uk_time import uk_moment
from tests.builders import (
    ENTERED_PAGES,
    make_entered,
)
from tests.office import office, seen, signed_in
from tests.participants.entered.forms import ADDRESS, CONSOLE, MINE, of, person
from tests.signing_in import browser_of

pytestmark = pytest.mark.django_db


class TestAfterItIsSent:
    def test_the_office_sees_the_content_no_more(self, desk, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        row = f"{CONSOLE}{entered}/change/"

        for page in ("", "details", "check", "experience", "about-you"):
            assertRedirects(desk.get(of(entered, page)), row)
            assert desk.post(of(entered, page), {"experience": "x"}).status_code in (405, 409)
        for place in (row, CONSOLE, f"{CONSOLE}{entered}/history/"):
            assertNotContains(desk.get(place), "Ten years of hotel security")
            assertNotContains(desk.get(place), "Hotel Security Manager")
        assertContains(desk.get(CONSOLE), "Waiting for the person")
        assertContains(desk.get("/admin/"), "Forms taken by the office, waiting for the person")

    def test_it_is_taken_back_to_be_corrected_and_then_waits_for_them_again(self, desk, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        user = person()
        ledger.sweep()

        desk.post(f"{CONSOLE}{entered}/take_back/", seen(entered))

        assert browser_of(user).get(f"{MINE}{entered}/").status_code == 404
        assertContains(desk.get(of(entered, "experience")), "Ten years of hotel security")
        desk.post(of(entered, "check"))
        ledger.sweep()
        assert browser_of(user).get(f"{MINE}{entered}/").status_code == 200

    def test_taken_back_before_it_went_no_email_goes(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        workflow.entered.take_back(entered, by=clerk)

        ledger.sweep()

        assert Email.objects.get().state == "suppressed"
        assert mail.outbox == []

    def test_cancelled_with_a_reason_nothing_of_it_is_left(self, desk, clerk):
        entered = make_entered(by=clerk, handed_over=True)

        missing = desk.post(f"{CONSOLE}{entered}/cancel/", seen(entered))
        assertContains(missing, "Fill in “reason”.")
        desk.post(f"{CONSOLE}{entered}/cancel/", seen(entered) | {"reason": "She rang again."})

        entered.refresh_from_db()
        assert (entered.state, entered.answers) == ("cancelled", {})
        event = Event.objects.get(kind="participants.entered.cancelled")
        assert event.facts["blanked"] == sorted(ENTERED_PAGES)
        workflow.entered.enter(entered.call, **_details(), by=clerk)

    @pytest.mark.parametrize(("after", "goes"), [(timedelta(hours=23), 1), (timedelta(days=1), 2)])
    def test_the_email_goes_again_a_day_later_and_no_sooner(self, clerk, after, goes):
        entered = make_entered(by=clerk, handed_over=True)
        ledger.sweep()
        with time_machine.travel(entered.asked_at + after, tick=False):
            offer = signed_in(clerk)
            offer.post(f"{CONSOLE}{entered}/ask-again/", seen(entered))
            ledger.sweep()

        assert len(mail.outbox) == goes

    def test_the_console_says_when_it_was_confirmed_and_as_what_it_was_submitted(self, desk, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        row = f"{CONSOLE}{entered}/change/"
        assertNotContains(desk.get(row), "What became of it")

        user = person()
        with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
            own = workflow.entered.confirm(entered, by=user, received_at=clock.now())
            at = uk_moment(clock.now())

        page = desk.get(row)
        assertContains(page, "What became of it")
        assertContains(page, at)
        assertNotContains(page, own.reference)  # a draft is never told
        assertNotContains(page, "Submitted as")

        ExpressionOfInterest.objects.filter(pk=own.pk).update(
            state="submitted", submitted_at=clock.now()
        )
        page = desk.get(row)
        assertContains(page, "Submitted as")
        link = f"/admin/participants/expressionofinterest/{own.reference}/change/"
        assertContains(page, f'<a href="{link}">{own.reference}</a>', html=True)

    def test_an_auditor_sees_none_of_it(self, clerk):
        make_entered(by=clerk, handed_over=True)

        assert office(Role.AUDITOR).get(CONSOLE).status_code == 404


def _details() -> dict:
    return {
        "full_name": "Amina Thistlewood",
        "email": ADDRESS,
        "medium": "paper",
        "taken_on": clock.today(),
        "reason": "Anew.",
    }
