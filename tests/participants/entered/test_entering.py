"""Entering a form for somebody: who may, what it needs, and what only the person can say."""

from __future__ import annotations

import re

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import pages, workflow
from participants.models import EnteredForm
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import (
    ENTERED_PAGES,
    make_call,
    make_draft,
    make_entered,
    make_project,
    make_submitted,
    make_user,
)
from tests.office import make_holder, office, signed_in
from tests.participants.entered.forms import ADDRESS, BEGIN, CONSOLE, MINE, of, person, today
from tests.signing_in import browser_of

pytestmark = pytest.mark.django_db


class TestWhoMayEnter:
    @pytest.mark.parametrize("role", [Role.OFFICE_MANAGER, Role.CASEWORKER])
    def test_they_may(self, role):
        make_call()

        assertContains(office(role).get(BEGIN), "Enter a form taken by telephone or on paper")

    @pytest.mark.parametrize(
        "role", [*sorted(set(Role) - {Role.OFFICE_MANAGER, Role.CASEWORKER}), None]
    )
    def test_to_all_others_there_is_no_such_page(self, clerk, role):
        entered = make_entered(by=clerk)
        client = signed_in(make_holder(role) if role else make_user())

        for path in (BEGIN, *(of(entered, page) for page in ("details", "about-you", "check"))):
            assert client.get(path).status_code == 404
            assert client.post(path, today()).status_code == 404
        assert client.get(of(entered)).status_code == 404

    def test_anonymous_signs_in_whether_or_not_it_exists(self, client, clerk):
        for path in (BEGIN, of(make_entered(by=clerk)), f"{BEGIN}SC-NOTTHERE/"):
            assertRedirects(
                client.get(path), f"/accounts/login/?next={path}", fetch_redirect_response=False
            )

    def test_without_the_second_factor_nobody(self, clerk):
        response = signed_in(clerk, second_factor=False).get(BEGIN)

        assert "/accounts/2fa/" in response["Location"]

    def test_nobody_enters_their_own(self, desk, clerk):
        make_call()
        EmailAddress.objects.create(user=clerk, email="ines@home.example", verified=True)

        for own in (clerk.email, clerk.email.upper(), "ines@home.example"):
            assertContains(desk.post(BEGIN, today(email=own)), "This is your own address")
        assert not EnteredForm.objects.exists()

    def test_nor_by_the_work_address(self, clerk):
        entered = make_entered(by=clerk)
        typed = entered.answers["organisation"] | {"work_email": clerk.email}
        workflow.entered.save_page(entered, "organisation", typed, revision=1, by=clerk)

        with pytest.raises(Refused, match="your own address"):
            workflow.entered.hand_over(entered, by=clerk)

    def test_nor_touches_what_a_colleague_entered_for_them(self, clerk):
        other = make_holder(Role.CASEWORKER)
        entered = make_entered(by=clerk, email=other.email)

        response = signed_in(other).post(
            of(entered, "experience"), {"experience": "Mine", "revision": "1"}
        )

        assert response.status_code == 409
        entered.refresh_from_db()
        assert entered.answers["experience"]["experience"] != "Mine"


class TestBeginning:
    @pytest.mark.parametrize(
        ("name", "typed", "words"),
        [
            ("full_name", "", "Enter their full name"),
            ("email", "", "Enter their email address"),
            ("email", "nobody", "Enter an email address in the correct format"),
            ("medium", "", "Choose how they gave it"),
            ("medium", "telepathy", "Choose how they gave it"),
            ("taken_on", "", "Enter the day on which they gave it"),
            ("taken_on", "31/2/2026", "Enter a day, like 27/3/2027"),
            ("taken_on", "2999-01-01", "Enter today or a day before"),
            ("taken_on", "2001-01-01", "Enter a day within the last year"),
            ("reason", "", "Say why they do not fill it in online"),
            ("reason", "  ", "Say why they do not fill it in online"),
        ],
    )
    def test_what_is_wrong_is_said(self, desk, name, typed, words):
        make_call()

        response = desk.post(BEGIN, today(**{name: typed}))

        assertContains(response, "<title>Error: ")
        assertContains(response, words)
        assert not EnteredForm.objects.exists()

    @pytest.mark.parametrize("name", ["full_name", "email", "taken_on", "medium", "reason"])
    @pytest.mark.parametrize(
        "typed",
        [
            "<script>alert(1)</script>",
            "nul\0byte",
            "{{1234*5678}}",
            "a\r\nBcc: x@y.example",
            "‮rtl",
            "x" * 5000,
        ],
    )
    def test_hostile_input_is_inert(self, desk, name, typed):
        make_call()

        response = desk.post(BEGIN, today(**{name: typed}), follow=True)

        assert response.status_code == 200
        assertNotContains(response, "<script>alert(1)</script>")
        assertNotContains(response, "7006652")

    def test_one_for_an_address_and_call(self, desk, clerk):
        entered = make_entered(by=clerk)

        response = desk.post(BEGIN, today(email=ADDRESS.upper()))

        assertContains(response, f"A form is entered for this address already: {entered}")

    def test_not_for_somebody_who_has_submitted(self, desk):
        sent = make_submitted(user=person())

        assertContains(desk.post(BEGIN, today()), f"They have submitted {sent} in this call.")

    def test_whether_there_is_an_account_or_a_draft_is_not_told(self, clerk):
        call = make_call()
        person("has-an-account@users.example")
        make_draft(user=person("has-a-draft@users.example"), call=call)
        withdrawn = person("withdrew@users.example")
        workflow.withdraw(make_submitted(user=withdrawn, call=call), by=withdrawn)

        with time_machine.travel(clock.now(), tick=False):
            desk = signed_in(clerk)
            shown = {
                self.what_the_office_sees(desk, f"{name}@users.example")
                for name in ("nobody", "has-an-account", "has-a-draft", "withdrew")
            }

        assert len(shown) == 1

    def what_the_office_sees(self, desk: Client, address: str) -> str:
        """Return all that entering a form for an address shows, without what differs in any case."""
        begun = desk.post(BEGIN, today(email=address))
        entered = EnteredForm.objects.get(email=address)
        assertRedirects(begun, of(entered))
        workflow.entered.save_page(
            entered, "experience", {"experience": "Ten years."}, revision=0, by=entered.entered_by
        )
        row = f"{CONSOLE}{entered}/change/"
        before = [desk.get(path) for path in (of(entered), of(entered, "check"), row)]
        desk.post(of(entered, "check"))
        pages_seen = [*before, desk.get(row), desk.get(f"{CONSOLE}{entered}/history/")]
        words = "".join(page.content.decode() for page in pages_seen)
        hidden = r'(csrfmiddlewaretoken|typing|revision)" value="[^"]*"|[0-9a-f]{64}'
        return re.sub(hidden, "", words.replace(address, "").replace(str(entered), ""))

    def test_without_a_call_there_is_nothing_to_enter(self, desk):
        assertContains(desk.get(BEGIN), "There is no call to enter a form in")
        assertContains(desk.post(BEGIN, today()), "There is no call to enter a form in")

    def test_a_double_click_begins_one(self, desk):
        make_call()
        desk.post(BEGIN, today())
        desk.post(BEGIN, today())

        assert EnteredForm.objects.count() == 1

    def test_what_the_office_typed_is_kept_over_the_end_of_its_session(self, desk, clerk):
        make_call()
        hidden = desk.get(BEGIN).content.decode().split('name="typing" value="')[1].split('"')[0]
        desk.cookies.clear()
        desk.post(BEGIN, today(typing=hidden))
        again = signed_in(clerk)

        assertContains(again.get(BEGIN), "She has no computer.")
        assertContains(again.get(BEGIN), "Not saved yet")


