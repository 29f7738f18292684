"""Memberships: effective only while law 1's facts say so, whatever was recorded (law 1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from participants.models import Declaration, Person, ProjectChoice, Validation
from participants.workflow import withdraw
from reviews.models import Membership
from reviews.policies import membership as policies
from reviews.workflow import membership as workflow
from stepchange import clock
from stepchange.models import Event
from stepchange.transitions import Refused
from tests.builders import make_call, make_project, make_user
from tests.reviews.members import make_member, manager, own

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def member() -> Membership:
    make_call(opens_at=clock.now() - 900 * DAY, closes_at=clock.now() + 900 * DAY)
    return make_member()


def unvalidate(membership: Membership) -> None:
    Validation.objects.filter(person=membership.person).update(state="in progress")


def validate(membership: Membership) -> None:
    Validation.objects.filter(person=membership.person).update(state="validated")


def now(membership: Membership) -> Membership:
    return Membership.objects.get(pk=membership.pk)


def test_it_is_not_effective_from_the_moment_a_fact_fails_and_the_sweep_records_it(member):
    assert policies.is_effective(member)
    unvalidate(member)
    assert not policies.is_effective(now(member))
    assert now(member).state == "active"

    assert (workflow.record_changed(), workflow.record_changed()) == (1, 0)
    suspended = now(member)
    assert suspended.state == "suspended"
    assert suspended.why == "Their identity is not validated at this moment."
    event = Event.objects.latest("id")
    assert event.kind == "reviews.membership.suspended"
    assert event.personal["reason"] == suspended.why


def test_it_resumes_by_itself(member):
    unvalidate(member)
    workflow.record_changed()
    validate(member)
    assert policies.is_effective(now(member))
    workflow.record_changed()
    assert (now(member).state, now(member).why) == ("active", "")


def test_a_change_of_facts_is_looked_at_once_it_is_committed(
    member, django_capture_on_commit_callbacks
):
    from participants.workflow import validation

    case = Validation.objects.get(person=member.person)
    with django_capture_on_commit_callbacks(execute=True):
        validation.reopen(case, by=manager(), reason="A doubt.")
    assert now(member).state == "suspended"


def test_time_alone_suspends(member):
    with time_machine.travel(clock.now() + 366 * DAY, tick=False):
        assert not policies.is_effective(now(member))
        workflow.record_changed()
        assert now(member).state == "suspended"
        assert "declaration of interests" in now(member).why


def test_a_decision_that_was_not_joint_makes_no_member(member):
    from reviews.models import Decision, Key

    decision = Decision.objects.get(choice=member.choice)
    one = Key.objects.get(pk=decision.business_key_id)
    assert decision.police_key is not None
    one.caster = decision.police_key.caster
    decision.business_key = one
    from reviews.policies.joint import is_joint

    assert not is_joint(decision)


@pytest.mark.parametrize("move", ["suspend", "resume", "run_out"])
def test_nobody_suspends_or_resumes_by_hand(member, move):
    unvalidate(member)
    if move == "resume":
        workflow.record_changed()
        validate(member)
    with pytest.raises(Refused, match="by itself"):
        getattr(workflow, move)(now(member), by=manager())


def test_its_last_day_counts_whole(member):
    workflow.set_last_day(
        member, ends_on=clock.today() + 3 * DAY, reason="They leave the force.", by=manager()
    )
    with time_machine.travel(clock.end_of(member.ends_on) - timedelta(seconds=1), tick=False):
        assert policies.is_effective(now(member))
        assert workflow.record_changed() == 0
    with time_machine.travel(clock.end_of(member.ends_on), tick=False):
        assert not policies.is_effective(now(member))
        workflow.record_changed()
        assert now(member).state == "ended"
    for day in (clock.today() - DAY, member.starts_on - 5 * DAY):
        with pytest.raises(Refused):
            workflow.set_last_day(now(member), ends_on=day, reason="x", by=manager())


def test_a_member_steps_down_and_nobody_for_them(member):
    with pytest.raises(Refused, match="Only the member"):
        workflow.step_down(member, by=manager())
    workflow.step_down(member, by=own(member.choice), reason="No time.")
    assert (member.state, member.why) == ("ended", "No time.")
    assert not policies.is_effective(member)
    with pytest.raises(Refused):
        workflow.step_down(member, by=own(member.choice))


def test_the_office_ends_it_with_a_reason_but_not_its_own(member):
    with pytest.raises(Refused, match="Say why"):
        workflow.end(member, by=manager(), reason=" ")
    with pytest.raises(Refused, match="Only an office manager"):
        workflow.end(member, by=make_user(), reason="x")
    colleague = manager()
    colleagues_person = Person.objects.get(user=colleague)
    colleagues_person.organisation = member.person.organisation
    colleagues_person.save()
    if member.person.organisation:
        with pytest.raises(Refused, match="same organisation"):
            workflow.end(member, by=colleague, reason="x")
    workflow.end(member, by=manager(), reason="Conduct.")
    assert (member.state, member.why) == ("ended", "Conduct.")


def test_it_ends_with_the_whole_form(member):
    withdraw(member.choice.expression, by=own(member.choice))
    assert now(member).state == "ended"
    assert ProjectChoice.objects.get(pk=member.choice_id).state == "withdrawn"


def test_one_leads(member):
    other = make_member(member.project, contribution="lead")
    assert other.role == "lead"
    workflow.make_lead(member, by=manager(), reason="The other asked for it.")
    assert (now(member).role, now(other).role) == ("lead", "member")
    with pytest.raises(Refused, match="already"):
        workflow.make_lead(now(member), by=manager(), reason="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(pk=other.pk).update(role="lead")


def test_one_live_membership_a_person_and_project(member):
    copy = Membership(person=member.person, project=member.project, choice=member.choice, hours=8)
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save()


def test_a_new_declaration_with_an_undecided_interest_suspends_until_it_is_decided(member):
    from participants.models import InterestCase
    from participants.workflow import declarations, interest_cases

    by = own(member.choice)
    declarations.sign(
        member.person,
        by=by,
        source=Declaration.Source.OWN,
        interests=[
            declarations.InterestGiven(kind="financial", party="Sablebrook", gain="Contracts")
        ],
    )
    workflow.record_changed()
    assert now(member).state == "suspended"
    case = InterestCase.objects.get(person=member.person)
    interest_cases.assess(case, nature="none", reason="None.", by=manager())
    interest_cases.take_no_action(case, reason="None.", by=manager())
    workflow.record_changed()
    assert now(member).state == "active"


def test_another_project_is_untouched(member):
    make_project()
    assert Membership.objects.live().in_projects([member.project]).count() == 1
