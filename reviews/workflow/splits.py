"""Ending a split: mediated, and both keys are cast anew; or settled by two of the board (law 2)."""

from django.db import transaction
from django.utils.translation import gettext as _

from participants.models import ProjectChoice
from reviews import policies
from reviews.models import Decision, SettlementView, Split, View
from reviews.workflow.deciding import ChangedSince, check_view, make_decision
from reviews.workflow.falling import (
    SPLIT,
    VIEW,
    about,
    held,
    record_fallen,
    settle_fallen,
    void_view,
)
from reviews.workflow.standing_aside import record_met
from stepchange import clock
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Refused, permit, require_reason


def mediate(split: Split, *, by: User, how: str) -> None:
    """Record how the office mediated: both keys are cast anew, in the next round. Raises Refused."""
    require_reason(how)
    record_met(by, split.choice)
    with transaction.atomic():
        held(split.choice)
        fresh = _held(split)
        for view in fresh.views.filter(state="cast"):
            void_view(view, by=by)
        SPLIT.move(
            fresh,
            "mediate",
            by=by,
            values={"ended_at": clock.now(), "ended_by": by, "mediation": how.strip()},
            facts={**about(fresh.choice), "in_round": fresh.round},
        )
    split.refresh_from_db()


def settle(split: Split, *, by: User, view: View | str, reason: str, seen: str) -> SettlementView:
    """Give one's view of a split, as a member of the board, or replace it while it is open.

    Two views that agree, of two sectors, are the decision, made in the same transaction; two that differ
    leave it open. `seen` names the versions that the page showed. Raises ChangedSince, Refused.
    """
    require_reason(reason)
    if view not in View.values:
        raise Refused(_("Choose what you recommend."))
    record_met(by, split.choice)
    try:
        given = _settle(split, View(view), reason, seen, by=by)
    except Refused:
        record_fallen(split.choice)
        raise
    split.refresh_from_db()
    return given


def _settle(split: Split, view: View, reason: str, seen: str, *, by: User) -> SettlementView:
    """Give a view, and settle by it when another agrees, while nobody else decides about the choice."""
    with transaction.atomic(), policies.barred_once():
        choice = held(split.choice)
        settle_fallen(choice)
        fresh = _held(split)
        permit(policies.may_settle(by, fresh))
        versions = policies.versions_of(choice)
        if seen != versions.seen:
            raise ChangedSince(str(policies.CHANGED))
        check_view(choice, view)
        if own := fresh.views.filter(state="cast", member=by).first():
            VIEW.move(
                own,
                "replace",
                by=by,
                values={"ended_at": clock.now()},
                facts={"split": fresh.record_key},
            )
        given = _give(fresh, choice, view, reason, versions, by=by)
        _settle_if_agreed(fresh, choice, given, versions, by=by)
    return given


def _give(
    split: Split,
    choice: ProjectChoice,
    view: View,
    reason: str,
    versions: policies.Versions,
    *,
    by: User,
) -> SettlementView:
    given = SettlementView(
        split=split,
        member=by,
        sector=policies.sector_of(by),
        view=view,
        reason=reason.strip(),
        snapshot=versions.snapshot,
        declaration=versions.declaration,
    )
    given.digest = policies.digest_of_view(given)
    given.save(force_insert=True)
    record(
        "reviews.settlement_view.given",
        given,
        by=by,
        facts={
            **about(choice),
            "split": split.record_key,
            "sector": given.sector,
            "digest": given.digest,
        },
    )
    return given


def _settle_if_agreed(
    split: Split,
    choice: ProjectChoice,
    given: SettlementView,
    versions: policies.Versions,
    *,
    by: User,
) -> None:
    """Make the decision when another member of another sector says the same."""
    others = split.views.filter(state="cast", view=given.view).exclude(sector=given.sector)
    agreeing = others.order_by("pk").first()
    if agreeing is None:
        return
    SPLIT.move(
        split,
        "settle",
        by=by,
        values={"ended_at": clock.now(), "ended_by": by},
        facts={**about(choice), "in_round": split.round},
    )
    make_decision(
        choice,
        given.view,
        versions,
        by=by,
        round=split.round,
        basis=Decision.Basis.SETTLED,
        split=split,
        one_view=agreeing,
        other_view=given,
    )


def _held(split: Split) -> Split:
    """Return a split as it is now, held until the transaction ends."""
    rows = Split.objects.select_for_update(of=("self",))
    return rows.select_related(
        "business_key", "police_key", "choice__expression__person", "choice__project__work_stream"
    ).get(pk=split.pk)
