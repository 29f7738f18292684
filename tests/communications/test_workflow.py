"""The ledger's rows recovered from dead workers, decided by people, moved by one table (law 5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from communications import workflow
from communications.models import Email
from communications.post import InDoubt, Never, Post
from communications.workflow import sending
from participants.workflow import agree_to_campaigns, withdraw_choice
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.communications.cast import make_participant, put, submit
from tests.communications.rows import only_email
from tests.communications.sink import Sink
from tests.office import make_holder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("referees_not_written_to")]


# Recovering ---------------------------------------------------------------------------------------
def claimed() -> Email:
    submit(make_participant())
    workflow.derive()
    (email,) = workflow.claim_due(1)
    return email


def test_a_row_that_a_dead_worker_only_claimed_is_sent_by_the_next(sink: Sink):
    claimed()
    assert workflow.sweep() == {}
    with time_machine.travel(clock.now() + workflow.CLAIM_LASTS + timedelta(seconds=1)):
        assert workflow.sweep() == {"taken back": 1, "sent": 1}
    assert len(sink.letters) == 1


def test_a_worker_that_wakes_after_its_row_was_taken_back_sends_nothing(sink: Sink):
    mine = claimed()
    with time_machine.travel(clock.now() + workflow.CLAIM_LASTS + timedelta(seconds=1)):
        workflow.recover()
        (theirs,) = workflow.claim_due(1)
        with Post() as post:
            assert workflow.send(mine, post) == "overtaken"
            assert workflow.send(theirs, post) == "sent"
    assert len(sink.letters) == 1


def test_a_row_that_a_dead_worker_was_sending_waits_for_a_person(sink: Sink):
    put(claimed(), "sending")
    workflow.sweep()
    assert only_email().state == "sending"
    with time_machine.travel(clock.now() + workflow.SENDING_LASTS + timedelta(seconds=1)):
        workflow.sweep()
        workflow.sweep()
    assert only_email().state == "uncertain"
    assert sink.letters == []
    assert Event.objects.filter(kind="communications.email.doubted").count() == 1


class Slow:
    """Stands for a worker's conversation with the mail server, during which others act."""

    def __init__(self, meanwhile, answer: Exception) -> None:
        self.meanwhile, self.answer = meanwhile, answer

    def connect(self) -> None:
        """Find the server."""

    def hand_over(self, _message) -> None:
        self.meanwhile()
        raise self.answer


@pytest.mark.parametrize("answer", [Never("550 Nobody here"), InDoubt("It hung up")])
@pytest.mark.parametrize("notice", ["receipt", "account:login_code"])
def test_a_worker_whose_claim_was_taken_back_neither_fails_nor_doubts_the_next_one(answer, notice):
    def meanwhile() -> None:
        put(only_email(), "uncertain")
        workflow.resend(only_email(), by=officer, reason="It never came.")
        with time_machine.travel(clock.now() + timedelta(minutes=1)):
            (theirs,) = workflow.claim_due(1)
        put(theirs, "sending")

    officer, mine = make_holder(Role.COMMUNICATIONS_OFFICER), claimed()
    if notice != mine.notice:
        monkeyed = {"notice": notice, "payload": {"code": "ABCD-EFGH"}, "address": "a@x.example"}
        mine = put(mine, "claimed", **monkeyed)
    assert workflow.send(mine, Slow(meanwhile, answer)) == "overtaken"
    assert (only_email().state, only_email().why) == ("sending", "")
    kinds = Event.objects.filter(kind__startswith="communications.").values_list("kind", flat=True)
    assert list(kinds) == ["communications.email.resent"]


def test_security_mail_in_doubt_is_repeated_only_for_the_claim_that_was_doubted(monkeypatch):
    def move(email, name, **options):
        event = original(email, name, **options)
        if name == "doubt":
            Email.objects.update(attempts=2)
        return event

    email = put(claimed(), "sending", notice="account:login_code")
    original = workflow.EMAIL.move
    monkeypatch.setattr(workflow.EMAIL, "move", move)
    with time_machine.travel(clock.now() + workflow.SENDING_LASTS + timedelta(seconds=1)):
        assert workflow.recover()["doubted"] == 0
    email.refresh_from_db()
    assert (email.state, email.attempts) == ("sending", 1)


def test_a_row_that_another_sweep_doubted_first_is_not_counted(monkeypatch):
    def doubt(email, why):
        original(Email.objects.get(pk=email.pk), why)  # the other sweep
        return original(email, why)

    put(claimed(), "sending")
    original = sending._doubt
    monkeypatch.setattr(sending, "_doubt", doubt)
    with time_machine.travel(clock.now() + workflow.SENDING_LASTS + timedelta(seconds=1)):
        assert workflow.recover()["doubted"] == 0
    assert Event.objects.filter(kind="communications.email.doubted").count() == 1


