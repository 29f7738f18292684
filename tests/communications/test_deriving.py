"""The ledger's rows derived from events: each once, and none forgotten."""

from __future__ import annotations

import pytest

from communications import workflow
from communications.models import Email
from communications.notices import NOTICES
from stepchange.models import Event
from tests.communications.cast import make_participant, submit
from tests.communications.rows import only_email
from tests.communications.sink import Sink
from tests.logs import captured_log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("referees_not_written_to")]


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
        workflow.derive(looks_through_all=False)
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


def _changed(notice, **values):
    from dataclasses import replace

    return replace(notice, **values)
