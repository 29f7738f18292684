"""Any sequence of what people and the clock can do to a membership: effective iff the facts say so (law 1).

`MEMBERSHIP_EXAMPLES` and `MEMBERSHIP_STEPS` make it search longer.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from participants.models import Declaration, InterestCase, Validation
from participants.texts import UNDERTAKING
from participants.workflow import declarations, interest_cases, undertakings, withdraw_choice
from reviews.models import Membership
from reviews.policies import membership as policies
from reviews.policies import offers as offer_policies
from reviews.workflow import membership as workflow
from reviews.workflow import offers
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_call, make_project
from tests.communications.cast import give
from tests.office import make_holder
from tests.reviews.members import again, decide, make_choice, manager, own

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("MEMBERSHIP_EXAMPLES", "8"))
STEPS = int(os.environ.get("MEMBERSHIP_STEPS", "25"))
BEGINS = datetime(2027, 2, 20, 9, tzinfo=UTC)


def year_on(day: date) -> date:
    """Return the day a year on, said otherwise than the portal says it."""
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 3, 1)
    return date(day.year + 1, day.month, day.day)


class Memberships(RuleBasedStateMachine):
    """One volunteer with a choice, what law 1 asks of them, and an oracle that keeps the facts apart."""

    seen: set[str] = set()

    @initialize(is_member=st.sampled_from([True, True, False]))
    def begin(self, is_member: bool) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.travel = time_machine.travel(BEGINS, tick=False)
        self.clock = self.travel.start()
        make_call(closes_at=clock.now() + timedelta(days=9000))
        self.project, self.version = make_project(), 1
        self.words = UNDERTAKING
        self.choice = make_choice(self.project, is_fit=False)
        self.person = self.choice.expression.person
        self.user = own(self.choice)
        self.office, self.clerk = manager(), make_holder(Role.CASEWORKER)
        # The facts, as the oracle knows them.
        self.validated_on: date | None = None
        self.declared_on: date = clock.today()
        self.interest = "none"
        self.accepted: set[int] = set()
        self.decided = self.left = False
        self.last_day: date | None = None
        self.membership: Membership | None = None
        if is_member:
            self.all_is_done_and_they_accept()

    def teardown(self) -> None:
        if hasattr(self, "travel"):
            self.seen.update(
                Event.objects.filter(kind__startswith="reviews.membership").values_list(
                    "kind", flat=True
                )
            )
            self.travel.stop()
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def meets_law_1(self) -> bool:
        """Say it from the facts that the machine made, not from the portal's rows."""
        today = clock.today()
        return (
            self.validated_on is not None
            and today < year_on(self.validated_on)
            and today < year_on(self.declared_on)
            and self.interest in {"none", "settled"}
            and self.version in self.accepted
            and self.decided
            and not self.left
        )

    def patched(self):
        return patch("participants.policies.trust.UNDERTAKING", self.words)

    # What people do -----------------------------------------------------------------------------------
    @rule()
    def the_office_validates(self) -> None:
        give(Validation.objects.get(person=self.person), self.clerk)
        self.validated_on = clock.today()

    @rule()
    def the_validation_is_reopened(self) -> None:
        Validation.objects.filter(person=self.person).update(state="in progress")
        self.validated_on = None

    @rule(anything=st.booleans())
    def they_declare(self, anything: bool) -> None:
        said = declarations.InterestGiven(
            kind="financial", party=f"Firm {Event.objects.count()}", gain="Sales"
        )
        declarations.sign(
            self.person,
            by=self.user,
            source=Declaration.Source.OWN,
            interests=[said] if anything else [],
            is_nil=not anything,
        )
        self.declared_on, self.interest = clock.today(), "undecided" if anything else "none"

    @rule(excludes=st.booleans())
    def the_office_decides_about_the_interest(self, excludes: bool) -> None:
        case = InterestCase.objects.declared().filter(person=self.person).first()
        if case is None or self.interest != "undecided":
            return
        interest_cases.assess(case, nature="potential", reason="It could be.", by=self.clerk)
        if excludes:
            interest_cases.exclude(case, projects=[self.project], reason="It is.", by=self.clerk)
        else:
            interest_cases.take_no_action(case, reason="It is not.", by=self.clerk)
        self.interest = "excludes" if excludes else "settled"

    @rule()
    def they_accept_the_undertaking(self) -> None:
        with self.patched():
            undertakings.accept(self.person, by=self.user)
        self.accepted.add(self.version)

    @rule()
    def the_undertaking_is_superseded(self) -> None:
        self.version += 1
        self.words = replace(UNDERTAKING, version=f"{self.version}.test")

    @rule()
    def two_decide_jointly(self) -> None:
        if not self.decided and not self.left:
            decide(again(self.choice))
            self.decided = True

    @rule()
    def they_accept_the_offer(self) -> None:
        choice = again(self.choice)
        lapsed = offer_policies.has_lapsed(choice)
        may = choice.state == "offered" and not lapsed and self.meets_law_1()
        with self.patched():
            try:
                self.membership = offers.accept(choice, by=self.user)
            except Refused:
                assert not may
            else:
                assert may

    @rule()
    def all_is_done_and_they_accept(self) -> None:
        self.they_accept_the_undertaking()
        self.the_office_validates()
        self.they_declare(anything=False)
        self.two_decide_jointly()
        self.they_accept_the_offer()

    @rule()
    def all_is_mended(self) -> None:
        self.the_sweep_records()
        self.they_accept_the_undertaking()
        self.the_office_validates()
        self.they_declare(anything=False)
        self.the_sweep_records()

    @rule(days=st.integers(0, 400))
    def the_office_sets_a_last_day(self, days: int) -> None:
        if self.membership and not self.now().has_ended:
            day = clock.today() + timedelta(days=days)
            workflow.set_last_day(self.now(), ends_on=day, reason="A term.", by=self.office)
            self.last_day = day

    @rule(how=st.sampled_from(["step down", "end", "withdraw", *["nothing"] * 7]))
    def it_is_ended(self, how: str) -> None:
        if self.membership is None or self.now().state == "ended":
            return
        if how == "step down":
            workflow.step_down(self.now(), by=self.user)
        elif how == "end":
            workflow.end(self.now(), by=self.office, reason="Conduct.")
        elif how == "withdraw":
            withdraw_choice(again(self.choice), by=self.user)
        self.left = how != "nothing"

    # The clock ----------------------------------------------------------------------------------------
    @rule(days=st.sampled_from([1, 1, 13, 30, 350, 364, 365]))
    def time_passes(self, days: int) -> None:
        self.clock.shift(timedelta(days=days))

    @rule()
    def the_sweep_records(self) -> None:
        with self.patched():
            workflow.record_changed()
            offers.record_lapsed()
            recorded = Event.objects.count()
            assert workflow.record_changed() == offers.record_lapsed() == 0
        assert Event.objects.count() == recorded, "nothing is recorded twice"
        if self.membership is None:
            return
        told = self.now().state
        if self.left or (self.last_day and self.last_day < clock.today()):
            assert told == "ended"
        else:
            assert told == ("active" if self.meets_law_1() else "suspended")

    # What holds ---------------------------------------------------------------------------------------
    def now(self) -> Membership:
        assert self.membership is not None
        return Membership.objects.get(pk=self.membership.pk)

    @invariant()
    def it_is_effective_exactly_when_the_facts_say_so(self) -> None:
        if not hasattr(self, "membership"):
            return
        if self.membership is None:
            assert not Membership.objects.exists()
            return
        over = self.last_day is not None and self.last_day < clock.today()
        with self.patched():
            effective = policies.is_effective(self.now())
        assert effective is (self.meets_law_1() and not over)

    @invariant()
    def each_state_is_explained_by_its_events(self) -> None:
        if getattr(self, "membership", None) is None:
            return
        state = "active"
        for event in Event.objects.about(self.now()):
            if "to" in event.facts:
                assert event.facts["from"] == state
                state = event.facts["to"]
        assert state == self.now().state


def test_a_membership_is_effective_exactly_when_the_facts_say_so():
    run_state_machine_as_test(
        Memberships,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=EXAMPLES == 8,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    came_about = {"begun", "suspended", "resumed"}
    assert {f"reviews.membership.{kind}" for kind in came_about} <= Memberships.seen
