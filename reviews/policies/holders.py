"""Whose the key of a side is: the co-chair's, the deputy's, or a stand-in's whom the board names."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext_lazy as _

from participants.models import ProjectChoice
from participants.policies.people import is_one_with
from reviews.models import CastAs, Key, Reassignment, Side, StandIn
from reviews.policies.conflicts import why_barred
from stepchange import clock
from stepchange.models import User
from stepchange.transitions import Words
from workstreams.models import Term, WorkStream


class Because(Enum):
    """Why a key passed by somebody who would have turned it."""

    VACANT = "vacant"
    BARRED = "barred"
    GIVEN_AWAY = "given away"
    NOT_IN_USE = "not in use"
    HAS_OTHER_KEY = "has other key"

    @property
    def words(self) -> Words:
        """Say it."""
        return _BECAUSE[self]


_BECAUSE: dict[Because, Words] = {
    Because.VACANT: _("nobody holds it"),
    Because.BARRED: _("stands aside"),
    Because.GIVEN_AWAY: _("the office gave the key to another"),
    Because.NOT_IN_USE: _("the account is not in use"),
    Because.HAS_OTHER_KEY: _("turned the key of the other side"),
}


@dataclass(frozen=True)
class Holder:
    """Somebody who may turn the key of a side, and as what."""

    side: Side
    cast_as: CastAs
    user: User
    term: Term | None = None
    stand_in: StandIn | None = None


@dataclass(frozen=True)
class Passed:
    """One place that a key passed by, and why; by whom, where somebody holds it."""

    cast_as: CastAs
    because: Because
    user: User | None = None
    bar: Words | None = None
    """What bars them: theirs to read, and the record's."""


@dataclass(frozen=True)
class Holding:
    """Who holds the key of one side of a choice now, and whom it passed by. Nobody: it waits."""

    side: Side
    holder: Holder | None
    passed: tuple[Passed, ...]


@dataclass(frozen=True)
class Seats:
    """Who sits and stands in for both sides of a work-stream today, read once."""

    terms: tuple[Term, ...]
    stand_ins: tuple[StandIn, ...]

    def of(self, side: str) -> Iterator[Holder | Passed]:
        """Yield who would turn the key of a side, in the order in which it falls to them."""
        by_kind = {term.seat.kind: term for term in self.terms if term.seat.side == side}
        for cast_as in (CastAs.CO_CHAIR, CastAs.DEPUTY):
            term = by_kind.get(cast_as.value)
            if term is None:
                yield Passed(cast_as, Because.VACANT)
            else:
                yield Holder(Side(side), cast_as, term.holder, term=term)
        standing_in = [each for each in self.stand_ins if each.side == side]
        for each in standing_in:
            yield Holder(Side(side), CastAs.STAND_IN, each.holder, stand_in=each)
        if not standing_in:
            yield Passed(CastAs.STAND_IN, Because.VACANT)


def seats_of(stream: WorkStream) -> Seats:
    """Return who sits and stands in today, by two queries."""
    today = clock.today()
    terms = Term.objects.on(today).filter(seat__work_stream=stream)
    stand_ins = StandIn.objects.on(today).filter(work_stream=stream)
    return Seats(
        tuple(terms.select_related("seat", "holder", "organisation")),
        tuple(stand_ins.select_related("holder", "organisation").order_by("starts_on", "pk")),
    )


def holding_of(
    choice: ProjectChoice,
    side: str,
    *,
    seats: Seats | None = None,
    other_key: Key | None = None,
) -> Holding:
    """Return who holds the key of a side of a choice now.

    The co-chair; the deputy of the same side when the co-chair is barred, the seat vacant or the office
    gave the key on; a stand-in when neither can. Never somebody who cast `other_key`, the other side's.
    """
    seats = seats or seats_of(choice.project.work_stream)
    order = list(CastAs)
    given = Reassignment.objects.filter(choice=choice, side=side).order_by("-pk").first()
    first = order.index(CastAs(given.to)) if given else 0
    passed: list[Passed] = []
    for each in seats.of(side):
        if isinstance(each, Passed):
            passed.append(each)
        elif order.index(each.cast_as) < first:
            passed.append(Passed(each.cast_as, Because.GIVEN_AWAY, each.user))
        elif why := _why_passed(each, choice, other_key):
            passed.append(why)
        else:
            return Holding(Side(side), each, tuple(passed))
    return Holding(Side(side), None, tuple(passed))


def _why_passed(holder: Holder, choice: ProjectChoice, other_key: Key | None) -> Passed | None:
    if not holder.user.is_active:
        return Passed(holder.cast_as, Because.NOT_IN_USE, holder.user)
    if other_key and is_one_with(holder.user, other_key.caster_id):
        return Passed(holder.cast_as, Because.HAS_OTHER_KEY, holder.user)
    if bar := why_barred(holder.user, choice):
        return Passed(holder.cast_as, Because.BARRED, holder.user, bar)
    return None


def sides_of(by: User, stream: WorkStream) -> set[Side]:
    """Return the sides of a work-stream for which an account sits or stands in today, in any place."""
    seats = seats_of(stream)
    mine = {Side(term.seat.side) for term in seats.terms if term.holder_id == by.pk}
    return mine | {Side(each.side) for each in seats.stand_ins if each.holder_id == by.pk}
