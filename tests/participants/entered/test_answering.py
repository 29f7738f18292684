"""The person's answer to a form that the office entered for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import workflow
from participants.models import EnteredForm, ExpressionOfInterest
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import (
    ENTERED_PAGES,
    make_entered,
    make_project,
    make_submitted,
)
from tests.office import make_holder
from tests.participants.browsing import TASKS
from tests.participants.entered.forms import ADDRESS, MINE, person
from tests.signing_in import browser_of
from workstreams.models import Call

pytestmark = pytest.mark.django_db


class TestThePersonsAnswer:
    def test_only_whoever_has_shown_control_of_the_address(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        claims = browser_of(person(verified=False))
        other = browser_of(person("zoe@users.example"))

        for client in (claims, other):
            assert client.get(f"{MINE}{entered}/").status_code == 404
            assert client.post(f"{MINE}{entered}/", {"answer": "yes"}).status_code == 404
            assertContains(client.get(MINE), "Nothing is waiting for you")
            assertNotContains(client.get("/account/"), "The office entered a form")
        assert not ExpressionOfInterest.objects.exists()

    def test_nor_by_the_workflow(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)

        for by in (clerk, person("zoe@users.example"), person(verified=False)):
            with pytest.raises(Refused):
                workflow.entered.confirm(entered, by=by, received_at=clock.now())
            with pytest.raises(Refused):
                workflow.entered.refuse(entered, by=by)

    def test_a_second_address_of_the_account_will_do(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        user = person("zoe@users.example")
        EmailAddress.objects.create(user=user, email=ADDRESS, verified=True)

        assertContains(browser_of(user).get("/account/"), "The office entered a form for you on")
        workflow.entered.confirm(entered, by=user, received_at=clock.now())

    def test_neither_is_an_answer_too(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)

        response = browser_of(person()).post(f"{MINE}{entered}/", {})

        assertContains(response, "Choose whether it is yours")
        assertContains(response, "<title>Error: ")

    def test_it_is_not_theirs(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        hers = browser_of(person())

        assertRedirects(hers.post(f"{MINE}{entered}/", {"answer": "no"}), "/account/")

        entered.refresh_from_db()
        assert (entered.state, entered.answers) == ("refused", {})
        assert not ExpressionOfInterest.objects.exists()
        assert hers.post(f"{MINE}{entered}/", {"answer": "yes"}).status_code == 404

    def test_looking_takes_nothing_over(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        hers = browser_of(person())

        for path in (MINE, f"{MINE}{entered}/", TASKS, "/account/"):
            hers.get(path)

        entered.refresh_from_db()
        assert entered.state == "handed over"
        assert not ExpressionOfInterest.objects.exists()

    def test_pages_of_their_own_draft_stay_theirs(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        user = person()
        draft = workflow.start(user, entered.call, received_at=clock.now())
        workflow.save_page(draft, "experience", {"experience": "My own words"}, revision=0)
        hers = browser_of(user)

        assertContains(hers.get(f"{MINE}{entered}/"), "stay as you left them")
        hers.post(f"{MINE}{entered}/", {"answer": "yes"})

        kept = dict(draft.pages.values_list("page", "answers"))
        assert set(kept) == set(ENTERED_PAGES)
        assert kept["experience"] == {"experience": "My own words"}
        assert kept["about-you"]["full_name"] == "Amina Thistlewood"

    def test_not_beside_one_that_they_submitted_meanwhile(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        user = person()
        sent = make_submitted(user=user, call=entered.call)

        response = browser_of(user).post(f"{MINE}{entered}/", {"answer": "yes"})

        assertContains(response, f"You have submitted {sent} in this call")
        entered.refresh_from_db()
        assert entered.state == "handed over"

    def test_on_time_is_when_they_submit_not_when_the_office_took_it(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        user = person()
        with time_machine.travel(entered.call.closes_at, tick=False):
            response = browser_of(user).post(f"{MINE}{entered}/", {"answer": "yes"})
            assertContains(response, "The call is not open.")
            assertContains(response, "you need more time: write to the office")
        entered.refresh_from_db()
        assert entered.state == "handed over", "it is kept for an extension"

    def test_with_an_extension_it_is_taken_over_after_the_close(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        user = person()
        workflow.give_extension(
            workflow.person_of(user),
            entered.call,
            until=clock.end_of(clock.day_of(entered.call.closes_at) + timedelta(days=3)),
            reason="The form came late.",
            by=make_holder(Role.OFFICE_MANAGER),
        )
        with time_machine.travel(entered.call.closes_at + timedelta(hours=1), tick=False):
            response = browser_of(user).post(f"{MINE}{entered}/", {"answer": "yes"})

        assertRedirects(response, TASKS, fetch_redirect_response=False)

    def test_twice_is_once(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        user = person()
        workflow.entered.confirm(entered, by=user, received_at=clock.now())

        with pytest.raises(Refused):
            workflow.entered.confirm(entered, by=user, received_at=clock.now())
        assert ExpressionOfInterest.objects.count() == 1

    def test_no_reviewer_and_no_list_of_the_office_has_it_before_it_is_submitted(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        workflow.entered.confirm(entered, by=person(), received_at=clock.now())

        assert not ExpressionOfInterest.objects.visible_to_office().exists()
        assert "SC-" not in str(Event.objects.get(kind="participants.entered.confirmed").facts)

    def test_the_account_names_it_by_the_reference_of_the_email_before_and_afterwards(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        second = "a.thistlewood@users.example"
        later = make_entered(by=clerk, email=second, call=entered.call, handed_over=True)
        user = person()
        EmailAddress.objects.create(user=user, email=later.email, verified=True)
        hers = browser_of(user)
        for each in (entered, later):
            assertContains(hers.get("/account/"), f"Its reference is {each.reference}.")

        own = workflow.entered.confirm(entered, by=user, received_at=clock.now())

        page = hers.get("/account/")
        assertContains(page, f"Entered by the office as {entered.reference}")
        told = [moment.what for moment in page.context["expressions"][0]["moments"]]
        taken_over = f"You took over {entered.reference}, which the office had entered for you."
        assert told[:2] == ["You started it.", taken_over]
        assertNotContains(page, f"Entered by the office as {later.reference}")
        workflow.entered.refuse(later, by=user)
        assertNotContains(hers.get("/account/"), later.reference)
        assert own.reference in str(hers.get("/account/").content)

    def test_nobody_else_reads_that_one_was_entered_by_the_office(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        workflow.entered.confirm(entered, by=person(), received_at=clock.now())
        other = make_submitted(call=entered.call)

        page = browser_of(other.person.user).get("/account/")

        assertNotContains(page, entered.reference)
        assertNotContains(page, "Entered by the office")

    def test_the_pages_stay_within_twelve_queries(self, clerk, django_assert_max_num_queries):
        entered = make_entered(*(make_project() for _ in range(5)), by=clerk, handed_over=True)
        user = person()
        workflow.start(user, entered.call, received_at=clock.now())
        hers = browser_of(user)
        hers.get("/account/")
        for path in (f"{MINE}{entered}/", "/account/", TASKS):
            with django_assert_max_num_queries(12):
                assert hers.get(path).status_code == 200


def test_each_kind_of_form_is_of_the_current_call(clerk):
    make_entered(by=clerk)

    assert EnteredForm.objects.get().call == Call.objects.get()
