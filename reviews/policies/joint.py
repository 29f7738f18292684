"""That a decision is joint (law 2), asked of the rows it was made of, by whoever relies on it later."""

from django.utils.translation import gettext_lazy as _

from participants.models import ProjectChoice
from reviews.models import Decision
from reviews.policies.rounds import joint_decision
from stepchange.transitions import Words

NOT_DECIDED = _("No joint decision stands for it.")
TAKES_IN = (Decision.Outcome.OFFERED, Decision.Outcome.RESERVE)
"""The outcomes on which a place can be offered: at once, or from the reserve."""


def is_joint(decision: Decision) -> bool:
    """Say whether two different people made it: one of each side, or two of the board, of two sectors."""
    if decision.basis == Decision.Basis.JOINT:
        one, other = decision.business_key, decision.police_key
        if one is None or other is None:
            return False
        return (
            one.caster_id != other.caster_id
            and (one.side, other.side) == ("business", "police")
            and one.view == other.view
            and {one.choice_id, other.choice_id} == {decision.choice_id}
        )
    mine, theirs = decision.one_view, decision.other_view
    if mine is None or theirs is None:
        return False
    return (
        mine.member_id != theirs.member_id
        and mine.sector != theirs.sector
        and mine.view == theirs.view
        and mine.split_id == theirs.split_id == decision.split_id
    )


def decision_bar(choice: ProjectChoice) -> Words | None:
    """Say that no joint decision to take somebody in stands for their choice; None if one does."""
    decision = joint_decision(choice)
    if decision and decision.outcome in TAKES_IN and is_joint(decision):
        return None
    return NOT_DECIDED


def who_decided(decision: Decision) -> set[int]:
    """Return the accounts, by their keys, that took part in a decision: keys and views of every round.

    A key that was replaced, or that came before a mediation, took part too.
    """
    keys = decision.choice.keys.values_list("caster", flat=True)
    views = [
        member
        for split in decision.choice.splits.all()
        for member in split.views.values_list("member", flat=True)
    ]
    ended = decision.choice.splits.filter(ended_by__isnull=False)
    return {*keys, *views, *ended.values_list("ended_by", flat=True)}
