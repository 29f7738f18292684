"""Forms taken by telephone or on paper: entered by the office, counting only once the person answers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from communications import workflow as ledger
from communications.models import Email
from participants import pages, workflow
from participants.models import EnteredForm, ExpressionOfInterest
from participants.workflow.looking import LOOKED
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import (
    ENTERED_PAGES,
    complete_answers,
    make_call,
    make_draft,
    make_entered,
    make_project,
    make_submitted,
    make_user,
)
from tests.office import make_holder, office, seen, signed_in
from workstreams.models import Call

pytestmark = pytest.mark.django_db

BEGIN = "/expression-of-interest/for/"
MINE = "/expression-of-interest/entered/"
TASKS = "/expression-of-interest/tasks/"
CONSOLE = "/admin/participants/enteredform/"
ADDRESS = "amina@users.example"
DETAILS = {
    "full_name": "Amina Thistlewood",
    "email": ADDRESS,
    "medium": "paper",
    "taken_on": "",
    "reason": "She has no computer.",
}


@pytest.fixture
def clerk() -> User:
    return make_holder(Role.CASEWORKER, name="Ines of the office")


@pytest.fixture
def desk(clerk) -> Client:
    """The browser of a caseworker."""
    return signed_in(clerk)


def person(address: str = ADDRESS, *, verified: bool = True) -> User:
    """Return an account that has shown control of an address, or only claims it."""
    user = make_user(address)
    EmailAddress.objects.create(user=user, email=address, verified=verified, primary=True)
    return user


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def today(**changes: str) -> dict[str, str]:
    return DETAILS | {"taken_on": clock.today().isoformat()} | changes


def form_data(answers: dict) -> dict:
    return {name: value for name, value in answers.items() if value is not False}


def of(entered: EnteredForm, page: str = "") -> str:
    return f"{BEGIN}{entered}/{page}{'/' if page else ''}"


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
        workflow.save_entered_page(entered, "organisation", typed, revision=1, by=clerk)

        with pytest.raises(Refused, match="your own address"):
            workflow.hand_over(entered, by=clerk)

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
        workflow.save_entered_page(
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
            workflow.save_entered_page(entered, page, {"signed": "1"}, revision=0, by=clerk)

    def test_what_is_asked_of_the_person_alone_is_not_answered_by_default(self, desk, clerk):
        entered = make_entered(by=clerk)

        assertNotContains(desk.get(of(entered, "check")), "No, thank you")
        workflow.hand_over(entered, by=clerk)
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
        workflow.save_entered_page(entered, "confirming", {}, revision=1, by=clerk)

        assertContains(desk.get(of(entered, "check")), "How we can confirm who you are")
        workflow.hand_over(entered, by=clerk)

    def test_each_page_stays_within_twelve_queries(
        self, desk, clerk, django_assert_max_num_queries
    ):
        entered = make_entered(*(make_project() for _ in range(5)), by=clerk)
        for page in ("", "details", "check", *ENTERED_PAGES):
            with django_assert_max_num_queries(12):
                assert desk.get(of(entered, page)).status_code == 200


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

    def test_it_is_taken_back_to_be_corrected_and_then_the_person_is_asked_anew(self, desk, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        user = person()
        ledger.sweep()

        desk.post(f"{CONSOLE}{entered}/take_back/", seen(entered))

        assert browser_of(user).get(f"{MINE}{entered}/").status_code == 404
        assertContains(desk.get(of(entered, "experience")), "Ten years of hotel security")
        desk.post(of(entered, "check"))
        ledger.sweep()
        assert len(mail.outbox) == 2
        assert browser_of(user).get(f"{MINE}{entered}/").status_code == 200

    def test_taken_back_before_it_went_no_email_goes(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        workflow.take_back(entered, by=clerk)

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
        workflow.enter(entered.call, **_details(), by=clerk)

    @pytest.mark.parametrize(("after", "goes"), [(timedelta(hours=23), 1), (timedelta(days=1), 2)])
    def test_the_email_goes_again_a_day_later_and_no_sooner(self, clerk, after, goes):
        entered = make_entered(by=clerk, handed_over=True)
        ledger.sweep()
        with time_machine.travel(entered.asked_at + after, tick=False):
            offer = signed_in(clerk)
            offer.post(f"{CONSOLE}{entered}/ask-again/", seen(entered))
            ledger.sweep()

        assert len(mail.outbox) == goes

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
                workflow.confirm(entered, by=by, received_at=clock.now())
            with pytest.raises(Refused):
                workflow.refuse(entered, by=by)

    def test_a_second_address_of_the_account_will_do(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        user = person("zoe@users.example")
        EmailAddress.objects.create(user=user, email=ADDRESS, verified=True)

        assertContains(browser_of(user).get("/account/"), "The office entered a form for you on")
        workflow.confirm(entered, by=user, received_at=clock.now())

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
        workflow.confirm(entered, by=user, received_at=clock.now())

        with pytest.raises(Refused):
            workflow.confirm(entered, by=user, received_at=clock.now())
        assert ExpressionOfInterest.objects.count() == 1

    def test_no_reviewer_and_no_list_of_the_office_has_it_before_it_is_submitted(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        workflow.confirm(entered, by=person(), received_at=clock.now())

        assert not ExpressionOfInterest.objects.visible_to_office().exists()
        assert "SC-" not in str(Event.objects.get(kind="participants.entered.confirmed").facts)

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
