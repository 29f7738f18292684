"""Who holds the keys that wait, of every work-stream at once: as `waiting_on` tells it of one choice.

For the board, which names stand-ins; for the office, which appoints; and for reminders, which go to
whoever alone blocks. The queries grow with the sides that there are, and not with the volunteers.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from participants.models import Person, ProjectChoice, Snapshot
from reviews.models import CastAs, Decision, Key, Reassignment, Side, Split, StandIn
from reviews.policies.rounds import UNDECIDED_STATES, other
from reviews.policies.scope import Barred, barred_of
from reviews.policies.waiting import WaitsFor
from stepchange import clock
from stepchange.models import User
from workstreams.models import Term, WorkStream

EVERY = Q(pk__isnull=False)


def withheld_from(accounts: Iterable[int]) -> dict[int, Barred]:
    """Return what is withheld from each of some accounts now: `barred_of`, and whom each counts as."""
    keys = list(accounts)
    counts_as = Coalesce("merged_into", "pk")
    people = Person.objects.filter(user__in=keys).order_by().values_list("user", counts_as)
    return barred_of(dict.fromkeys(keys) | dict(people))


def seen_by(user: User) -> "QuerySet[ProjectChoice]":
    """Return the choices that are not withheld from an account, in whatever role (law 3)."""
    return ProjectChoice.objects.exclude(withheld_from([user.pk])[user.pk].condition)


@dataclass(frozen=True)
class Place:
    """One holder of a place of one side today."""

    cast_as: CastAs
    user: User
    since: Any


@dataclass(frozen=True)
class Unheld:
    """A side whose key nobody can turn for some choices, and who has to see to it."""

    stream: WorkStream
    side: Side
    number: int
    waits_for: WaitsFor

    @property
    def is_vacant(self) -> bool:
        """Say whether both places are vacant: the office appoints then, and the board need not name."""
        return self.waits_for is WaitsFor.APPOINTMENT


@dataclass(frozen=True)
class Blocking:
    """Somebody whose key is waited for, and since when at least one choice has waited for it."""

    user: User
    stream: WorkStream
    side: Side


class KeysWaiting:
    """All that waits for keys at this moment, read for one page or one look, and no longer."""

    @cached_property
    def _places(self) -> dict[tuple[int, str], list[Place]]:
        """Return who sits and stands in today, by work-stream and side, as a key falls to them."""
        today = clock.today()
        found: dict[tuple[int, str], list[Place]] = defaultdict(list)
        for term in Term.objects.on(today).select_related("seat", "holder"):
            seat = term.seat
            found[seat.work_stream_id, seat.side].append(
                Place(CastAs(seat.kind), term.holder, term.starts_on)
            )
        standing_in = StandIn.objects.on(today).select_related("holder")
        for each in standing_in.order_by("starts_on", "pk"):
            found[each.work_stream_id, each.side].append(
                Place(CastAs.STAND_IN, each.holder, each.starts_on)
            )
        order = list(CastAs)
        return {
            key: sorted(places, key=lambda place: order.index(place.cast_as))
            for key, places in found.items()
        }

    @cached_property
    def _barred(self) -> dict[int, Barred]:
        """Return what is withheld from each holder, and from each who cast a key that waits."""
        holders = {place.user.pk for places in self._places.values() for place in places}
        casters = Key.objects.undecided().order_by().values_list("caster", flat=True)
        return withheld_from({*holders, *casters.distinct()})

    @cached_property
    def _given(self) -> dict[str, dict[int, int]]:
        """Return, by side, to which place the office gave the key of a choice: few, the newest counts."""
        order = list(CastAs)
        found: dict[str, dict[int, int]] = {side: {} for side in Side.values}
        for choice, side, to in Reassignment.objects.order_by("pk").values_list(
            "choice", "side", "to"
        ):
            found[side][choice] = order.index(CastAs(to))
        return found

    def _counting(self, side: str) -> "QuerySet[Key]":
        """Return a side's keys that count for the choice around them: not cast by who is barred since."""
        keys = Key.objects.undecided().filter(choice=OuterRef("pk"), side=side)
        for account, barred in self._barred.items():
            if not barred.is_nothing:
                theirs = ProjectChoice.objects.filter(barred.condition).order_by().values("pk")
                keys = keys.exclude(caster=account, choice__in=theirs)
        return keys

    def _waiting(self, since: datetime | None) -> "QuerySet[ProjectChoice]":
        """Return the choices that wait for keys, or for one, and have said so since an instant, if given.

        Who is on the reserve list waits for nobody until somebody turns a key on them again.
        """
        held = Decision.objects.held().filter(choice=OuterRef("pk"))
        split = Split.objects.open().filter(choice=OuterRef("pk"))
        begun = Exists(Key.objects.undecided().filter(choice=OuterRef("pk")))
        waiting = ProjectChoice.objects.filter(
            ~Q(state=ProjectChoice.State.RESERVE) | begun,
            ~Exists(held),
            ~Exists(split),
            state__in=UNDECIDED_STATES,
            expression__state="submitted",
        )
        if since is None:
            return waiting
        newest = Snapshot.objects.filter(expression=OuterRef("expression")).order_by("-number")
        said_at = Subquery(newest.values("taken_at")[:1])
        return waiting.annotate(said_at=said_at).filter(said_at__lte=since)

    def _passed(self, place: Place, side: Side) -> Q:
        """Return what says of a choice that the key of a side passes somebody by."""
        if not place.user.is_active:
            return EVERY
        barred = self._barred[place.user.pk]
        index = list(CastAs).index(place.cast_as)
        given = [choice for choice, to in self._given[side].items() if to > index]
        mine = self._counting(other(side)).filter(caster__in=barred.accounts)
        return barred.condition | Q(pk__in=given) | Q(Exists(mine))

    def _sides(
        self, since: datetime | None
    ) -> Iterator[tuple[WorkStream, Side, "QuerySet[ProjectChoice]"]]:
        """Yield each side of each work-stream where some wait, with those that have no key of it yet."""
        waiting = self._waiting(since)
        streams = WorkStream.objects.filter(
            pk__in=waiting.order_by().values("project__work_stream")
        )
        for stream in streams.order_by("position", "name"):
            here = waiting.filter(project__work_stream=stream)
            for side in Side:
                yield stream, side, here.filter(~Exists(self._counting(side)))

    def unheld(
        self,
        seen: "QuerySet[ProjectChoice] | None" = None,
        *,
        since: datetime | None = None,
    ) -> list[Unheld]:
        """Return the sides that nobody can turn the key of for some choices.

        Of those that are `seen`, if given; of those that have waited since an instant, if given.
        """
        found = []
        for stream, side, waiting in self._sides(since):
            places = self._places.get((stream.pk, side), [])
            nobody = waiting
            for place in places:
                nobody = nobody.filter(self._passed(place, side))
            if seen is not None:
                nobody = nobody.filter(pk__in=seen.order_by().values("pk"))
            if number := nobody.order_by().count():
                sits = any(place.cast_as != CastAs.STAND_IN for place in places)
                waits_for = WaitsFor.STAND_IN_TO_BE_NAMED if sits else WaitsFor.APPOINTMENT
                found.append(Unheld(stream, side, number, waits_for))
        return found

    def blocking_since(self, instant: datetime) -> list[Blocking]:
        """Return whose key some choice has waited for since an instant, and who held the place then."""
        found = []
        for stream, side, waiting in self._sides(instant):
            left = waiting
            for place in self._places.get((stream.pk, side), []):
                passed = self._passed(place, side)
                held_then = clock.start_of(place.since) <= instant
                if held_then and left.exclude(passed).exists():
                    found.append(Blocking(place.user, stream, side))
                left = left.filter(passed)
        return found
