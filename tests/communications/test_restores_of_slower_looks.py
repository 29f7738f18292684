"""After a restore nothing goes out a second time, whichever look of the ledger notices it (law 5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from communications import tasks, workflow
from communications.models import Email, Generation, Untold
from participants.models import ExpressionOfInterest
from participants.workflow import save_page
from tests.builders import make_call, make_draft, make_submitted
from tests.communications.cast import leave_alone
from tests.communications.sink import Sink
from tests.communications.test_restores import backup, go_back_to
from tests.reviews.members import seat_holder
from workstreams.models import Call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("referees_not_written_to")]

NOON = datetime(2018, 5, 23, 12, 0, tzinfo=UTC)
LOOKS = (tasks.sweep, tasks.look_at_the_clock, tasks.look_through_all)


def make_judged(call: Call) -> ExpressionOfInterest:
    """Return a form of a project whose both sides are held: of them the office is not written to."""
    form = make_submitted(call=call)
    for side in ("business", "police"):
        seat_holder(form.choices.get().project, side)
    return form


def cause(what: str, call: Call) -> None:
    """Let happen what the five-second sweep derives nothing of."""
    if what == "by the clock":
        leave_alone(make_draft(call=call), timedelta(hours=1))
    elif what == "by the long look":
        with time_machine.travel(NOON - timedelta(days=4), tick=False):
            changed = make_judged(call)
            tasks.sweep()
        with time_machine.travel(NOON - timedelta(days=3), tick=False):
            typed = {"experience": "More of it."}
            page = changed.pages.get(page="experience")
            save_page(changed, page.page, typed, revision=page.revision)
    else:
        make_judged(call)
        Untold.objects.all().delete()


@pytest.mark.parametrize("begins", ["a sweep", "a claim"])
@pytest.mark.parametrize("what", ["by the clock", "by the long look", "not queued"])
def test_what_only_a_slower_look_derives_is_held_too(sink: Sink, what: str, begins: str):
    with time_machine.travel(NOON, tick=False):
        left = timedelta(days=2 if what == "by the long look" else 9)
        call = make_call(closes_at=NOON + left)
        make_judged(call)
        tasks.sweep()
        cause(what, call)
        then, before = backup(), len(sink.letters)
        for look in LOOKS:
            look()
        assert len(sink.letters) == before + 1
        go_back_to(then)
        if begins == "a claim":
            workflow.queue(
                "account:login_code",
                address="a@users.example",
                recipient_key="address:1",
                occurrence="1",
                payload={"code": "ABCD-EFGH"},
            )
            assert workflow.claim_due(1) == []
            Email.objects.filter(notice="account:login_code").delete()
        for look in LOOKS:
            look()

    assert len(sink.letters) == before + 1
    assert Email.objects.filter(state="held").count() == 1
    assert Generation.objects.latest("number").known_handed == 1
