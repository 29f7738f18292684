"""Who stands aside, and who acts instead: recusals, keys given to another, stand-ins of the board."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from participants.models import ProjectChoice
from reviews import policies
from reviews.models import CastAs, Key, Reassignment, Recusal, Side, Split, StandIn, VoidBecause
from reviews.policies import Because, Holding
from reviews.workflow.falling import (
    about,
    free,
    held,
    undecided,
    void_key,
    void_split,
    void_view,
)
from stepchange.events import record
from stepchange.locks import hold
from stepchange.models import User
from stepchange.transitions import Refused, change, permit, require_reason
from workstreams.models import Organisation, Seat, WorkStream
from workstreams.workflow import settle_co_chairs


# Recusals ---------------------------------------------------------------------------------------------
def stand_aside(
    choice: ProjectChoice, *, by: User, reason: str, from_person: bool = False
) -> Recusal:
    """Stand aside from a choice, or from all of its person, with the reason; once, and for good.

    The reason rests encrypted in the row alone, in the confidence of whom it is about.
    It binds in every role. What one said of it and nothing was decided by falls, and the key goes to the
    deputy or the stand-in. Raises Refused.
    """
    permit(policies.may_stand_aside(by, choice))
    require_reason(reason)
    person = choice.expression.person
    with transaction.atomic():
        hold(f"reviews.recusal {by.pk}")
        known = Recusal.objects.filter(user=by, basis="declared")
        about_it = (
            known.filter(choice__isnull=True, person=person)
            if from_person
            else known.filter(choice=choice)
        )
        if existing := about_it.first():
            return existing
        made = _record_recusal(
            by,
            choice,
            Recusal.Basis.DECLARED,
            reason,
            whole=from_person,
        )
        _let_own_fall(by, choice, from_person=from_person)
    return made


def _record_recusal(
    user: User, choice: ProjectChoice, basis: Recusal.Basis, reason: str, *, whole: bool = False
) -> Recusal:
    side = next(iter(sorted(policies.sides_of(user, choice.project.work_stream))), "")
    made = Recusal.objects.create(
        user=user,
        person=choice.expression.person,
        choice=None if whole else choice,
        side=side,
        basis=basis,
        reason=reason.strip(),
    )
    record(
        "reviews.recusal.recorded",
        made,
        by=user if basis == Recusal.Basis.DECLARED else None,
        facts={
            **about(choice),
            "holder": user.record_key,
            "side": side,
            "basis": basis,
            "whole": whole,
        },
    )
    return made


def _let_own_fall(by: User, choice: ProjectChoice, *, from_person: bool) -> None:
    """Void what somebody said who stands aside now, where nothing was decided by it yet."""
    touched = ProjectChoice.objects.filter(pk=choice.pk)
    if from_person:
        touched = ProjectChoice.objects.filter(expression__person=choice.expression.person_id)
    mine = Key.objects.cast().filter(caster=by, choice__in=touched.values("pk"))
    for key in undecided(list(free(mine))):
        void_key(key, VoidBecause.RECUSED, by=by)
    for split in free(Split.objects.open().filter(choice__in=touched.values("pk"))):
        if by.pk in {split.business_key.caster_id, split.police_key.caster_id}:
            void_split(split, VoidBecause.RECUSED, by=by)
        else:
            for view in split.views.filter(state="cast", member=by):
                void_view(view, by=by)


def record_met(by: User, choice: ProjectChoice) -> Recusal | None:
    """Record, once, that law 3 kept somebody from a choice when they met it; None if it does not.

    In a transaction of its own: called by whatever then refuses, the page included.
    """
    bar = policies.why_conflicted_over(by, choice)
    return _record_computed(by, choice, str(bar)) if bar else None


def _record_computed(user: User, choice: ProjectChoice, reason: str) -> Recusal:
    known = Recusal.objects.filter(user=user, choice=choice, basis="computed")
    with transaction.atomic():
        hold(f"reviews.recusal {user.pk} {choice.pk}")  # two tabs of one page
        return known.first() or _record_recusal(user, choice, Recusal.Basis.COMPUTED, reason)


def record_passed(choice: ProjectChoice, holding: Holding) -> None:
    """Record, once each, by whom a key passed because law 3 keeps them from it."""
    for each in holding.passed:
        if each.because is Because.BARRED and each.user and each.bar is not policies.RECUSED:
            _record_computed(each.user, choice, str(each.bar))


# Keys given to another ----------------------------------------------------------------------------------
def reassign(
    choice: ProjectChoice, *, side: Side | str, to: CastAs | str, by: User, reason: str
) -> Reassignment:
    """Give the key of a side to its deputy, a stand-in, or back to the co-chair. Raises Refused.

    For a co-chair who can't be reached: nothing is decided, and no key passes on, by time.
    """
    require_reason(reason)
    with transaction.atomic():
        fresh = held(choice)
        permit(policies.may_reassign(by, fresh, side))
        standing = policies.given_to(fresh, side)
        if (standing.to if standing else CastAs.CO_CHAIR) == to:
            raise Refused(_("The key is there already."))
        made = Reassignment.objects.create(
            choice=fresh, side=Side(side), to=CastAs(to), by=by, reason=reason.strip()
        )
        record(
            "reviews.key.reassigned",
            fresh,
            by=by,
            reason=reason.strip(),
            facts={"side": made.side, "to": made.to},
        )
    return made


# Stand-ins ------------------------------------------------------------------------------------------------
def name_stand_in(
    stream: WorkStream,
    *,
    side: Side | str,
    holder: User,
    organisation: Organisation,
    starts_on: date,
    ends_on: date,
    by: User,
    reason: str,
) -> StandIn:
    """Name who stands in for a side of a work-stream on some days, for the board. Raises Refused."""
    require_reason(reason)
    permit(policies.why_not_days(starts_on, ends_on))
    permit(policies.may_name(by, side, holder, organisation))
    with transaction.atomic():
        Seat.objects.select_for_update().filter(work_stream=stream, side=side).first()
        made = StandIn.objects.create(
            work_stream=stream,
            side=Side(side),
            holder=holder,
            organisation=organisation,
            starts_on=starts_on,
            ends_on=ends_on,
            named_by=by,
            reason=reason.strip(),
        )
        settle_co_chairs()
        record(
            "reviews.stand_in.named",
            made,
            by=by,
            reason=reason.strip(),
            facts={
                "work_stream": stream.record_key,
                "side": made.side,
                "holder": holder.record_key,
                "organisation": organisation.record_key,
                "starts_on": starts_on,
                "ends_on": ends_on,
            },
        )
    return made


def end_stand_in(stand_in: StandIn, *, ends_on: date, by: User, reason: str) -> None:
    """End somebody's time as stand-in sooner, on a day that is its last. Raises Refused."""
    require_reason(reason)
    permit(policies.may_end_stand_in(by, stand_in))
    if not stand_in.starts_on <= ends_on <= stand_in.ends_on:
        raise Refused(_("It is only ever shortened: name them again to lengthen it."))
    with transaction.atomic():
        change(
            stand_in,
            "reviews.stand_in.ended",
            expected={"ends_on": stand_in.ends_on},
            values={"ends_on": ends_on},
            by=by,
            reason=reason.strip(),
            facts={"before": stand_in.ends_on, "ends_on": ends_on},
        )
        settle_co_chairs()
