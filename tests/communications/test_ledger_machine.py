"""Any sequence of what can befall the ledger, on the real models: never lost, never twice (law 5)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from communications import workflow
from communications.models import Email
from communications.notices import SECURITY
from communications.post import InDoubt, Never, NotNow
from participants.workflow import withdraw
from stepchange import clock
from stepchange.roles import Role
from tests.builders import make_call, make_project, make_submitted
from tests.communications.cast import make_participant
from tests.office import make_holder

START = clock.now().replace(microsecond=0)
OUTCOMES = ("taken and silent", "taken", "not taken and silent", "later", "never", "no server")
DEATHS = ("", "", "before it begins", "before it is handed over", "after it is handed over")


class Died(BaseException):
    """The worker was killed: nothing of it runs any more, and what it marked stays."""


class MailServer:
    """Stands for the conversation with the mail server: does as told, and keeps what it accepts."""

    is_unreachable = False

    def __init__(self) -> None:
        self.kept: Counter[str] = Counter()
        self.outcome = "taken"
        self.dies = ""

    def connect(self) -> None:
        if self.dies == "before it begins":
            raise Died
        if self.outcome == "no server":
            raise NotNow("Nobody listens.")

    def hand_over(self, message: EmailMessage) -> None:
        if self.dies == "before it is handed over":
            raise Died
        if self.outcome in {"taken", "taken and silent"}:
            self.kept[str(message.extra_headers["Message-ID"])] += 1
        if self.dies == "after it is handed over":
            raise Died
        match self.outcome:
            case "later":
                raise NotNow("450")
            case "never":
                raise Never("550")
            case "taken and silent" | "not taken and silent":
                raise InDoubt("Silence.")


class Ledger(RuleBasedStateMachine):
    """Workers, people, the clock and the mail server, in any order."""

    @initialize()
    def begin(self) -> None:
        self.example = transaction.atomic()
        self.example.__enter__()
        self.at = START
        self.travel = time_machine.travel(self.at, tick=False)
        self.travel.start()
        self.call, self.project = make_call(), make_project()
        self.officer = make_holder(Role.COMMUNICATIONS_OFFICER)
        self.server = MailServer()
        self.claims: list[Email] = []
        self.expressions: list[Any] = []
        self.messages = 0
        self.allowed: Counter[str] = Counter()
        self.told: set[tuple[str, str, str, str]] = set()
        self.somebody_submits()
        self.somebody_writes()
        self.somebody_asks_for_a_code()
        workflow.derive()

    def teardown(self) -> None:
        if hasattr(self, "server"):
            self.travel.stop()
            transaction.set_rollback(True)
            self.example.__exit__(None, None, None)

    @rule(data=st.data(), what=st.sampled_from(["writes", "submits", "withdraws", "asks"]))
    def something_happens(self, data: st.DataObject, what: str) -> None:
        if what == "submits" and len(self.expressions) < 3:
            self.somebody_submits()
        elif what == "withdraws":
            one = data.draw(st.sampled_from(self.expressions))
            one.refresh_from_db()
            withdraw(one, by=one.person.user)
        elif what == "asks":
            self.somebody_asks_for_a_code()
        else:
            self.somebody_writes()

    def somebody_writes(self) -> None:
        workflow.receive_message(name="N", email="n@users.example", about="other", message="Hello")
        self.messages += 1

    def somebody_submits(self) -> None:
        person = make_participant()
        self.expressions.append(make_submitted(self.project, user=person.user, call=self.call))

    def somebody_asks_for_a_code(self) -> None:
        workflow.queue(
            "account:login_code",
            address="reader@users.example",
            recipient_key="address:1",
            occurrence=str(Email.objects.count()),
            payload={"code": "ABCD-EFGH"},
        )

    @rule(limit=st.integers(1, 3))
    def a_worker_claims(self, limit: int) -> None:
        workflow.derive()
        self.claims += workflow.claim_due(limit)

    @rule(
        how=st.lists(
            st.tuples(st.sampled_from(OUTCOMES), st.sampled_from(DEATHS)), min_size=3, max_size=5
        ),
        minutes=st.sampled_from([20, 6, 240, 0]),
    )
    def a_worker_sweeps(self, how: list[tuple[str, str]], minutes: int) -> None:
        """Claim some rows and send them one after the other, until the worker dies."""
        self.time_passes(minutes)
        workflow.derive()
        workflow.recover()
        for email, (outcome, dies) in zip(workflow.claim_due(len(how)), how, strict=False):
            self.server.outcome, self.server.dies = outcome, dies
            try:
                workflow.send(email, self.server)  # type: ignore[arg-type]  # stands for a Post
            except Died:
                return
            self.claims.append(email)  # a slow copy of it may still wake up

    @precondition(lambda self: self.claims)
    @rule(
        data=st.data(),
        outcome=st.sampled_from(OUTCOMES),
        dies=st.sampled_from(DEATHS),
        forgets=st.booleans(),
    )
    def a_worker_sends(self, data: st.DataObject, outcome: str, dies: str, forgets: bool) -> None:
        """Send a claim, perhaps one that was taken back meanwhile, perhaps one sent already."""
        email = data.draw(st.sampled_from(self.claims))
        self.server.outcome, self.server.dies = outcome, dies
        try:
            workflow.send(email, self.server)  # type: ignore[arg-type]  # stands for a Post
        except Died:
            forgets = True
        if forgets:
            self.claims.remove(email)

    def time_passes(self, minutes: int) -> None:
        self.travel.stop()
        self.at += timedelta(minutes=minutes)
        self.travel = time_machine.travel(self.at, tick=False)
        self.travel.start()

    @precondition(lambda self: Email.objects.filter(state="uncertain").exists())
    @rule(resends=st.booleans())
    def a_person_settles_a_doubt(self, resends: bool) -> None:
        email = Email.objects.filter(state="uncertain").first()
        assert email
        if resends:
            self.allowed[email.message_id] += 1
            workflow.resend(email, by=self.officer, reason="It never came.")
        else:
            workflow.confirm_sent(email, by=self.officer, reason="It came.")

    @invariant()
    def nothing_is_accepted_twice_unless_somebody_asked_or_it_is_security_mail(self) -> None:
        if not hasattr(self, "server"):
            return
        for email in Email.objects.exclude(notice__in=SECURITY):
            assert self.server.kept[email.message_id] <= 1 + self.allowed[email.message_id]
        for email in Email.objects.filter(notice__in=SECURITY):
            assert self.server.kept[email.message_id] <= 3 + 3 * self.allowed[email.message_id]

    @invariant()
    def what_is_marked_as_sent_was_taken(self) -> None:
        if not hasattr(self, "server"):
            return
        for email in Email.objects.filter(state="sent"):
            by_a_person = any("marked as sent" in one["outcome"] for one in email.tried)
            assert by_a_person or self.server.kept[email.message_id] >= 1

    @invariant()
    def no_row_is_lost_or_made_twice(self) -> None:
        if not hasattr(self, "server"):
            return
        rows = Email.objects.values_list("notice", "subject_key", "occurrence", "recipient_key")
        now = set(rows)
        assert len(now) == Email.objects.count()
        assert self.told <= now
        self.told = now

    def at_the_end_everything_is_told(self) -> None:
        """Let a good day come: each cause is then sent, suppressed, failed, or waits for a person."""
        self.server.outcome, self.server.dies = "taken", ""
        for _ in range(3):
            self.time_passes(240)
            workflow.derive()
            workflow.recover()
            while batch := workflow.claim_due(50):
                for email in batch:
                    workflow.send(email, self.server)  # type: ignore[arg-type]  # stands for a Post
        self.nothing_is_accepted_twice_unless_somebody_asked_or_it_is_security_mail()
        self.what_is_marked_as_sent_was_taken()
        assert Email.objects.filter(notice="contact_message").count() == self.messages
        assert not Email.objects.exclude(
            state__in=["sent", "suppressed", "failed", "uncertain"]
        ).exists()
        for one in self.expressions:
            email = Email.objects.get(notice="receipt", subject_key=one.reference)
            if email.state == "suppressed":
                one.refresh_from_db()
                assert one.state == "withdrawn"


class LedgerThatEnds(Ledger):
    """The same, with a good day at the end of every run."""

    def teardown(self) -> None:
        try:
            if hasattr(self, "server"):
                self.at_the_end_everything_is_told()
        finally:
            super().teardown()


@pytest.mark.django_db
def test_nothing_is_lost_and_nothing_is_sent_twice():
    run_state_machine_as_test(
        LedgerThatEnds,
        settings=settings(
            max_examples=20,
            stateful_step_count=15,
            deadline=None,
            phases=[Phase.reuse, Phase.generate],  # shrinking takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
