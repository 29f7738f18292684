"""The ledger's rows sent: whatever the mail server does, nothing lost, nothing twice (law 5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from communications import letters, workflow
from communications.models import Email
from communications.post import Post
from participants.workflow import withdraw
from stepchange import clock
from stepchange.models import Event
from tests.communications.cast import make_participant, submit
from tests.communications.rows import only_email
from tests.communications.sink import DROP, SILENCE, Sink
from tests.logs import captured_log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("referees_not_written_to")]


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
