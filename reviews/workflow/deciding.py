"""Turning keys: blind until both are cast, then a decision when they agree, a split when not (law 2)."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from participants.models import ProjectChoice
from reviews import policies
from reviews.models import Decision, Key, SettlementView, Side, Split, View
from reviews.policies import Holding, Turn, Versions
from reviews.workflow.falling import KEY, about, held, record_fallen, settle_fallen
from reviews.workflow.standing_aside import record_met, record_passed
from stepchange import clock
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Refused, require_reason

OUTCOME_OF = {
    View.ACCEPT: Decision.Outcome.OFFERED,
    View.RESERVE: Decision.Outcome.RESERVE,
    View.DECLINE: Decision.Outcome.DECLINED,
}
SCALE_MOST = 5


class ChangedSince(Refused):
    """The volunteer says something else than what the page showed: look again, then recommend."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a reviewer says by a key. The scales go from 1 to 5; notes open to the pair with the key."""

    view: View | str
    reason: str
    fit: int | None = None
    capacity: int | None = None
    risk: int | None = None
    notes: str = ""


def cast(choice: ProjectChoice, *, by: User, said: Said, seen: str) -> Key:
    """Turn one's key on a choice, or replace it while the other is not cast.

    `seen` names the versions that the page showed (`policies.versions_of(choice).seen`). When it is the
    second key of the round, the decision or the split is made in the same transaction. Raises ChangedSince
    when the volunteer says something else by now, and Refused. A conflict that is met is recorded.
    """
    _check(said)
    record_met(by, choice)
    try:
        key, holding = _cast(choice, said, seen, by=by)
    except Refused:
        record_fallen(choice)
        raise
    record_passed(choice, holding)
    choice.refresh_from_db()
    return key


def _cast(choice: ProjectChoice, said: Said, seen: str, *, by: User) -> tuple[Key, Holding]:
    """Turn a key, and make what the two of a round come to, while nobody else decides about the choice."""
    with transaction.atomic(), policies.barred_once():
        fresh = held(choice)
        settle_fallen(fresh)
        turn, refusal = policies.turn_of(by, fresh)
        if turn is None:
            raise Refused(str(refusal))
        versions = policies.versions_of(fresh)
        if seen != versions.seen:
            raise ChangedSince(str(policies.CHANGED))
        if not versions.are_complete:
            raise Refused(
                _("They have not declared their interests: nothing is decided before that.")
            )
        check_view(fresh, said.view)
        key = _turn(fresh, said, turn, versions, by=by)
        keys = {**turn.keys, turn.holding.side: key}
        if len(keys) == len(Side):
            _conclude(fresh, keys, versions, by=by)
    return key, turn.holding


def _check(said: Said) -> None:
    require_reason(said.reason)
    if said.view not in View.values:
        raise Refused(_("Choose what you recommend."))
    scales = [scale for scale in (said.fit, said.capacity, said.risk) if scale is not None]
    if not all(1 <= scale <= SCALE_MOST for scale in scales):
        raise Refused(_("Choose from 1 to 5."))


def check_view(choice: ProjectChoice, view: View | str) -> None:
    """Raise Refused for a view that would leave a choice where it is."""
    if choice.state == ProjectChoice.State.RESERVE and view == View.RESERVE:
        raise Refused(_("They are on the reserve list already: accept or decline."))


def _turn(
    choice: ProjectChoice,
    said: Said,
    turn: Turn,
    versions: Versions,
    *,
    by: User,
) -> Key:
    """Put a key among those of its round, in place of one's own; the record tells nothing that it says."""
    holder, number = turn.holding.holder, turn.number
    if holder is None:
        raise Refused(str(policies.NO_SEAT))
    earlier = turn.keys.get(holder.side)
    if earlier:
        KEY.move(
            earlier,
            "replace",
            by=by,
            values={"ended_at": clock.now()},
            facts={**about(choice), "in_round": number, "side": holder.side},
        )
    key = Key(
        choice=choice,
        round=number,
        side=holder.side,
        caster=by,
        cast_as=holder.cast_as,
        term=holder.term,
        stand_in=holder.stand_in,
        view=said.view,
        reason=said.reason.strip(),
        fit=said.fit,
        capacity=said.capacity,
        risk=said.risk,
        notes=said.notes.strip(),
        snapshot=versions.snapshot,
        declaration=versions.declaration,
    )
    key.digest = policies.digest_of_key(key)
    key.save(force_insert=True)
    record(
        "reviews.key.cast",
        key,
        by=by,
        facts={
            **about(choice),
            "in_round": number,
            "side": holder.side,
            "acting_as": holder.cast_as,
            "term": holder.term.record_key if holder.term else None,
            "stand_in": holder.stand_in.record_key if holder.stand_in else None,
            "digest": key.digest,
            **_versions(versions),
        },
    )
    return key


def _versions(versions: Versions) -> dict[str, Any]:
    return {
        "snapshot": versions.snapshot.number if versions.snapshot else None,
        "declaration": versions.declaration.number if versions.declaration else None,
    }


def _conclude(choice: ProjectChoice, keys: dict[str, Key], versions: Versions, *, by: User) -> None:
    """Make of the two keys of a round what they say together."""
    business, police = keys[Side.BUSINESS], keys[Side.POLICE]
    if business.view == police.view:
        make_decision(
            choice,
            business.view,
            versions,
            by=by,
            round=business.round,
            basis=Decision.Basis.JOINT,
            business_key=business,
            police_key=police,
        )
        return
    split = Split.objects.create(
        choice=choice, round=business.round, business_key=business, police_key=police
    )
    record(
        "reviews.split.opened",
        split,
        by=by,
        facts={
            **about(choice),
            "in_round": split.round,
            "keys": [business.record_key, police.record_key],
        },
    )


def make_decision(
    choice: ProjectChoice,
    view: str,
    versions: Versions,
    *,
    by: User,
    **made_of: Any,
) -> Decision:
    """Write what two made of a choice, in the open transaction in which the second of them said it.

    The record names the two by their digests, and what it rests on; the outcome is in the row alone until
    it is released: no reader of the record learns it sooner than the volunteer.
    """
    decision = Decision(
        choice=choice,
        outcome=OUTCOME_OF[View(view)],
        snapshot=versions.snapshot,
        declaration=versions.declaration,
        relied_on=policies.relied_on(choice, versions),
        **made_of,
    )
    decision.digest = policies.digest_of_decision(decision)
    decision.save(force_insert=True)
    made_by: list[Key | SettlementView | None] = [
        decision.business_key,
        decision.police_key,
        decision.one_view,
        decision.other_view,
    ]
    record(
        "reviews.decision.made",
        decision,
        by=by,
        facts={
            **about(choice),
            "in_round": decision.round,
            "basis": decision.basis,
            "keys": [each.record_key for each in made_by if each],
            "digests": [each.digest for each in made_by if each],
            "digest": decision.digest,
            **_versions(versions),
        },
    )
    return decision
