"""Law 3 of many choices at once: whom and what several accounts may neither see nor judge, as keys.

What `why_barred` asks of one choice in words is asked here of rows, for every holder of a work-stream
together, by a number of queries that grows with nothing. What only the words of an interest tell, and no
row yet, is asked of the one choice that is opened (docs/decisions/0028-conflicts-outlive-self-edits.md).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import CharField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from participants.models import (
    ConflictSuggestion,
    Declaration,
    Interest,
    InterestCase,
    InterestParty,
    Person,
    WorkedFor,
)
from participants.querysets import oldest_within_a_year
from reviews.models import Recusal
from stepchange import clock
from workstreams.models import Organisation, Sector, Term
from workstreams.names import name_key

WITH_UNITS = frozenset({Sector.POLICE.value, Sector.GOVERNMENT.value})
LEVELS_AT_MOST = 10


@dataclass(frozen=True)
class Barred:
    """What one account may neither see nor judge: people as they count, choices, and projects."""

    people: frozenset[int] = frozenset()
    choices: frozenset[int] = frozenset()
    projects: frozenset[int] = frozenset()
    accounts: frozenset[int] = frozenset()
    """The account, and the others of whoever holds it."""

    @property
    def condition(self) -> Q:
        """Return what says of a project choice that it is withheld from the account."""
        return (
            Q(expression__person__in=self.people)
            | Q(expression__person__merged_into__in=self.people)
            | Q(pk__in=self.choices)
            | Q(project__in=self.projects)
        )

    @property
    def is_nothing(self) -> bool:
        """Say whether nothing at all is withheld from it."""
        return not (self.people or self.choices or self.projects)


def barred_of(accounts: Mapping[int, int | None]) -> dict[int, Barred]:
    """Return what is withheld from each of some accounts now, by five queries for any number of them.

    Each is given with the key of the person whom its holder counts as; None where it has no person.
    """
    asked = {account: _Account(account, current) for account, current in accounts.items()}
    if not asked:
        return {}
    _tell_who_they_are(asked)
    register = _Register()
    for each in asked.values():
        each.entries = register.judged_as_one(each.works)
        named = {entry for entry in each.names if not register.is_other_unit(entry, each.works)}
        each.named = register.judged_as_one(named)
    _tell_whom_they_meet(asked, register)
    _tell_what_else_bars_them(asked)
    return {
        account: Barred(
            people=frozenset(each.people),
            choices=frozenset(each.choices),
            projects=frozenset(each.projects),
            accounts=frozenset(each.accounts),
        )
        for account, each in asked.items()
    }


@dataclass
class _Account:
    """One account that is asked about, while it is."""

    key: int
    counts_as: int | None = None
    accounts: set[int] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)
    works: set[int] = field(default_factory=set)
    names: set[int] = field(default_factory=set)
    entries: frozenset[int] = frozenset()
    named: frozenset[int] = frozenset()
    people: set[int] = field(default_factory=set)
    choices: set[int] = field(default_factory=set)
    projects: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.accounts.add(self.key)


_COUNTS_AS = Coalesce("merged_into", "pk")


def _tell_who_they_are(asked: dict[int, _Account]) -> None:
    """Find who holds the accounts, by every row and account of theirs; for whom they are, what they name.

    One query: what is told of a row is told of whoever it counts as.
    """
    keys = list(asked)
    counts_as = [each.counts_as for each in asked.values() if each.counts_as]
    # By keys that are known: to join people with whom they are merged reads all of them, several times.
    mine = Person.objects.filter(Q(pk__in=counts_as) | Q(merged_into__in=counts_as)).order_by()
    nothing = Cast(Value(None), IntegerField())
    person = "interest__declaration__person"
    worked = WorkedFor.objects.counting_since(_since()).filter(_is_one_of("person", counts_as))
    sits = _held_lately().filter(Q(holder__in=keys) | _is_one_of("holder__person", counts_as))
    names = _declared().filter(_is_one_of(person, counts_as))
    rows = (
        mine.values_list(_word("is"), "pk", "user", _COUNTS_AS, "organisation"),
        worked.order_by().values_list(
            _word("works"), nothing, nothing, _current("person"), "organisation"
        ),
        sits.order_by().values_list(
            _word("works"), nothing, "holder", _current("holder__person"), "organisation"
        ),
        names.order_by().values_list(
            _word("names"), nothing, nothing, _current(person), "organisation"
        ),
    )
    found = list(rows[0].union(*rows[1:]))
    for each in asked.values():
        for kind, pk, user, current, entry in found:
            if not (user == each.key or (each.counts_as and current == each.counts_as)):
                continue
            if kind == "is":
                each.rows.add(pk)
                each.people.add(current)
                each.accounts |= {user} if user else set()
            if entry:
                (each.names if kind == "names" else each.works).add(entry)


def _is_one_of(person: str, counts_as: list[int]) -> Q:
    """Return what says of a row that the person of a column counts as one of some."""
    return Q(**{f"{person}__in": counts_as}) | Q(**{f"{person}__merged_into__in": counts_as})


def _current(person: str) -> Coalesce:
    """Return the key of whom a person counts as, by the name of the column that leads to them."""
    return Coalesce(f"{person}__merged_into", person, output_field=IntegerField())


def _tell_whom_they_meet(asked: dict[int, _Account], register: "_Register") -> None:
    """Find who works, worked or sits for what is judged as one with theirs, and who names it."""
    own = frozenset().union(*(each.entries for each in asked.values()))
    every = own.union(*(each.named for each in asked.values()))
    if not every:
        return
    nobody = Cast(Value(None), IntegerField())
    works = Person.objects.filter(organisation__in=every)
    worked = WorkedFor.objects.counting_since(_since()).filter(organisation__in=every)
    sits = _held_lately().filter(organisation__in=every, holder__person__isnull=False)
    names = _declared().filter(organisation__in=own)
    person = "interest__declaration__person"
    rows = (
        works.order_by().values_list(_word("works"), _COUNTS_AS, "organisation", nobody),
        worked.order_by().values_list(_word("works"), _current("person"), "organisation", nobody),
        sits.order_by().values_list(
            _word("works"),
            _current("holder__person"),
            "organisation",
            nobody,
        ),
        names.order_by().values_list(
            _word("names"),
            _current(person),
            "organisation",
            F(f"{person}__organisation"),
        ),
    )
    for kind, met, entry, their_own in rows[0].union(*rows[1:]):
        for each in asked.values():
            if kind == "works":
                meets = entry in each.entries or entry in each.named
            else:
                is_theirs = their_own and register.is_other_unit(entry, {their_own})
                meets = entry in each.entries and not is_theirs
            if meets:
                each.people.add(met)


def _tell_what_else_bars_them(asked: dict[int, _Account]) -> None:
    """Find what the portal suggested, what they stood aside from, and their interests in projects."""
    rows = {row for each in asked.values() for row in each.rows}
    accounts = {account for each in asked.values() for account in each.accounts}
    nothing = Cast(Value(None), IntegerField())
    in_common = ConflictSuggestion.objects.filter(
        Q(person__in=rows) | Q(other__in=rows),
        state__in=("suggested", "accepted"),
        other__isnull=False,
    )
    aside = Recusal.objects.filter(basis=Recusal.Basis.DECLARED, user__in=accounts)
    cleared = InterestCase.objects.filter(person__in=rows, state=InterestCase.State.NO_ACTION)
    told = (
        in_common.order_by().values_list(
            _word("common"), _current("person"), _current("other"), nothing, _word("")
        ),
        aside.order_by().values_list(
            _word("aside"), "user", _current("person"), "choice", _word("")
        ),
        _interests_in_projects(rows)
        .order_by()
        .values_list(_word("interest"), "pk", "declaration__person", "project", _word("")),
        cleared.order_by().values_list(_word("cleared"), nothing, nothing, nothing, "key"),
    )
    interests: set[int] = set()
    keys: set[str] = set()
    for kind, one, other, third, key in told[0].union(*told[1:]):
        match kind:
            case "interest":
                interests.add(one)
            case "cleared":
                keys.add(key)
            case _:
                for each in asked.values():
                    if kind == "common" and each.counts_as in {one, other}:
                        each.people |= {one, other}
                    if kind == "aside" and one in each.accounts:
                        (each.choices if third else each.people).add(third or other)
    if interests:
        _tell_their_projects(asked, interests, keys)


def _interests_in_projects(rows: set[int]) -> "QuerySet[Interest]":
    """Return what some people declared in projects, newest of all or within the last year."""
    newer = Declaration.objects.filter(
        person=OuterRef("declaration__person"), number__gt=OuterRef("declaration__number")
    )
    said = Interest.objects.filter(declaration__person__in=rows, project__isnull=False)
    return said.filter(Q(declaration__signed_at__gte=_since()) | ~Exists(newer))


def _tell_their_projects(
    asked: dict[int, _Account], interests: set[int], cleared: set[str]
) -> None:
    """Add the projects in which they declared an interest that no "no action" has come of."""
    said = Interest.objects.filter(pk__in=interests)
    for interest in said.select_related("declaration__person", "project"):
        if InterestCase.key_of(interest) in cleared or interest.project_id is None:
            continue
        for each in asked.values():
            if interest.declaration.person_id in each.rows:
                each.projects.add(interest.project_id)


def _since() -> Any:
    return clock.start_of(oldest_within_a_year(clock.today()))


def _held_lately() -> "QuerySet[Term]":
    today = clock.today()
    held: QuerySet[Term] = Term.objects.held_since(oldest_within_a_year(today), today)
    return held


def _declared() -> "QuerySet[InterestParty]":
    return InterestParty.objects.declared_since(_since())


def _word(text: str) -> Value:
    return Value(text, output_field=CharField())


# The register ---------------------------------------------------------------------------------------
Token = tuple[str, str]


class _Register:
    """Which entries count as one to law 3, as `same_organisation` asks it of two: read by one query."""

    def __init__(self) -> None:
        columns = ("pk", "sector", "merged_into", "group", "name_key", "unit")
        self._rows = {
            row[0]: row[1:] for row in Organisation.objects.order_by().values_list(*columns)
        }

    def judged_as_one(self, entries: Iterable[int]) -> frozenset[int]:
        """Return every entry that is the same as one of these, or of a group with it, however merged."""
        found: set[int] = set()
        for entry in entries:
            for token, unit in self._family(entry):
                for other, units in self._by_token.get(token, ()):
                    if token[0] not in WITH_UNITS or unit == units or "" in {unit, units}:
                        found.add(other)
        return frozenset(found)

    def is_other_unit(self, entry: int, works_for: Iterable[int]) -> bool:
        """Say whether an entry is of the force or department of one of these, but another unit of it.

        Who declares the force they work for has not named its other units by that.
        """
        sector, _merged, _group, name, unit = self._rows[self._current(entry)]
        if sector not in WITH_UNITS:
            return False
        for own in works_for:
            own_sector, _m, _g, own_name, own_unit = self._rows[self._current(own)]
            if (own_sector, own_name) == (sector, name) and own_unit != unit:
                return True
        return False

    @cached_property
    def _by_token(self) -> dict[Token, list[tuple[int, str]]]:
        found: dict[Token, list[tuple[int, str]]] = defaultdict(list)
        for entry in self._rows:
            for token, unit in self._family(entry):
                found[token].append((entry, unit))
        return found

    def _family(self, entry: int) -> Iterator[tuple[Token, str]]:
        """Yield what an entry and the groups above it are called; of a force, its unit with it."""
        above, seen = self._current(entry), set[int]()
        while above not in seen and len(seen) < LEVELS_AT_MOST:
            seen.add(above)
            sector, _merged, group, name, unit = self._rows[above]
            yield (sector, name), name_key(unit) if sector in WITH_UNITS and unit else ""
            if sector in WITH_UNITS or group is None:
                return
            above = self._current(group)

    def _current(self, entry: int) -> int:
        merged = self._rows[entry][1]
        return int(entry if merged is None else merged)
