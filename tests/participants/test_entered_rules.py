"""Whose entered form may be touched by whom, in which call, and how often its person is written to."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from communications import workflow as ledger
from communications.models import Email
from participants import workflow
from participants.models import EnteredForm, ExpressionOfInterest
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from stepchange.transitions import Refused
from stepchange.uk_time import uk_deadline
from tests.builders import make_call, make_draft, make_entered, make_submitted, make_user
from tests.office import make_holder, seen, signed_in
from workstreams.models import Call

pytestmark = pytest.mark.django_db
CONSOLE = "/admin/participants/enteredform/"
OFFER = "The office entered a form for you on"


@pytest.fixture
def clerk() -> User:
    return make_holder(Role.CASEWORKER)


def person_of(entered: EnteredForm) -> User:
    """Return an account that has shown control of the address it is entered for."""
    user = make_user(entered.email)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


class TestTheirOwn:
    """What a colleague entered for somebody of the office is not theirs to settle (law 3)."""

    @pytest.fixture(params=["the address", "the work address"])
    def theirs(self, request, clerk) -> tuple[EnteredForm, User]:
        other = make_holder(Role.CASEWORKER)
        if request.param == "the address":
            return make_entered(by=clerk, email=other.email, handed_over=True), other
        entered = make_entered(by=clerk)
        typed = entered.answers["organisation"] | {"work_email": other.email.upper()}
        workflow.entered.save_page(entered, "organisation", typed, revision=1, by=clerk)
        workflow.entered.hand_over(entered, by=clerk)
        return entered, other

    @pytest.mark.parametrize("step", ["take_back", "cancel", "ask-again"])
    def test_is_not_theirs_to_settle(self, theirs, step):
        entered, other = theirs
        with time_machine.travel(entered.asked_at + timedelta(days=2), tick=False):
            desk = signed_in(other)
            desk.post(f"{CONSOLE}{entered}/{step}/", seen(entered) | {"reason": "Because."})

        asked_at = entered.asked_at
        entered.refresh_from_db()
        assert (entered.state, entered.asked_at) == ("handed over", asked_at)

    def test_is_a_colleagues_to_settle(self, theirs, clerk):
        entered, _other = theirs

        workflow.entered.take_back(entered, by=clerk)
        workflow.entered.cancel(entered, by=clerk, reason="She rang again.")

    def test_nor_theirs_to_send(self, theirs, clerk):
        entered, other = theirs
        workflow.entered.take_back(entered, by=clerk)

        with pytest.raises(Refused, match="your own address"):
            workflow.entered.hand_over(entered, by=other)


class TestWhichCall:
    @pytest.mark.parametrize("state", ["draft", "archived"])
    def test_nothing_is_entered_or_sent_where_nothing_can_be_submitted(self, clerk, state):
        entered = make_entered(by=clerk)
        waiting = make_entered(by=clerk, call=entered.call, email="zoe@users.example")
        workflow.entered.hand_over(waiting, by=clerk)
        Call.objects.filter(pk=entered.call_id).update(state=state)
        call = Call.objects.get()

        with pytest.raises(Refused, match="Nothing can be submitted in this call"):
            make_entered(by=clerk, call=call, email="new@users.example")
        with pytest.raises(Refused, match="Nothing can be submitted in this call"):
            workflow.entered.hand_over(entered, by=clerk)
        with (
            time_machine.travel(clock.now() + timedelta(days=2), tick=False),
            pytest.raises(Refused, match="Nothing can be submitted in this call"),
        ):
            workflow.entered.ask_again(EnteredForm.objects.get(pk=waiting.pk), by=clerk)

    def test_in_a_closed_call_for_whoever_is_given_more_time(self, clerk):
        entered = make_entered(by=clerk)
        Call.objects.update(state="closed")

        workflow.entered.hand_over(entered, by=clerk)

    def test_not_taken_over_into_a_draft_that_can_not_be_submitted_any_more(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        user = person_of(entered)
        make_draft(user=user, call=entered.call)

        with (
            time_machine.travel(entered.call.closes_at, tick=False),
            pytest.raises(Refused, match="The call is not open"),
        ):
            workflow.entered.confirm(entered, by=user, received_at=clock.now())

        entered.refresh_from_db()
        assert entered.is_waiting
        assert set(entered.answers) > {"experience"}


class TestAPageNeverSaved:
    @pytest.mark.parametrize("revision", ["1", "7", "99999999", "-1", "x"])
    def test_a_revision_of_it_is_no_obstacle(self, clerk, revision):
        entered = make_entered(by=clerk)
        EnteredForm.objects.filter(pk=entered.pk).update(answers={}, revisions={})

        response = signed_in(clerk).post(
            f"/expression-of-interest/for/{entered}/experience/",
            {"experience": "Ten years.", "revision": revision},
        )

        assert response.status_code == 302
        entered.refresh_from_db()
        assert entered.answers == {"experience": {"experience": "Ten years."}}


class TestHowOften:
    def send(self, entered: EnteredForm, by: User) -> bool:
        is_asked = workflow.entered.hand_over(entered, by=by)
        ledger.sweep()
        return is_asked

    def again(self, entered: EnteredForm, by: User) -> bool:
        workflow.entered.take_back(entered, by=by)
        return self.send(entered, by)

    def test_taking_it_back_and_sending_it_again_is_no_way_round_the_day(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        ledger.sweep()

        assert [self.again(entered, clerk) for _ in range(3)] == [False] * 3
        assert len(mail.outbox) == 1
        with time_machine.travel(entered.asked_at + timedelta(days=1), tick=False):
            assert self.again(entered, clerk)
        assert len(mail.outbox) == 2

    def test_the_office_is_told_that_no_other_email_goes(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        workflow.entered.take_back(entered, by=clerk)

        response = signed_in(clerk).post(
            f"/expression-of-interest/for/{entered}/check/", follow=True
        )

        assertContains(response, "They were emailed less than a day ago, so no other email goes")

    def test_taken_back_before_its_email_went_it_is_told_of_when_it_is_sent_again(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        workflow.entered.take_back(entered, by=clerk)
        ledger.sweep()
        workflow.entered.hand_over(entered, by=clerk)
        ledger.sweep()

        assert len(mail.outbox) == 1

    def test_what_was_sent_days_ago_is_no_reason_to_leave_them_untold(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        ledger.sweep()
        with time_machine.travel(entered.asked_at + timedelta(days=3), tick=False):
            workflow.entered.take_back(entered, by=clerk)
            assert workflow.entered.hand_over(entered, by=clerk)
            workflow.entered.take_back(entered, by=clerk)
            ledger.sweep()
            assert len(mail.outbox) == 1
            assert not self.send(entered, clerk)
        assert len(mail.outbox) == 2

    def test_correcting_the_address_and_back_is_no_way_round_the_day(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        said = {"full_name": entered.full_name, "medium": "paper", "taken_on": clock.today()}
        ledger.sweep()
        first = entered.asked_at

        for address in ("zoe@users.example", entered.email) * 2:
            workflow.entered.take_back(entered, by=clerk)
            workflow.entered.correct(entered, email=address, **said, by=clerk)
            self.send(entered, clerk)

        assert [each.to for each in mail.outbox] == [[entered.email], ["zoe@users.example"]]
        assert entered.asked_at == first
        with time_machine.travel(first + timedelta(days=1), tick=False):
            assert self.again(entered, clerk)

    @pytest.mark.parametrize("ends", ["cancelled", "refused", "corrected and cancelled"])
    def test_ending_it_and_entering_it_anew_is_no_way_round_the_day(self, clerk, ends):
        entered = make_entered(by=clerk, handed_over=True)
        address, first = entered.email, entered.asked_at
        ledger.sweep()
        if ends == "refused":
            workflow.entered.refuse(entered, by=person_of(entered))
        if ends.startswith("corrected"):
            said = {"full_name": entered.full_name, "medium": "paper", "taken_on": clock.today()}
            workflow.entered.take_back(entered, by=clerk)
            workflow.entered.correct(entered, email="zoe@users.example", **said, by=clerk)
        if ends.endswith("cancelled"):
            workflow.entered.cancel(entered, by=clerk, reason="She rang again.")

        anew = make_entered(by=clerk, call=entered.call, email=address.upper())

        assert [self.send(anew, clerk), self.again(anew, clerk)] == [False, False]
        with pytest.raises(Refused, match="less than a day ago"):
            workflow.entered.ask_again(anew, by=clerk)
        assert [each.to for each in mail.outbox] == [[address]]
        assert anew.asked_at == first
        with time_machine.travel(first + timedelta(days=1), tick=False):
            workflow.entered.ask_again(anew, by=clerk)
            ledger.sweep()
        assert [each.to for each in mail.outbox] == [[address]] * 2

    def test_nor_is_entering_one_in_another_call_which_is_told_of_a_day_later(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        Call.objects.update(state="closed")
        other = make_entered(by=clerk, call=make_call(), email=entered.email)
        ledger.sweep()

        assert not self.send(other, clerk)
        assert len(mail.outbox) == 1
        with time_machine.travel(entered.asked_at + timedelta(days=1), tick=False):
            workflow.entered.ask_again(other, by=clerk)
            with pytest.raises(Refused, match="less than a day ago"):
                workflow.entered.ask_again(entered, by=clerk)
            ledger.sweep()
        assert len(mail.outbox) == 2

    def test_ended_before_its_email_went_the_one_entered_anew_is_told_of(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        workflow.entered.cancel(entered, by=clerk, reason="She rang again.")
        ledger.sweep()
        assert mail.outbox == []

        self.send(make_entered(by=clerk, call=entered.call), clerk)

        assert len(mail.outbox) == 1

    def test_an_email_that_was_refused_is_not_counted(self, clerk):
        entered = make_entered(by=clerk)
        user = make_user()
        with pytest.raises(Refused):
            workflow.entered.hand_over(entered, by=user)

        assert workflow.entered.hand_over(entered, by=clerk)

    def test_whoever_has_the_corrected_address_is_written_to(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        ledger.sweep()
        workflow.entered.take_back(entered, by=clerk)
        said = {"full_name": entered.full_name, "medium": "paper", "taken_on": clock.today()}
        workflow.entered.correct(entered, email="right@users.example", **said, by=clerk)

        assert workflow.entered.hand_over(entered, by=clerk)
        ledger.sweep()
        assert [each.to for each in mail.outbox] == [
            ["amina@users.example"],
            ["right@users.example"],
        ]


class TestTheLetter:
    def test_does_not_go_once_the_call_has_closed(self, clerk):
        entered = make_entered(by=clerk, handed_over=True)

        with time_machine.travel(entered.call.closes_at, tick=False):
            ledger.sweep()

        assert Email.objects.get().state == "suppressed"
        assert mail.outbox == []

    def test_goes_to_whoever_was_given_more_time_and_names_it(self, clerk):
        entered = make_entered(by=clerk)
        until = clock.end_of(clock.day_of(entered.call.closes_at) + timedelta(days=3))
        workflow.give_extension(
            workflow.person_of(person_of(entered)),
            entered.call,
            until=until,
            reason="In hospital.",
            by=make_holder(Role.OFFICE_MANAGER),
        )
        with time_machine.travel(entered.call.closes_at + timedelta(hours=1), tick=False):
            workflow.entered.hand_over(entered, by=clerk)
            ledger.sweep()

        [letter] = [each for each in mail.outbox if entered.reference in each.body]
        assert uk_deadline(until) in letter.body.replace("\n", " ")


class TestWhereItIsOffered:
    """The account page and the task list say the same."""

    PLACES = ("/account/", "/expression-of-interest/tasks/")

    def test_while_it_can_be_taken_over(self, client, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        client.force_login(person_of(entered))

        for path in self.PLACES:
            page = client.get(path)
            assertContains(page, OFFER)
            assertContains(page, "Check it and answer")
            assertNotContains(page, "not needed")

    def test_beside_one_that_they_submitted_as_what_is_not_needed_and_can_be_ended(
        self, client, clerk
    ):
        entered = make_entered(by=clerk, handed_over=True)
        user = person_of(entered)
        sent = make_submitted(user=user, call=entered.call)
        client.force_login(user)

        for path in self.PLACES:
            page = client.get(path)
            assertContains(page, f"{OFFER} ")
            assertContains(page, f"Its reference is {entered.reference}.")
            assertContains(page, f"You have submitted {sent.reference} in this call yourself")
            assertContains(page, "See it and end it")
            assertNotContains(page, "Check it and answer")

    def test_one_that_they_submitted_and_withdrew_makes_it_no_less_theirs(self, client, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        user = person_of(entered)
        workflow.withdraw(make_submitted(user=user, call=entered.call), by=user)
        client.force_login(user)

        assertContains(client.get("/account/"), "Check it and answer")

    def test_its_page_asks_of_what_is_not_needed_only_to_end_it(self, client, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        user = person_of(entered)
        sent = make_submitted(user=user, call=entered.call)
        client.force_login(user)
        path = f"/expression-of-interest/entered/{entered}/"

        page = client.get(path)

        assertContains(page, f"You have submitted {sent.reference} in this call yourself")
        assertContains(page, "Ten years of hotel security")
        assertNotContains(page, "Yes, go on with it")
        assertNotContains(page, "you can change each of them")
        assertNotContains(page, "You must submit it before")
        assertContains(page, '<input type="hidden" name="answer" value="no">')
        stale = client.post(path, {"answer": "yes"})
        assertContains(stale, "in this call, so this one is not needed: end it.")
        assertContains(stale, 'href="#id_answer_0"')
        assertContains(stale, 'id="id_answer_0"')
        client.post(path, {"answer": "no"})
        entered.refresh_from_db()
        assert (entered.state, entered.answers) == ("refused", {})
        for place in self.PLACES:
            assertNotContains(client.get(place), OFFER)

    def test_what_can_not_be_taken_over_can_still_be_refused(self, client, clerk):
        entered = make_entered(by=clerk, handed_over=True)
        user = person_of(entered)
        make_submitted(user=user, call=entered.call)
        client.force_login(user)

        response = client.post(f"/expression-of-interest/entered/{entered}/", {"answer": "no"})

        assertRedirects(response, "/account/")
        assert ExpressionOfInterest.objects.count() == 1

    def test_one_submitted_in_another_call_hides_nothing(self, client, clerk):
        sent = make_submitted()
        user = sent.person.user
        assert user
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        Call.objects.update(state="closed")
        make_entered(by=clerk, call=make_call(), email=user.email, handed_over=True)
        client.force_login(user)

        for path in self.PLACES:
            assertContains(client.get(path), "Check it and answer")
