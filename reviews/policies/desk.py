"""A reviewer's desk: what they may see of one work-stream, and for whom each of it waits, as rows.

Everything that the desk shows, counts, filters and searches comes of `Desk.choices`: law 3 is computed
before any of it. For whom a choice waits is what `waiting_on` says of one, asked here of all at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    F,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from participants.models import ProjectChoice
from participants.querysets import ChoiceQuerySet
from reviews.models import CastAs, Decision, Key, Reassignment, Side, Split, StandIn
from reviews.policies.rounds import UNDECIDED_STATES, other
from reviews.policies.scope import Barred, barred_of
from stepchange import clock
from stepchange.models import User
from workstreams.models import Sector, Term, WorkStream

TAKEN = (ProjectChoice.State.OFFERED, ProjectChoice.State.ACCEPTED)


class Waits(TextChoices):
    """For whom a choice waits, as somebody at the desk reads it."""

    ME = "me", _("You")
    OTHER = "other", _("The other seat")
    OFFICE = "office", _("The office")
    RESERVE = "reserve", _("Nobody: on the reserve list")
    DONE = "done", _("Nobody: it is decided")


@dataclass(frozen=True)
class Place:
    """One holder of a place today: of a seat, or as a stand-in."""

    cast_as: CastAs
    side: Side
    holder: int
    name: str
    is_active: bool
    since: tuple[Any, int]


# Which desks are whose ---------------------------------------------------------------------------------
def streams_of(user: User) -> "QuerySet[WorkStream]":
    """Return the work-streams for which an account sits or stands in today, in any place."""
    today = clock.today()
    terms = Term.objects.on(today).filter(holder=user)
    stand_ins = StandIn.objects.on(today).filter(holder=user)
    if not user.is_active:
        return WorkStream.objects.none()
    return WorkStream.objects.filter(
        Q(pk__in=terms.values("seat__work_stream")) | Q(pk__in=stand_ins.values("work_stream"))
    ).order_by("position", "name")


def is_reviewer(user: User) -> bool:
    """Say whether an account sits or stands in for any work-stream today."""
    return streams_of(user).exists()


# One desk ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Tally:
    """One project's numbers, of what its reader may see."""

    waits: Mapping[str, int]
    volunteers: Mapping[str, int]
    taken: Mapping[str, int]
    held: int
    hours: int

    @property
    def number(self) -> int:
        """Return how many volunteer for it."""
        return sum(self.volunteers.values())

    @property
    def placed(self) -> int:
        """Return how many places are offered or taken, and those that were decided and are held."""
        return sum(self.taken.values())


