"""Many sweeps at once, on a database with real locks: one mail for one cause."""

from __future__ import annotations

import pytest

from communications import workflow
from communications.models import Email
from communications.post import Post
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.communications.cast import make_participant, put, submit, write_to_the_office
from tests.communications.sink import Sink
from tests.concurrency.racing import at_once
from tests.office import make_holder

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("referees_not_written_to"),
]

MANY = 20


def test_twenty_sweeps_send_one_receipt(sink: Sink):
    submit(make_participant())
    results = at_once(MANY, lambda _: workflow.sweep())
    assert [result for result in results if isinstance(result, Exception)] == []
    assert Email.objects.get().state == "sent"
    assert len(sink.letters) == 1


def test_twenty_sweeps_send_each_of_many_once(sink: Sink):
    write_to_the_office(60)
    results = at_once(MANY, lambda _: workflow.sweep())
    assert [result for result in results if isinstance(result, Exception)] == []
    assert set(Email.objects.values_list("state", flat=True)) == {"sent"}
    sent = [letter["Message-ID"] for letter in sink.letters]
    assert (len(sent), len(set(sent))) == (60, 60)


def test_one_claimed_row_handed_to_twenty_is_sent_by_one(sink: Sink):
    submit(make_participant())
    workflow.derive()
    (email,) = workflow.claim_due(1)

    def send() -> str:
        mine = Email.objects.get(pk=email.pk)
        mine.state, mine.claimed_at, mine.attempts = "claimed", email.claimed_at, email.attempts
        with Post() as post:
            return workflow.send(mine, post)

    results = at_once(MANY, lambda _: send())
    assert sorted(map(str, results)) == ["overtaken"] * (MANY - 1) + ["sent"]
    assert len(sink.letters) == 1


def test_of_twenty_who_decide_a_doubt_one_does(sink: Sink):
    submit(make_participant())
    workflow.derive()
    email = put(workflow.claim_due(1)[0], "uncertain")
    officer = make_holder(Role.COMMUNICATIONS_OFFICER)

    def decide() -> None:
        mine = Email.objects.get(pk=email.pk)
        workflow.resend(mine, by=officer, reason="It never came.")

    results = at_once(MANY, lambda _: decide())
    assert results.count(None) == 1
    assert sum(isinstance(result, Refused) for result in results) == MANY - 1
    assert Event.objects.filter(kind="communications.email.resent").count() == 1
    workflow.sweep()
    assert len(sink.letters) == 1
