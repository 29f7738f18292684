"""The moves of calls, and the appointment of co-chairs."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stepchange import clock
from stepchange.events import record
from stepchange.models import User
from stepchange.roles import Role
from stepchange.transitions import (
    Overtaken,
    Refused,
    Table,
    Transition,
    change,
    permit,
    require_reason,
)
from workstreams import policies
from workstreams.models import Call, Organisation, Seat, Term

CALL = Table(
    "workstreams.call",
    Transition(
        name="publish",
        event="published",
        sources=("draft",),
        target="published",
        label=gettext_lazy("Publish"),
        policy=policies.may_publish,
    ),
    Transition(
        name="close",
        event="closed",
        sources=("published",),
        target="closed",
        label=gettext_lazy("Close"),
        policy=policies.may_close,
    ),
    Transition(
        name="archive",
        event="archived",
        sources=("closed",),
        target="archived",
        label=gettext_lazy("Archive"),
        policy=policies.runs_the_office,
    ),
    model="workstreams.Call",
)


def publish_call(call: Call, *, by: User | None) -> None:
    """Announce a call; it opens by itself at its opening instant. Raises Refused."""
    try:
        with transaction.atomic():
            CALL.move(call, "publish", by=by, facts=_dates(call))
    except IntegrityError:
        # Another call was published since the policy looked: ask it again, for the words.
        if refusal := policies.may_publish(by, call):
            raise Overtaken(str(refusal)) from None
        raise


def close_call(call: Call, *, by: User | None) -> None:
    """Record that a call has ended. Nobody could submit since its closing instant anyway."""
    CALL.move(call, "close", by=by, facts=_dates(call))


def archive_call(call: Call, *, by: User | None) -> None:
    """Put a closed call away. Raises Refused."""
    CALL.move(call, "archive", by=by)


def close_ended_calls() -> int:
    """Record each published call whose closing instant has come; return how many."""
    ended = list(Call.objects.ended_at(clock.now()))
    for call in ended:
        close_call(call, by=None)
    return len(ended)


def redate_call(
    call: Call,
    *,
    opens_at: datetime,
    closes_at: datetime,
    delivery_on: date,
    decisions_on: date | None,
    by: User | None,
    reason: str,
) -> None:
    """Move a call's dates before it closes; the record keeps the old ones. Raises Refused."""
    permit(policies.may_redate(by, call))
    require_reason(reason)
    if closes_at <= opens_at:
        raise Refused(_("A call closes after it opens."))
    before = _dates(call)
    after = {
        "opens_at": opens_at,
        "closes_at": closes_at,
        "delivery_on": delivery_on,
        "decisions_on": decisions_on,
    }
    change(
        call,
        "workstreams.call.redated",
        expected={"state": call.state, **before},
        values=after,
        by=by,
        reason=reason,
        facts={"before": before, "after": after},
    )


def _dates(call: Call) -> dict[str, Any]:
    return {
        name: getattr(call, name)
        for name in ("opens_at", "closes_at", "delivery_on", "decisions_on")
    }


def appoint(
    seat: Seat,
    *,
    holder: User,
    organisation: Organisation,
    starts_on: date,
    ends_on: date | None,
    by: User | None,
) -> Term:
    """Give a seat to its next holder. Raises Refused when the terms of a seat would overlap.

    Only to an account that is in use, and for an organisation of the register.
    """
    permit(policies.may_appoint(by, holder, organisation))
    if ends_on and ends_on < starts_on:
        raise Refused(_("A term ends after it starts."))
    with transaction.atomic():
        Seat.objects.select_for_update().get(pk=seat.pk)
        for other in Term.objects.filter(seat=seat):
            if (ends_on is None or other.starts_on <= ends_on) and (
                other.ends_on is None or other.ends_on >= starts_on
            ):
                raise Refused(
                    _("%(holder)s holds this seat then: end that term first.")
                    % {"holder": other.holder}
                )
        term = Term.objects.create(
            seat=seat,
            holder=holder,
            organisation=organisation,
            starts_on=starts_on,
            ends_on=ends_on,
        )
        settle_co_chairs()
        record(
            "workstreams.seat.appointed",
            seat,
            by=by,
            facts={
                "term": term.record_key,
                "holder": holder.record_key,
                "organisation": organisation.record_key,
                "starts_on": starts_on,
                "ends_on": ends_on,
            },
        )
    return term


def end_term(term: Term, *, ends_on: date, by: User | None, reason: str) -> None:
    """End a holder's time in a seat sooner, on a day that is its last. Raises Refused.

    Never later: the days after a term may be the next holder's.
    """
    permit(policies.may_end(by, term))
    require_reason(reason)
    if ends_on < term.starts_on:
        raise Refused(_("A term ends after it starts."))
    if term.ends_on and ends_on > term.ends_on:
        raise Refused(_("A term is only ever shortened: appoint again to lengthen it."))
    with transaction.atomic():
        seat = Seat.objects.select_for_update().get(pk=term.seat_id)
        change(
            term,
            "workstreams.seat.term_ended",
            expected={"ends_on": term.ends_on},
            values={"ends_on": ends_on},
            by=by,
            reason=reason,
            facts={"term": term.record_key, "before": term.ends_on, "ends_on": ends_on},
            about=seat,
        )
        settle_co_chairs()


ALSO_SERVING: list[Callable[[], set[int]]] = []
"""Who else acts for a side of a work-stream, as higher apps know it: the keys of their accounts."""


def settle_co_chairs() -> int:
    """Make the co-chairs' group the holders of terms that are not over; return how many changed.

    And who acts for them (`ALSO_SERVING`).

    Nothing is decided by this group but who needs a second factor: a seat counts by its term.
    """
    with transaction.atomic():
        # One at a time, or two appointments at once could each undo what the other did.
        group = Group.objects.select_for_update(no_key=True).get(name=Role.CO_CHAIR.value)
        terms = Term.objects.not_over_on(clock.today())
        serving = set(terms.values_list("holder_id", flat=True))
        serving = serving.union(*(also() for also in ALSO_SERVING))
        grouped = set(group.user_set.values_list("pk", flat=True))
        group.user_set.add(*(serving - grouped))
        group.user_set.remove(*(grouped - serving))
    return len(serving ^ grouped)