class TestEntering:
    def test_only_the_person_declares_states_and_consents(self, desk, clerk):
        entered = make_entered(by=clerk)

        for page in pages.PAGES:
            status = desk.get(of(entered, page.slug)).status_code
            assert status == (404 if page.only_in_person else 200), page.slug
        assert {page.slug for page in pages.PAGES if page.only_in_person} == {
            "interests",
            "confidence",
            "updates",
            "work-email",
        }

    @pytest.mark.parametrize("page", [page.slug for page in pages.PAGES if page.only_in_person])
    def test_nor_does_the_workflow_take_it_from_anybody_else(self, clerk, page):
        entered = make_entered(by=clerk)

        with pytest.raises(Refused, match="Only the person"):
            workflow.entered.save_page(entered, page, {"signed": "1"}, revision=0, by=clerk)

    def test_what_is_asked_of_the_person_alone_is_not_answered_by_default(self, desk, clerk):
        entered = make_entered(by=clerk)

        assertNotContains(desk.get(of(entered, "check")), "No, thank you")
        workflow.entered.hand_over(entered, by=clerk)
        assertNotContains(browser_of(person()).get(f"{MINE}{entered}/"), "No, thank you")

    def test_a_second_tab_is_told(self, desk, clerk):
        entered = make_entered(by=clerk)
        page = of(entered, "experience")
        desk.post(page, {"experience": "First tab", "revision": "1"})

        response = desk.post(page, {"experience": "Second tab", "revision": "1"})

        assertContains(response, "First tab")
        assertContains(response, "Second tab")
        entered.refresh_from_db()
        assert entered.answers["experience"] == {"experience": "First tab"}

    def test_correcting_whom_it_is_for(self, desk, clerk):
        entered = make_entered(by=clerk)

        assertContains(desk.get(of(entered, "details")), ADDRESS)
        response = desk.post(of(entered, "details"), today(email="Amina@Work.example"))

        assertRedirects(response, of(entered))
        entered.refresh_from_db()
        assert entered.email == "amina@work.example"
        assert Event.objects.get(kind="participants.entered.corrected").facts["changed"] == [
            "email",
            "medium",
        ]

    def test_an_empty_one_is_not_sent(self, desk, clerk):
        make_call()
        desk.post(BEGIN, today())
        entered = EnteredForm.objects.get()

        response = desk.post(of(entered, "check"))

        assertContains(response, "Enter at least one page first", status_code=409)

    def test_what_is_left_is_named(self, desk, clerk):
        entered = make_entered(by=clerk)
        workflow.entered.save_page(entered, "confirming", {}, revision=1, by=clerk)

        assertContains(desk.get(of(entered, "check")), "How we can confirm who you are")
        workflow.entered.hand_over(entered, by=clerk)

    def test_each_page_stays_within_sixteen_queries(
        self, desk, clerk, django_assert_max_num_queries
    ):
        entered = make_entered(*(make_project() for _ in range(5)), by=clerk)
        for page in ("", "details", "check", *ENTERED_PAGES):
            with django_assert_max_num_queries(
                16
            ):  # one for the roles kept with the look, three for law 3
                assert desk.get(of(entered, page)).status_code == 200