class Desk:
    """One work-stream as one account may see it, at this moment: made for one page, and no longer.

    The account sits or stands in for it (`streams_of`).
    """

    def __init__(self, stream: WorkStream, user: User) -> None:
        self.stream, self.user = stream, user

    # Who sits, and what each of them may not judge -----------------------------------------------------
    @cached_property
    def _told(self) -> list[tuple[Any, ...]]:
        """Read by one query who sits, stands in, and cast a key of which nothing was made yet.

        And which keys the office gave to another holder: few, each with its choice in the holder's place.
        """
        today = clock.today()
        nobody = Value("", output_field=CharField())
        columns = ("", "__person__pk", "__person__merged_into", "__name", "__email", "__is_active")
        holder = [f"holder{each}" for each in columns]
        terms = Term.objects.on(today).filter(seat__work_stream=self.stream)
        stand_ins = StandIn.objects.on(today).filter(work_stream=self.stream)
        caster = [f"caster{each}" for each in columns]
        no_key = Cast(Value(None), IntegerField())
        none = Cast(Value(None), DateField())
        rows = (
            terms.order_by().values_list("seat__kind", "seat__side", *holder, "starts_on", "pk"),
            stand_ins.order_by().values_list(
                Value(CastAs.STAND_IN.value, output_field=CharField()),
                "side",
                *holder,
                "starts_on",
                "pk",
            ),
            self._undecided_keys()
            .order_by()
            .values_list(nobody, nobody, *caster, none, Value(0, output_field=IntegerField()))
            .distinct(),
            Reassignment.objects.filter(choice__project__work_stream=self.stream)
            .order_by()
            .values_list(
                Value("given", output_field=CharField()),
                "side",
                "choice",
                no_key,
                no_key,
                "to",
                nobody,
                Value(value=False),
                none,
                "pk",
            ),
        )
        return list(rows[0].union(*rows[1:]))

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Return who sits and stands in, in the order in which a key falls to them."""
        order = list(CastAs)
        found = [
            Place(
                CastAs(kind), Side(side), holder, name or email, bool(is_active), (starts_on, row)
            )
            for kind, side, holder, _person, _merged, name, email, is_active, starts_on, row in self._told
            if kind in CastAs.values
        ]
        return tuple(sorted(found, key=lambda each: (order.index(each.cast_as), each.since)))

    @cached_property
    def sides(self) -> frozenset[Side]:
        """Return the sides for which the account sits or stands in, in any place."""
        return frozenset(each.side for each in self.places if each.holder == self.user.pk)

    @cached_property
    def _barred(self) -> dict[int, Barred]:
        return barred_of({row[2]: row[4] or row[3] for row in self._told if row[0] != "given"})

    # What there is --------------------------------------------------------------------------------------
    @property
    def submitted(self) -> ChoiceQuerySet:
        """Return every choice of the work-stream that stands, whoever may see it."""
        found: ChoiceQuerySet = ProjectChoice.objects.filter(
            project__work_stream=self.stream, expression__state="submitted"
        ).live()
        return found

    @cached_property
    def choices(self) -> ChoiceQuerySet:
        """Return the choices that the account may see: those of whom law 3 withholds are not there."""
        return self.submitted.exclude(self._barred[self.user.pk].condition)

    @property
    def withheld(self) -> int:
        """Return from how many choices the account is recused: their number is all that it learns."""
        return self._counted[1]

    def sees(self, choice: ProjectChoice) -> bool:
        """Say whether one choice of the work-stream is not withheld, whatever became of it."""
        mine = self._barred[self.user.pk].condition
        return not ProjectChoice.objects.filter(mine, pk=choice.pk).exists()

    # For whom it waits ----------------------------------------------------------------------------------
    def waiting(self) -> "ChoiceQuerySet":
        """Return the choices with `waits`, for whom each waits, and `is_held` and `is_split`."""
        return self.choices.annotate(waits=self._waits())

    def tallies(self) -> dict[int, Tally]:
        """Return the numbers of each project, by its key, of what the account may see."""
        return self._counted[0]

    @cached_property
    def _counted(self) -> tuple[dict[int, Tally], int]:
        """Count by one query what the account may see, and how much is withheld from it."""
        sector = Case(
            When(
                expression__person__organisation__merged_into__isnull=False,
                then=F("expression__person__organisation__merged_into__sector"),
            ),
            default=F("expression__person__organisation__sector"),
            output_field=CharField(),
        )
        place = Case(
            When(state__in=TAKEN, then=Value("taken")),
            When(self._held(outcome=Decision.Outcome.OFFERED), then=Value("held")),
            default=Value(""),
            output_field=CharField(),
        )
        barred = self._barred[self.user.pk]
        shown = (
            self.choices.order_by()
            .annotate(waits=self._waits(), sector=sector, place=place)
            .values_list("project", "waits", "sector", "place")
            .annotate(number=Count("pk"), hours=Sum("hours"))
        )
        withheld = (
            self.submitted.filter(barred.condition)
            .order_by()
            .values_list(
                Value(0, output_field=IntegerField()),
                *(Value("", output_field=CharField()) for _column in range(3)),
            )
            .annotate(number=Count("pk"), hours=Sum("hours"))
        )
        found: dict[int, list[tuple[Any, ...]]] = {}
        number = 0
        for project, *row in shown if barred.is_nothing else shown.union(withheld):
            if project:
                found.setdefault(project, []).append(tuple(row))
            else:
                number = row[3]
        return {project: _tally(told) for project, told in found.items()}, number

    def _waits(self) -> Case:
        cast = {side: self.is_cast(side) for side in Side}
        turns = {side: list(self._turns(side)) for side in Side}
        mine = Q(pk__in=())
        anybodys = Q(pk__in=())
        for side in Side:
            for place, condition in turns[side]:
                anybodys |= condition & ~cast[side]
                if place.holder == self.user.pk:
                    mine |= condition & ~cast[side]
        nothing_cast = ~cast[Side.BUSINESS] & ~cast[Side.POLICE]
        reserve = Q(state=ProjectChoice.State.RESERVE)
        return Case(
            When(self._held() | self._split(), then=Value(Waits.OFFICE.value)),
            When(~Q(state__in=UNDECIDED_STATES), then=Value(Waits.DONE.value)),
            When(reserve & nothing_cast, then=Value(Waits.RESERVE.value)),
            When(mine, then=Value(Waits.ME.value)),
            When(anybodys, then=Value(Waits.OTHER.value)),
            default=Value(Waits.OFFICE.value),
            output_field=CharField(),
        )

    def _turns(self, side: Side) -> Iterator[tuple[Place, Q]]:
        """Yield who would turn the key of a side, each with what says of a choice that it is theirs."""
        order = list(CastAs)
        before = Q(pk__in=())
        for place in (each for each in self.places if each.side == side and each.is_active):
            barred = self._barred[place.holder]
            may = ~barred.condition if not barred.is_nothing else ~Q(pk__in=())
            if any(self._sits_across(account, side) for account in barred.accounts):
                theirs = self._undecided_keys().filter(side=other(side), caster__in=barred.accounts)
                may &= ~Q(pk__in=theirs.values("choice"))
            later = [each.value for each in order[order.index(place.cast_as) + 1 :]]
            if away := {choice for choice, to in self._given[side].items() if to in later}:
                may &= ~Q(pk__in=away)
            yield place, may & ~before
            before |= may

    @cached_property
    def _given(self) -> dict[Side, dict[int, str]]:
        """Return, by side, of which choices the office gave the key to another holder, and to which."""
        given: dict[Side, dict[int, str]] = {side: {} for side in Side}
        for _kind, side, choice, _person, _merged, to, *_rest in sorted(
            (row for row in self._told if row[0] == "given"), key=lambda row: int(row[-1])
        ):
            given[Side(side)][choice] = to
        return given

    def _sits_across(self, account: int, side: Side) -> bool:
        """Say whether an account sits for the other side too, or cast a key that is not decided."""
        return any(each.holder == account and each.side != side for each in self.places) or any(
            row[2] == account and not row[0] for row in self._told
        )

    def is_cast(self, side: Side) -> Q:
        """Return what says that a side's key is cast by somebody who may still judge the choice."""
        keys = self._undecided_keys().filter(side=side)
        cast = Q(pk__in=keys.values("choice"))
        for caster in {row[2] for row in self._told if not row[0]}:
            barred = self._barred[caster]
            if not barred.is_nothing:
                theirs = keys.filter(caster=caster)
                cast &= ~(Q(pk__in=theirs.values("choice")) & barred.condition)
        return cast

    def _undecided_keys(self) -> Any:
        return Key.objects.undecided().filter(choice__project__work_stream=self.stream)

    def _held(self, **named: Any) -> Q:
        held = Decision.objects.held().filter(choice__project__work_stream=self.stream, **named)
        return Q(pk__in=held.values("choice"))

    def _split(self) -> Q:
        split = Split.objects.open().filter(choice__project__work_stream=self.stream)
        return Q(pk__in=split.values("choice"))


def _tally(rows: list[tuple[Any, ...]]) -> Tally:
    waits = dict.fromkeys(Waits.values, 0)
    volunteers = dict.fromkeys(Sector.values, 0)
    taken = dict.fromkeys(Sector.values, 0)
    held = hours = 0
    for waits_for, sector, place, number, offered in rows:
        known = sector or ""  # nobody knows for whom they work
        waits[waits_for] += number
        volunteers[known] = volunteers.get(known, 0) + number
        hours += offered
        if place:
            taken[known] = taken.get(known, 0) + number
            held += number if place == "held" else 0
    return Tally(waits, volunteers, taken, held, hours)
