"""The ledger's rows: derived, claimed, sent, recovered; nothing lost, nothing twice (law 5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from communications import letters, workflow
from communications.models import Email
from communications.notices import NOTICES
from communications.post import InDoubt, Never, Post
from communications.workflow import sending
from participants.workflow import withdraw, withdraw_choice
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.communications.cast import make_participant, put, submit
from tests.communications.sink import DROP, SILENCE, Sink
from tests.logs import captured_log
from tests.office import make_holder

pytestmark = pytest.mark.django_db


def only_email() -> Email:
    return Email.objects.get()


# Deriving -----------------------------------------------------------------------------------------
def test_submitting_derives_one_receipt_to_the_participant():
    person = make_participant()
    expression = submit(person)
    assert workflow.derive() == 1
    email = only_email()
    assert (email.notice, email.subject_key, email.state) == (
        "receipt",
        expression.reference,
        "queued",
    )
    assert email.recipient_key == f"person:{person.public_id}:account"
    assert email.event == Event.objects.get(kind="participants.expression.submitted")
    assert email.address == ""


def test_deriving_again_finds_nothing():
    submit(make_participant())
    assert [workflow.derive() for _ in range(3)] == [1, 0, 0]
    assert Email.objects.count() == 1


def test_an_event_that_was_committed_late_is_found_although_younger_ones_were_derived():
    late = submit(make_participant())
    submit(make_participant())
    workflow.derive()
    Email.objects.filter(subject_key=late.reference).delete()
    assert workflow.derive() == 1
    assert Email.objects.filter(subject_key=late.reference).count() == 1


def test_an_event_with_nobody_to_tell_is_noted_once_and_not_asked_again(monkeypatch):
    submit(make_participant())
    monkeypatch.setitem(
        NOTICES, "receipt", _changed(NOTICES["receipt"], recipients=lambda _event: [])
    )
    assert [workflow.derive(), workflow.derive()] == [1, 0]
    assert (only_email().recipient_key, only_email().state) == ("nobody", "suppressed")


def test_a_notice_that_fails_to_derive_does_not_silence_the_others(monkeypatch):
    def broken(_event):
        raise RuntimeError("personal words")

    submit(make_participant())
    monkeypatch.setitem(NOTICES, "receipt", _changed(NOTICES["receipt"], recipients=broken))
    workflow.receive_message(name="N", email="n@x.example", about="other", message="m")
    with captured_log() as log:
        workflow.derive()
    assert only_email().notice == "contact_message"
    (line,) = log.events("ledger.not_derived")
    assert line["notice"] == "receipt"
    assert "RuntimeError" in line["error"]
    assert "broken" in str(line["arose"])


def test_a_changed_address_sends_no_second_time(sink: Sink):
    person = make_participant("before@users.example")
    submit(person)
    workflow.sweep()
    assert person.user
    person.user.email = "after@users.example"
    person.user.save()
    workflow.sweep()
    assert sink.recipients == ["before@users.example"]


def test_the_address_is_looked_up_when_it_is_sent(sink: Sink):
    person = make_participant("before@users.example")
    submit(person)
    workflow.derive()
    assert person.user
    person.user.email = "after@users.example"
    person.user.save()
    workflow.sweep()
    assert sink.recipients == ["after@users.example"]
    assert only_email().address == "after@users.example"


# Sending ------------------------------------------------------------------------------------------
def test_a_sweep_sends_what_is_due_once_and_marks_it(sink: Sink):
    submit(make_participant())
    assert workflow.sweep() == {"derived": 1, "sent": 1}
    assert workflow.sweep() == {}
    email = only_email()
    assert (email.state, email.attempts, email.why) == ("sent", 1, "")
    assert email.sent_at
    assert email.heading == sink.letters[0]["Subject"]
    assert len(sink.letters) == 1


def test_a_batch_takes_one_connection(sink: Sink):
    for _ in range(5):
        submit(make_participant())
    workflow.sweep()
    assert (len(sink.letters), sink.connections) == (5, 1)


def test_sending_writes_no_event_but_the_row():
    submit(make_participant())
    workflow.sweep()
    assert only_email().state == "sent"
    assert not Event.objects.filter(kind__startswith="communications.").exists()


def test_a_receipt_is_suppressed_when_its_cause_was_withdrawn(sink: Sink):
    person = make_participant()
    expression = submit(person)
    assert person.user
    withdraw(expression, by=person.user)
    workflow.sweep()
    receipt = Email.objects.get(notice="receipt")
    assert (receipt.state, receipt.why) == ("suppressed", "It was withdrawn meanwhile.")
    assert [letter["Subject"] for letter in sink.letters] == [
        f"Your expression of interest {expression.reference} is withdrawn"
    ]


def test_without_an_address_it_fails_and_says_so(sink: Sink):
    person = make_participant()
    submit(person)
    assert person.user
    person.user.is_active = False
    person.user.save()
    workflow.sweep()
    assert (only_email().state, only_email().why) == (
        "failed",
        "There is no address to send it to.",
    )
    assert Event.objects.filter(kind="communications.email.failed").count() == 1


@pytest.mark.parametrize(
    "address", ["a@x.example, b@x.example", "a@x.example\nBcc: b@x.example", "a"]
)
def test_what_is_no_single_address_gets_nothing(sink: Sink, address: str):
    person = make_participant()
    submit(person)
    assert person.user
    type(person.user).objects.filter(pk=person.user.pk).update(email=address)
    workflow.sweep()
    assert (only_email().state, sink.recipients) == ("failed", [])


def test_a_fault_in_one_template_delays_that_one_only(sink: Sink, monkeypatch):
    def write(email, notice):
        if email.subject_key == broken.reference:
            raise RuntimeError("personal words")
        return original(email, notice)

    original, broken = letters.write, submit(make_participant())
    submit(make_participant())
    monkeypatch.setattr(letters, "write", write)
    with captured_log() as log:
        workflow.sweep()
    (line,) = log.events("email.not_written")
    assert "write" in str(line["arose"])
    assert "personal words" not in log.text
    delayed = Email.objects.get(subject_key=broken.reference)
    assert (delayed.state, delayed.why) == ("delayed", "It could not be written: RuntimeError")
    assert len(sink.letters) == 1


def test_a_row_of_a_notice_that_is_gone_fails():
    submit(make_participant())
    workflow.derive()
    Email.objects.update(notice="forgotten")
    workflow.sweep()
    assert Email.objects.get(notice="forgotten").state == "failed"


# What the mail server may do ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("step", "behaviour", "state", "why"),
    [
        ("at_greeting", "421 Busy", "delayed", "421"),
        ("at_greeting", DROP, "delayed", "Disconnected"),
        ("at_greeting", SILENCE, "delayed", "timed out"),
        ("at_recipient", "421 Busy", "delayed", "The mail server said 421 Busy"),
        ("at_recipient", "450 Greylisted", "delayed", "The mail server said 450 Greylisted"),
        ("at_recipient", "550 Nobody here", "failed", "The mail server said 550 Nobody here"),
        ("at_recipient", DROP, "delayed", "Disconnected"),
        ("at_recipient", SILENCE, "delayed", "timed out"),
        ("at_dot", "421 Going down", "delayed", "The mail server said 421 Going down"),
        ("at_dot", "451 Later", "delayed", "The mail server said 451 Later"),
        ("at_dot", "550 Refused", "failed", "The mail server said 550 Refused"),
        ("at_dot", "250-x\r\nnonsense", "uncertain", ""),
        ("at_dot", DROP, "uncertain", "Disconnected"),
        ("at_dot", SILENCE, "uncertain", "timed out"),
    ],
)
def test_each_answer_of_the_mail_server_leads_to_the_right_state(
    sink: Sink, step: str, behaviour: str, state: str, why: str
):
    setattr(sink, step, behaviour)
    submit(make_participant())
    workflow.sweep()
    email = only_email()
    assert email.state == state
    assert why in email.why
    sink.behave()
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        workflow.sweep()
    resent = {"delayed": "sent", "failed": "failed", "uncertain": "uncertain"}[state]
    assert only_email().state == resent
    accepted = 1 if state in {"delayed", "uncertain"} else 0
    assert len(sink.letters) == accepted


def test_a_server_that_is_not_there_delays_all_and_is_asked_once(sink: Sink, settings):
    settings.EMAIL_PORT = 1
    for _ in range(3):
        submit(make_participant())
    assert workflow.sweep() == {"derived": 3, "delayed": 3}
    assert set(Email.objects.values_list("state", flat=True)) == {"delayed"}
    settings.EMAIL_PORT = sink.port
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert workflow.sweep() == {"woken": 3, "sent": 3}
    assert len(sink.letters) == 3


def test_one_refused_recipient_does_not_harm_the_next_on_the_same_connection(sink: Sink):
    sink.at_recipient = "550 Nobody here"
    submit(make_participant())
    workflow.derive()
    submit(make_participant())
    workflow.derive()
    first, second = workflow.claim_due(2)
    with Post() as post:
        workflow.send(first, post)
        sink.behave()
        workflow.send(second, post)
    assert (first.state, second.state, sink.connections) == ("failed", "sent", 1)


def test_after_a_lost_connection_the_next_row_gets_a_new_one(sink: Sink):
    for _ in range(2):
        submit(make_participant())
    workflow.derive()
    first, second = workflow.claim_due(2)
    sink.at_dot = DROP
    with Post() as post:
        workflow.send(first, post)
        sink.behave()
        workflow.send(second, post)
    assert (first.state, second.state, sink.connections) == ("uncertain", "sent", 2)


def test_pauses_double_up_to_an_hour_give_or_take_a_fifth():
    for attempts, seconds in [(1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600), (80, 3600)]:
        waits = {workflow.pause(attempts).total_seconds() for _ in range(50)}
        assert seconds * 0.8 <= min(waits) <= max(waits) <= seconds * 1.2
        assert len(waits) > 1


def test_after_the_last_try_it_fails_and_says_why(sink: Sink):
    sink.at_recipient = "450 Greylisted"
    submit(make_participant())
    workflow.derive()
    Email.objects.update(attempts=workflow.MOST_ATTEMPTS - 1)
    workflow.sweep()
    assert (only_email().state, only_email().why) == (
        "failed",
        "The mail server said 450 Greylisted",
    )


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
def test_what_somebody_waits_for_goes_before_what_is_older(sink: Sink):
    for _ in range(3):
        submit(make_participant())
    workflow.derive()
    workflow.queue(
        "account:login_code",
        address="waiting@users.example",
        recipient_key="address:1",
        occurrence="1",
        payload={"code": "ABCD-EFGH"},
    )
    workflow.sweep()
    assert sink.recipients[0] == "waiting@users.example"


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_for_an_event_that_causes_a_notice_and_no_other(rung):
    person = make_participant()
    expression = submit(person)
    assert rung == ["communications.tasks.sweep"]
    assert person.user
    withdraw_choice(expression.choices.get(), by=person.user)
    assert rung == ["communications.tasks.sweep"]


def _changed(notice, **values):
    from dataclasses import replace

    return replace(notice, **values)
