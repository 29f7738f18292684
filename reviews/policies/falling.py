"""When a key counts no more, though nobody replaced it: computed, then recorded by `workflow`."""

from participants.models import ExpressionOfInterest, ProjectChoice
from reviews.models import Key, SettlementView, VoidBecause
from reviews.policies.conflicts import RECUSED, why_barred
from reviews.policies.rounds import cast_keys, versions_of
from stepchange.models import User


def why_fallen(
    row: Key | SettlementView, choice: ProjectChoice, versions: tuple[int | None, int | None]
) -> VoidBecause | None:
    """Say why a key or a view on an undecided choice counts no more; None if it does.

    That its caster's term ended since is no reason: they held the seat when they cast it, and the key names
    the term. That they are barred since is one (law 3).
    """
    if is_withdrawn(choice):
        return VoidBecause.WITHDRAWN
    if row.snapshot_id != versions[0]:
        return VoidBecause.AMENDED
    if row.declaration_id != versions[1]:
        return VoidBecause.REDECLARED
    return why_caster_fell(row.caster if isinstance(row, Key) else row.member, choice)


def is_withdrawn(choice: ProjectChoice) -> bool:
    """Say whether the volunteer withdrew the choice, or all of their form."""
    return (
        choice.state == ProjectChoice.State.WITHDRAWN
        or choice.expression.state == ExpressionOfInterest.State.WITHDRAWN
    )


def why_caster_fell(caster: User, choice: ProjectChoice) -> VoidBecause | None:
    """Say whether somebody may not judge a choice any more, that they judged."""
    bar = why_barred(caster, choice)
    if bar is None:
        return None
    return VoidBecause.RECUSED if bar is RECUSED else VoidBecause.CONFLICTED


def counting_keys(choice: ProjectChoice, number: int) -> dict[str, Key]:
    """Return the keys of a round that count now, by their side."""
    versions = versions_of(choice).keys
    cast = cast_keys(choice, number)
    return {side: key for side, key in cast.items() if not why_fallen(key, choice, versions)}