@pytest.mark.parametrize(("step", "at"), [("at_recipient", "550"), ("at_dot", "250-x\r\n")])
def test_the_record_holds_none_of_the_mail_servers_words(sink: Sink, step: str, at: str):
    setattr(sink, step, f"{at} <amira@users.example> unknown")
    submit(make_participant())
    workflow.sweep()
    event = Event.objects.get(kind__in=[workflow.EMAIL.kind("fail"), workflow.EMAIL.kind("doubt")])
    assert event.personal == {}
    assert "amira" not in str(event.facts)


# People -------------------------------------------------------------------------------------------


def test_a_person_sends_an_uncertain_row_again_with_a_reason(sink: Sink, rung):
    email = put(claimed(), "uncertain")
    officer = make_holder(Role.COMMUNICATIONS_OFFICER)
    workflow.resend(email, by=officer, reason="Its reader says that it never came.")
    workflow.sweep()
    assert (only_email().state, len(sink.letters)) == ("sent", 1)
    event = Event.objects.get(kind="communications.email.resent")
    assert (event.actor, event.reason) == (officer, "Its reader says that it never came.")


def test_a_person_marks_an_uncertain_row_as_sent_with_a_reason(sink: Sink):
    email = put(claimed(), "uncertain")
    workflow.confirm_sent(email, by=make_holder(Role.OFFICE_MANAGER), reason="Its reader has it.")
    workflow.sweep()
    assert (only_email().state, sink.letters) == ("sent", [])
    assert Event.objects.filter(kind="communications.email.confirmed").count() == 1


@pytest.mark.parametrize("decide", [workflow.resend, workflow.confirm_sent])
def test_doubts_are_decided_by_the_office_with_a_reason_and_only_doubts(decide):
    email = put(claimed(), "uncertain")
    for by, reason in [
        (make_participant().user, "Because"),
        (make_holder(Role.CASEWORKER), "Because"),
        (make_holder(Role.AUDITOR), "Because"),
        (make_holder(Role.COMMUNICATIONS_OFFICER), " "),
    ]:
        with pytest.raises(Refused):
            decide(email, by=by, reason=reason)
    for state in ["queued", "claimed", "sending", "sent", "delayed", "failed", "suppressed"]:
        with pytest.raises(Refused):
            decide(put(email, state), by=make_holder(Role.COMMUNICATIONS_OFFICER), reason="Because")
    assert not Event.objects.filter(kind__startswith="communications.").exists()


def test_the_table_holds_the_moves_of_the_design_and_no_others():
    moves = {(source, move.target) for move in workflow.EMAIL for source in move.sources}
    assert moves == {
        ("queued", "claimed"),
        ("claimed", "queued"),
        ("claimed", "sending"),
        ("claimed", "suppressed"),
        ("claimed", "delayed"),
        ("claimed", "failed"),
        ("sending", "sent"),
        ("sending", "delayed"),
        ("sending", "failed"),
        ("sending", "uncertain"),
        ("delayed", "queued"),
        ("uncertain", "queued"),
        ("uncertain", "sent"),
        ("queued", "held"),
        ("claimed", "held"),
        ("delayed", "held"),
        ("held", "queued"),
        ("held", "sent"),
        ("held", "suppressed"),
    }


@pytest.mark.parametrize("move", list(workflow.EMAIL), ids=lambda move: move.name)
def test_a_move_leads_from_nowhere_but_its_sources(move):
    for state in Email.State.values:
        Email.objects.all().delete()
        email = Email.objects.create(notice="receipt", subject_key="x", occurrence="x")
        Email.objects.update(state=state)
        made = workflow.EMAIL.advance(Email.objects.all(), move.name)
        email.refresh_from_db()
        assert made == (state in move.sources)
        assert email.state == (move.target if made else state)


# Order and doorbell -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_for_an_event_that_causes_a_notice_and_no_other(rung):
    person = make_participant()
    expression = submit(person)  # which asks a referee, too
    assert rung == ["communications.tasks.sweep"] * 2
    assert person.user
    agree_to_campaigns(person, agreed=True, by=person.user)
    assert rung == ["communications.tasks.sweep"] * 2
    withdraw_choice(expression.choices.get(), by=person.user)
    assert rung == ["communications.tasks.sweep"] * 3
