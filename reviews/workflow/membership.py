"""Memberships: begun by accepting, suspended and resumed by law 1, ended by the clock or a person."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.models import Person, ProjectChoice, Validation
from projects.models import Contribution, Project
from reviews.models import Membership
from reviews.policies import membership as policies
from reviews.policies.fairness import has_lead
from reviews.workflow import ethics
from stepchange import clock
from stepchange.events import record
from stepchange.models import Event, User
from stepchange.transitions import (
    Overtaken,
    Refused,
    Table,
    Transition,
    change,
    permit,
    require_reason,
)

LIVE = ("active", "suspended")
CHOICE = ProjectChoice._meta.label_lower
OF_LAW_1 = (
    "participants.validation.",
    "participants.declaration.",
    "participants.interest.",
    "participants.suggestion.",
    "participants.undertaking.",
)
"""How the kinds of event begin that tell of what law 1 asks: about somebody."""

MEMBERSHIP = Table(
    "reviews.membership",
    Transition(
        name="suspend",
        event="suspended",
        sources=("active",),
        target="suspended",
        label=gettext_lazy("Suspend"),
        policy=policies.may_suspend,
    ),
    Transition(
        name="resume",
        event="resumed",
        sources=("suspended",),
        target="active",
        label=gettext_lazy("Resume"),
        policy=policies.may_resume,
    ),
    Transition(
        name="run_out",
        event="ran_out",
        sources=LIVE,
        target="ended",
        label=gettext_lazy("End after its last day"),
        policy=policies.may_run_out,
    ),
    Transition(
        name="step_down",
        event="stepped_down",
        sources=LIVE,
        target="ended",
        label=gettext_lazy("Step down"),
        policy=policies.may_leave,
    ),
    Transition(
        name="follow_withdrawal",
        event="withdrawn",
        sources=LIVE,
        target="ended",
        label=gettext_lazy("End with the withdrawal"),
        policy=policies.may_follow_withdrawal,
    ),
    Transition(
        name="end",
        event="ended",
        sources=LIVE,
        target="ended",
        label=gettext_lazy("End the membership"),
        policy=policies.may_end,
        asks_reason=True,
    ),
    model="reviews.Membership",
)


# Its moves ----------------------------------------------------------------------------------------
def begin(choice: ProjectChoice, *, by: User) -> Membership:
    """Make the membership of a choice that was just accepted, active from today, and record it.

    In the transaction of the acceptance, with the project locked. Whoever offered to lead leads, unless
    somebody does: a project has one lead.
    """
    leads = choice.contribution == Contribution.LEAD and not has_lead(choice.project)
    membership = Membership.objects.create(
        person=choice.expression.person,
        project=choice.project,
        choice=choice,
        role=Membership.Role.LEAD if leads else Membership.Role.MEMBER,
        hours=choice.hours,
    )
    record("reviews.membership.begun", membership, by=by, facts=_facts(membership))
    return membership


def suspend(membership: Membership, *, by: User | None = None) -> Event:
    """Record that it does not meet law 1 any more, with what is missing. Raises Refused."""
    why = " ".join(str(bar) for bar in policies.bars_of(membership).values())
    return MEMBERSHIP.move(membership, "suspend", by=by, reason=why, **_with(membership, why))


def resume(membership: Membership, *, by: User | None = None) -> Event:
    """Record that it meets law 1 again. Raises Refused."""
    return MEMBERSHIP.move(membership, "resume", by=by, **_with(membership, ""))


def run_out(membership: Membership, *, by: User | None = None) -> Event:
    """Record that its last day is over. Raises Refused."""
    return MEMBERSHIP.move(membership, "run_out", by=by, **_with(membership, ""))


def step_down(membership: Membership, *, by: User, reason: str = "") -> Event:
    """End one's own membership, with a reason if one is given. Raises Refused."""
    return MEMBERSHIP.move(
        membership, "step_down", by=by, reason=reason, **_with(membership, reason)
    )


def follow_withdrawal(membership: Membership, *, by: User | None) -> Event:
    """End the membership of somebody who withdrew from the project. Raises Refused."""
    return MEMBERSHIP.move(membership, "follow_withdrawal", by=by, **_with(membership, ""))


def end(membership: Membership, *, by: User, reason: str) -> Event:
    """End somebody's membership, with the reason, which they read. Raises Refused."""
    return MEMBERSHIP.move(membership, "end", by=by, reason=reason, **_with(membership, reason))


def _with(membership: Membership, why: str) -> dict[str, Any]:
    values = {"why": why, "changed_at": clock.now()}
    return {"values": values, "facts": _facts(membership)}


