"""What is to be told stands in a queue, so that a sweep never reads the whole record (law 5)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from communications import workflow
from communications.models import Email, Untold
from communications.notices import NOTICES
from tests.communications.cast import make_participant, submit
from tests.logs import captured_log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("referees_not_written_to")]
SWEEP = {"asks_the_clock": False, "looks_through_all": False}


def test_a_sweep_with_nothing_to_do_asks_as_much_however_much_was_told(django_assert_num_queries):
    """By the queue, and never of all that was ever told; benchmarks/ledger.py measures it."""
    submit(make_participant("first@users.example"))
    workflow.derive()
    with CaptureQueriesContext(connection) as once:
        workflow.derive()
    for number in range(5):
        submit(make_participant(f"{number}@users.example"))
    workflow.derive()
    with django_assert_num_queries(len(once)):
        workflow.derive()
    with django_assert_num_queries(1) as asked:
        workflow.derive(**SWEEP)
    assert "communications_untold" in asked[0]["sql"]


def test_an_event_waits_on_the_queue_until_its_rows_are_written():
    submit(make_participant())
    queued = Untold.objects.values_list("event__kind", flat=True)
    assert list(queued) == ["participants.expression.submitted"]
    assert workflow.derive(**SWEEP) == 1
    assert (list(queued.all()), Email.objects.get().notice) == ([], "receipt")


def test_what_no_queue_holds_is_found_by_looking_through_all():
    submit(make_participant())
    Untold.objects.all().delete()
    assert workflow.derive(**SWEEP) == 0
    assert workflow.derive() == 1


def test_a_fault_leaves_what_it_could_not_write_on_the_queue(monkeypatch):
    def broken(_event):
        raise RuntimeError

    submit(make_participant())
    with monkeypatch.context() as for_now:
        for_now.setitem(NOTICES, "receipt", replace(NOTICES["receipt"], recipients=broken))
        assert workflow.derive(**SWEEP) == 0
    assert Untold.objects.count() == 1
    assert workflow.derive(**SWEEP) == 1


def test_an_event_that_is_rolled_back_leaves_nothing_to_tell():
    def submit_and_fail() -> None:
        with transaction.atomic():
            submit(make_participant())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        submit_and_fail()
    assert Untold.objects.count() == 0


@pytest.mark.parametrize("is_queued", [True, False])
def test_one_event_at_fault_silences_no_other(monkeypatch, is_queued: bool):
    """In the queue as in the look through all: the others' rows are written, and it alone is left."""
    told = NOTICES["receipt"].recipients

    def falter(event):
        if event.subject_key == bad.reference:
            raise RuntimeError("personal words")
        return told(event)

    forms = [submit(make_participant()) for _ in range(5)]
    bad = forms[1]
    if not is_queued:
        Untold.objects.all().delete()
    with monkeypatch.context() as for_now:
        for_now.setitem(NOTICES, "receipt", replace(NOTICES["receipt"], recipients=falter))
        with captured_log() as log:
            for _ in range(3):
                workflow.derive(asks_the_clock=False, looks_through_all=not is_queued)
    told_of = set(Email.objects.values_list("subject_key", flat=True))
    assert told_of == {form.reference for form in forms if form != bad}
    left = Untold.objects.values_list("event__subject_key", flat=True)
    assert list(left) == [bad.reference] * is_queued
    # Said by the slower looks, not each five seconds for as long as it lasts.
    assert [line["faults"] for line in log.events("ledger.not_derived")] == [1] * 3 * (
        not is_queued
    )

    workflow.derive(asks_the_clock=False, looks_through_all=not is_queued)
    assert Email.objects.filter(subject_key=bad.reference).count() == 1
    assert not Untold.objects.exists()


def test_an_event_at_fault_on_the_queue_is_told_of_by_each_slower_look(monkeypatch):
    def broken(_event):
        raise RuntimeError

    submit(make_participant())
    monkeypatch.setitem(NOTICES, "receipt", replace(NOTICES["receipt"], recipients=broken))
    with captured_log() as log:
        workflow.derive(**SWEEP)
        workflow.derive(asks_the_clock=True, looks_through_all=False)
        workflow.derive(asks_the_clock=True, looks_through_all=True)
    assert [line["faults"] for line in log.events("ledger.not_derived")] == [1, 1]
