"""What a choice waits for: who holds which key, since when, and who alone blocks. Never what a key says."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from django.utils.translation import gettext_lazy as _

from participants.models import ProjectChoice
from reviews.models import CastAs, Side, Split
from reviews.policies.conflicts import barred_once
from reviews.policies.falling import counting_keys
from reviews.policies.holders import Because, Holding, holding_of, seats_of
from reviews.policies.rounds import (
    held_decision,
    open_split,
    other,
    round_of,
    why_not_reviewed,
)
from stepchange.models import User
from stepchange.transitions import Words


class WaitsFor(Enum):
    """For whom a side, or a choice, waits."""

    NOTHING = "nothing"
    HOLDER = "holder"
    STAND_IN_TO_BE_NAMED = "stand-in to be named"
    APPOINTMENT = "appointment"
    OFFICE_OR_BOARD = "office or board"
    RELEASE = "release"

    @property
    def words(self) -> Words:
        """Say it."""
        return _WAITS_FOR[self]


_WAITS_FOR: dict[WaitsFor, Words] = {
    WaitsFor.NOTHING: _("Nothing"),
    WaitsFor.HOLDER: _("Whoever holds the key"),
    WaitsFor.STAND_IN_TO_BE_NAMED: _("The board, to name a stand-in"),
    WaitsFor.APPOINTMENT: _("The office, to appoint somebody to the seat"),
    WaitsFor.OFFICE_OR_BOARD: _("The office, to mediate, or two of the board, to settle"),
    WaitsFor.RELEASE: _("The office, to release the outcome"),
}


@dataclass(frozen=True)
class SideWaiting:
    """One side's key: that it was cast, by whom and since when; or whose it is, and what it waits for."""

    side: Side
    cast_by: User | None
    cast_as: CastAs | None
    since: datetime | None
    holding: Holding | None
    waits_for: WaitsFor

    @property
    def is_cast(self) -> bool:
        """Say whether the key is cast, and rests on what the volunteer says now."""
        return self.cast_by is not None

    @property
    def holder(self) -> User | None:
        """Return who has yet to turn it."""
        return self.holding.holder.user if self.holding and self.holding.holder else None


@dataclass(frozen=True)
class Waiting:
    """What one choice waits for, for both sides."""

    round: int
    sides: tuple[SideWaiting, ...] = ()
    waits_for: WaitsFor = WaitsFor.NOTHING
    split: Split | None = None
    why_not: Words | None = None
    blockers: tuple[User, ...] = field(default=())
    """Who alone is reminded: holders whose key the other side waits for, or who keep both waiting."""


def waiting_on(choice: ProjectChoice) -> Waiting:
    """Return what a choice waits for now, with nothing of what any key says. Changes nothing.

    A key that no longer counts (older than what the volunteer says now, or cast by somebody barred since)
    shows as not cast, whether or not its fall was recorded.
    """
    with barred_once():
        return _waiting_on(choice)


def _waiting_on(choice: ProjectChoice) -> Waiting:
    number = round_of(choice)
    if held_decision(choice):
        return Waiting(number, waits_for=WaitsFor.RELEASE, why_not=why_not_reviewed(choice))
    if split := open_split(choice):
        return Waiting(
            number,
            waits_for=WaitsFor.OFFICE_OR_BOARD,
            split=split,
            why_not=why_not_reviewed(choice),
        )
    if why_not := why_not_reviewed(choice):
        return Waiting(number, why_not=why_not)
    keys = counting_keys(choice, number)
    seats = seats_of(choice.project.work_stream)
    sides = []
    for side in Side:
        if key := keys.get(side):
            sides.append(
                SideWaiting(
                    side, key.caster, CastAs(key.cast_as), key.cast_at, None, WaitsFor.NOTHING
                )
            )
            continue
        holding = holding_of(choice, side, seats=seats, other_key=keys.get(other(side)))
        sides.append(SideWaiting(side, None, None, None, holding, _waits_for(holding)))
    blockers = tuple(each.holder for each in sides if each.holder)
    return Waiting(number, tuple(sides), WaitsFor.HOLDER, blockers=blockers)


def _waits_for(holding: Holding) -> WaitsFor:
    """Say for what a side waits that has a holder, or none.

    A seat that is vacant is filled by the office; when whoever sits is barred, the board names a stand-in.
    """
    if holding.holder:
        return WaitsFor.HOLDER
    sits = [each for each in holding.passed if each.cast_as != CastAs.STAND_IN]
    if all(each.because is Because.VACANT for each in sits):
        return WaitsFor.APPOINTMENT
    return WaitsFor.STAND_IN_TO_BE_NAMED


def blocking(choice: ProjectChoice) -> tuple[User, ...]:
    """Return who alone is to be reminded of a choice: whoever holds a key that is not cast."""
    return waiting_on(choice).blockers