def _facts(membership: Membership) -> dict[str, str]:
    return {
        "person": membership.person.record_key,
        "project": membership.project.code,
        "role": membership.role,
    }


# By the facts and the clock -----------------------------------------------------------------------
def recheck(membership: Membership) -> bool:
    """Record what the facts and the clock say of a membership, if it is recorded otherwise; say whether."""
    move = _move_due(membership)
    if move is None:
        return False
    try:
        move(membership)
    except (Overtaken, Refused):  # somebody, or the facts, were faster
        return False
    return True


def _move_due(membership: Membership) -> Callable[[Membership], Event] | None:
    if membership.state == Membership.State.ENDED:
        return None
    if membership.is_over_on(clock.today()):
        return run_out
    barred = bool(policies.bars_of(membership))
    if barred and membership.state == Membership.State.ACTIVE:
        return suspend
    if not barred and membership.state == Membership.State.SUSPENDED:
        return resume
    return None


def recheck_person(person: Person) -> int:
    """Record what changed of somebody's memberships; return how many did."""
    mine = Membership.objects.live().of_person(person)
    return sum(recheck(each) for each in _read(mine))


def record_changed() -> int:
    """Record what changed of every membership that has not ended; return how many did."""
    return sum(recheck(each) for each in _read(Membership.objects.live()).iterator(500))


def _read(memberships: Any) -> Any:
    return memberships.select_related(
        "person__user",
        "project",
        "choice__project",
        "choice__expression__person__user",
    ).order_by("pk")


def choice_moved(event: Any, **_kwargs: Any) -> None:
    """End, in the same transaction, the membership that rests on a choice that was just withdrawn."""
    if event.subject_kind != CHOICE or event.facts.get("to") != "withdrawn":
        return
    for membership in _read(Membership.objects.live().filter(choice__public_id=event.subject_key)):
        follow_withdrawal(membership, by=event.actor)


def facts_changed(event: Any, **_kwargs: Any) -> None:
    """Look anew at somebody's memberships once a change to what law 1 asks of them is committed.

    Only so as not to wait for the sweep: whether a membership is effective is computed when it is asked.
    """
    if event.kind.startswith(OF_LAW_1):
        transaction.on_commit(partial(_recheck_after, event.pk), robust=True)


def _recheck_after(event: int) -> None:
    if person := whom_it_concerns(Event.objects.get(pk=event)):
        recheck_person(person)


def whom_it_concerns(event: Event) -> Person | None:
    """Return the person whose facts an event tells of: named by it, or the person of its validation."""
    named = event.facts.get("person")
    if named:
        return Person.objects.filter(public_id=named).first()
    if event.subject_kind == Validation._meta.label_lower:
        return Person.objects.filter(validation__public_id=event.subject_key).first()
    return None


# The office's other steps -------------------------------------------------------------------------
def make_lead(membership: Membership, *, by: User, reason: str) -> None:
    """Let a member lead the project; whoever led it is a member from then on. Raises Refused."""
    permit(policies.may_change_role(by, membership))
    require_reason(reason)
    if membership.role == Membership.Role.LEAD:
        raise Refused(_("They lead the project already."))
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=membership.project_id)
        led = Membership.objects.live().filter(
            project=membership.project_id, role=Membership.Role.LEAD
        )
        for lead in led.select_related("person", "project"):
            _set_role(lead, Membership.Role.MEMBER, by=by, reason=reason)
        _set_role(membership, Membership.Role.LEAD, by=by, reason=reason)
        ethics.open_where_over(membership.project)


def _set_role(membership: Membership, role: str, *, by: User, reason: str) -> None:
    change(
        membership,
        "reviews.membership.made_lead"
        if role == Membership.Role.LEAD
        else "reviews.membership.made_member",
        expected={"role": membership.role},
        values={"role": role},
        by=by,
        reason=reason,
        facts=_facts(membership),
    )


def set_last_day(membership: Membership, *, ends_on: date, reason: str, by: User) -> None:
    """Say on which day it ends, today at the earliest. Raises Refused."""
    permit(policies.may_set_last_day(by, membership))
    require_reason(reason)
    if ends_on < max(clock.today(), membership.starts_on):
        raise Refused(_("The last day is today or later."))
    change(
        membership,
        "reviews.membership.last_day_set",
        expected={"ends_on": membership.ends_on},
        values={"ends_on": ends_on},
        by=by,
        reason=reason,
        facts={**_facts(membership), "ends_on": ends_on},
    )
