"""Conflicts that the portal suggests: what two sides have in common, kept until somebody settles it.

Compared is what somebody works for or declares an interest in, with the same of whoever holds a seat of
a work-stream that they volunteer for, and with what others on the same project work for and declare.
Colleagues who volunteer for one project are no conflict of either: how many come from one house is
counted elsewhere (design.md, section 8). Nothing here is about gains, and no text is read: only who
names which entry of the register.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from participants.models import (
    ConflictSuggestion,
    Declaration,
    Interest,
    InterestParty,
    Person,
    ProjectChoice,
    Reason,
    Uncompared,
)
from participants.policies import compliance
from participants.policies.houses import houses
from participants.workflow.matching import match_declarations, named_in
from participants.workflow.people import person_of
from stepchange import clock
from stepchange.events import fingerprint
from stepchange.models import Event, User
from stepchange.transitions import Table, Transition, permit
from workstreams.models import Term

SUGGESTION = Table(
    "participants.suggestion",
    Transition(
        name="accept",
        event="accepted",
        sources=("suggested",),
        target="accepted",
        label=gettext_lazy("It is a conflict"),
        policy=compliance.may_settle_suggestion,
        asks_reason=True,
    ),
    Transition(
        name="dismiss",
        event="dismissed",
        sources=("suggested", "accepted"),
        target="dismissed",
        label=gettext_lazy("Dismiss it"),
        policy=compliance.may_settle_suggestion,
        asks_reason=True,
    ),
    Transition(
        name="take_back",
        event="taken_back",
        sources=("accepted", "dismissed"),
        target="suggested",
        label=gettext_lazy("Take it back"),
        policy=compliance.may_settle_suggestion,
        asks_reason=True,
    ),
    Transition(
        name="lapse",
        event="lapsed",
        sources=("suggested",),
        target="lapsed",
        label=gettext_lazy("No longer so"),
        policy=compliance.settled_by_itself,
    ),
    Transition(
        name="raise_again",
        event="raised_again",
        sources=("lapsed",),
        target="suggested",
        label=gettext_lazy("So again"),
        policy=compliance.settled_by_itself,
    ),
    model="participants.ConflictSuggestion",
)

DECLARED = "participants.declaration.signed"
APPOINTED = frozenset({"workstreams.seat.appointed", "workstreams.seat.term_ended"})
OF_FORMS = frozenset(
    {
        "participants.expression.submitted",
        "participants.expression.amended",
        "participants.expression.withdrawn",
        "participants.choice.withdrawn_alone",
    }
)
COMPARED_AFTER = frozenset({DECLARED, *APPOINTED, *OF_FORMS})
AT_ONCE = 200


# Settled by the office --------------------------------------------------------------------------------
def accept(suggestion: ConflictSuggestion, *, by: User, reason: str) -> None:
    """Say that it is a conflict: it bars (law 1) until it is dealt with. Raises Refused."""
    permit(compliance.why_not_reason(reason))
    SUGGESTION.move(suggestion, "accept", by=by, reason=reason, facts=_facts(suggestion))


def dismiss(suggestion: ConflictSuggestion, *, by: User, reason: str) -> None:
    """Say that it is none, or none any more, with the reason. Raises Refused.

    It comes back only if its facts change.
    """
    permit(compliance.why_not_reason(reason))
    SUGGESTION.move(suggestion, "dismiss", by=by, reason=reason, facts=_facts(suggestion))


def take_back(suggestion: ConflictSuggestion, *, by: User, reason: str) -> None:
    """Let it wait again, accepted or dismissed by mistake as it was, with the reason. Raises Refused."""
    permit(compliance.why_not_reason(reason))
    SUGGESTION.move(suggestion, "take_back", by=by, reason=reason, facts=_facts(suggestion))


def _facts(suggestion: ConflictSuggestion) -> dict[str, str]:
    return {"digest": suggestion.facts_digest}


# What is to be compared ---------------------------------------------------------------------------
def keep_in_mind(event: Event, **_: object) -> None:
    """Queue what changes what people have in common, in the event's own transaction."""
    if event.kind in COMPARED_AFTER:
        Uncompared.objects.create(event=event)


def compare_queued() -> int:
    """Compare what was queued, a batch at a time; return how many suggestions are new."""
    raised = 0
    while queued := list(Uncompared.objects.order_by("pk").select_related("event")[:AT_ONCE]):
        raised += compare(_people_of([waiting.event for waiting in queued]))
        Uncompared.objects.filter(pk__in=[waiting.pk for waiting in queued]).delete()
    return raised


def _people_of(events: Iterable[Event]) -> list[Person]:
    """Return whom events tell of: who declared, whose form it is, who was appointed."""
    declarations, forms, choices, seats = set(), set(), set(), set()
    for event in events:
        if event.kind == DECLARED:
            declarations.add(event.subject_key)
        elif event.kind in APPOINTED:
            seats.add(event.subject_key)
        elif event.subject_kind == ProjectChoice._meta.label_lower:
            choices.add(event.subject_key)
        else:
            forms.add(event.subject_key)
    holders = User.objects.filter(terms__seat__public_id__in=seats).distinct()
    held = {person_of(user).pk for user in holders}
    people = Person.objects.filter(
        Q(pk__in=held)
        | Q(pk__in=Declaration.objects.filter(public_id__in=declarations).values("person"))
        | Q(expressions__reference__in=forms)
        | Q(expressions__choices__public_id__in=choices)
    )
    return list(people.distinct().order_by("pk"))


def compare(people: Iterable[Person]) -> int:
    """Compare some people with whom they meet, right after something changed; return how many are new.

    The work is bounded by who shares an organisation with them on their own projects and work-streams.
    """
    concerned = {person.pk for person in people}
    if not concerned:
        return 0
    match_declarations(_counting_of(concerned))
    return _reconcile(_among(concerned))


def compare_everybody() -> int:
    """Compare all there is, for what was missed or has changed in the register; return how many are new.

    Safe to repeat: what was settled stays so, and what is there already is not made again.
    """
    counting = list(_counting_of(None).values_list("pk", flat=True))
    for first in range(0, len(counting), AT_ONCE):
        match_declarations(Declaration.objects.filter(pk__in=counting[first : first + AT_ONCE]))
    return _reconcile(_Scope(houses=dict(houses())))


def _newest_of(people: set[int] | None) -> "QuerySet[Declaration]":
    later = Declaration.objects.filter(person=OuterRef("person"), number__gt=OuterRef("number"))
    newest = Declaration.objects.filter(~Exists(later))
    return newest if people is None else newest.filter(person__in=people)


def _counting_of(people: set[int] | None) -> "QuerySet[Declaration]":
    """Return the newest, and those that count to law 3 beside it: whatever was signed within a year."""
    counting = Declaration.objects.newest() | Declaration.objects.in_date_on(clock.today())
    return counting if people is None else counting.filter(person__in=people)


# What they have in common -------------------------------------------------------------------------
@dataclass(frozen=True)
class Common:
    """One house in common: of a person and a holder of a seat, or of a person and a project."""

    person: int
    other: int | None
    house: int
    project: int | None
    work_stream: int | None
    reasons: tuple[str, ...]
    kinds: tuple[str, ...]
    """Of the interests that name the house, on either side."""

    @property
    def digest(self) -> str:
        """Return what names these facts: other facts are another suggestion."""
        between = [self.person, self.other, self.house, self.project, self.work_stream]
        return fingerprint([*between, list(self.reasons), list(self.kinds)])


@dataclass
class _Scope:
    """What is compared: everything, or some projects and work-streams and the houses met there."""

    houses: Mapping[int, int]
    entries: set[int] | None = None
    projects: set[int] = field(default_factory=set)
    streams: set[int] = field(default_factory=set)

    def has(self, house: int) -> bool:
        return self.entries is None or house in self.entries


def _among(people: set[int]) -> _Scope:
    """Return where these people meet others, and in which houses."""
    register = houses()
    suggested = ConflictSuggestion.objects.filter(Q(person__in=people) | Q(other__in=people))
    seats = Term.objects.on(clock.today()).filter(holder__person__in=people)
    works = Person.objects.filter(pk__in=people, organisation__isnull=False)
    links = InterestParty.objects.declared_now().filter(interest__declaration__person__in=people)
    named = {
        *works.values_list("organisation", flat=True),
        *links.values_list("organisation", flat=True),
        *seats.values_list("organisation", flat=True),
    }
    before = list(suggested.values_list("organisation", "project", "work_stream"))
    met = {register[entry] for entry in named} | {house for house, _project, _stream in before}
    # What was withdrawn too: there may be no more in common there.
    chosen = list(
        ProjectChoice.objects.filter(expression__person__in=people).values_list(
            "project", "project__work_stream"
        )
    )
    return _Scope(
        houses=register,
        entries={entry for entry, house in register.items() if house in met},
        projects={project for project, _ in chosen} | {p for _, p, _ in before if p},
        streams={stream for _, stream in chosen}
        | {stream for _, _, stream in before if stream}
        | set(seats.values_list("seat__work_stream", flat=True)),
    )


def _choices() -> "QuerySet[ProjectChoice]":
    """Return the choices that count: of what was submitted and not withdrawn."""
    return ProjectChoice.objects.live().filter(expression__state="submitted")


@dataclass
class _Sides:
    """Who works for and who declares what, by house, of some people."""

    works: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The houses that each person works for."""
    declares: dict[int, dict[int, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    """The houses that each person's interests name, with the kinds of these."""


def _common(scope: _Scope) -> Iterator[Common]:
    """Yield everything in common within a scope: five queries, whatever there is."""
    sides, on_project, in_stream = _Sides(), defaultdict(set), defaultdict(set)
    _read_declared(scope, sides)
    for person, project, stream, entry in _volunteers(scope):
        if scope.entries is None or project in scope.projects:
            on_project[project].add(person)
        if scope.entries is None or stream in scope.streams:
            in_stream[stream].add(person)
        if entry is not None:
            sides.works[person].add(scope.houses[entry])
    seats = list(_seats(scope, sides))
    for project, people in on_project.items():
        yield from _on_a_project(project, people, sides)
    for stream, chair, sits_for in seats:
        yield from _with_a_chair(stream, chair, sits_for, in_stream[stream], sides)


def _read_declared(scope: _Scope, sides: _Sides) -> None:
    links = InterestParty.objects.declared_now()
    if scope.entries is not None:
        links = links.filter(organisation__in=scope.entries)
    for person, entry, kind in links.values_list(
        "interest__declaration__person", "organisation", "interest__kind"
    ):
        sides.declares[person][scope.houses[entry]].add(kind)


def _volunteers(scope: _Scope) -> Iterator[tuple[int, int, int, int | None]]:
    choices = _choices()
    if scope.entries is not None:
        declares = InterestParty.objects.declared_now().filter(
            organisation__in=scope.entries,
            interest__declaration__person=OuterRef("expression__person"),
        )
        choices = choices.filter(
            Q(project__in=scope.projects) | Q(project__work_stream__in=scope.streams),
            Q(expression__person__organisation__in=scope.entries) | Exists(declares),
        )
    yield from choices.values_list(
        "expression__person",
        "project",
        "project__work_stream",
        "expression__person__organisation",
    ).iterator()


def _seats(scope: _Scope, sides: _Sides) -> Iterator[tuple[int, int, int]]:
    """Yield each work-stream with a seat's holder and the house that they sit for."""
    terms = Term.objects.on(clock.today())
    if scope.entries is not None:
        terms = terms.filter(seat__work_stream__in=scope.streams)
    for term in terms.select_related("seat", "holder__person"):
        person = getattr(term.holder, "person", None) or person_of(term.holder)
        if person.organisation_id is not None:
            sides.works[person.pk].add(scope.houses[person.organisation_id])
        yield term.seat.work_stream_id, person.pk, scope.houses[term.organisation_id]


def _on_a_project(project: int, people: set[int], sides: _Sides) -> Iterator[Common]:
    """Yield what somebody on a project declares, and others there work for or declare too."""
    workers, declarers = defaultdict(set), defaultdict(set)
    for person in people:
        for house in sides.works[person]:
            workers[house].add(person)
        for house in sides.declares.get(person, ()):
            declarers[house].add(person)
    for house, declaring in declarers.items():
        for person in declaring:
            if house in sides.works[person]:
                continue  # their own employer: they and those who work there are colleagues
            reasons = []
            if workers[house] - {person}:
                reasons.append(Reason.DECLARES_EMPLOYER.value)
            if declaring - {person}:
                reasons.append(Reason.BOTH_DECLARE.value)
            if reasons:
                kinds = sorted(sides.declares[person][house])
                yield Common(person, None, house, project, None, tuple(reasons), tuple(kinds))


def _with_a_chair(
    stream: int, chair: int, sits_for: int, people: set[int], sides: _Sides
) -> Iterator[Common]:
    """Yield what somebody who volunteers in a work-stream has in common with a holder of a seat."""
    theirs = _Side(sides.works[chair] | {sits_for}, sides.declares.get(chair, {}))
    for person in people - {chair}:
        mine = _Side(sides.works[person], sides.declares.get(person, {}))
        for house in mine.houses & theirs.houses:
            kinds = (
                *sorted(mine.declares.get(house, ())),
                "|",
                *sorted(theirs.declares.get(house, ())),
            )
            yield Common(person, chair, house, None, stream, between(mine, theirs, house), kinds)


@dataclass(frozen=True)
class _Side:
    """The houses that one of two works or sits for, and those that they declare, with the kinds."""

    works: set[int]
    declares: Mapping[int, set[str]]

    @property
    def houses(self) -> set[int]:
        return self.works | set(self.declares)


def between(mine: _Side, theirs: _Side, house: int) -> tuple[str, ...]:
    """Return why two have a house in common."""
    pairs = (
        (Reason.BOTH_WORK, house in mine.works and house in theirs.works),
        (Reason.DECLARES_EMPLOYER, house in mine.declares and house in theirs.works),
        (Reason.EMPLOYER_DECLARED, house in mine.works and house in theirs.declares),
        (Reason.BOTH_DECLARE, house in mine.declares and house in theirs.declares),
    )
    return tuple(reason.value for reason, holds in pairs if holds)


# What is kept -------------------------------------------------------------------------------------
def _reconcile(scope: _Scope) -> int:
    """Bring what is suggested in line with the facts; return how many suggestions are new.

    What was accepted or dismissed is left alone: other facts are another suggestion.
    """
    now = clock.now()
    found = {common.digest: common for common in _common(scope) if scope.has(common.house)}
    with transaction.atomic():
        known = ConflictSuggestion.objects.select_for_update().order_by("pk")
        if scope.entries is not None:
            known = known.filter(
                Q(project__in=scope.projects) | Q(work_stream__in=scope.streams),
                organisation__in=scope.entries,
            )
        rows = {row.facts_digest: row for row in known}
        again = [row.pk for row in rows.values() if row.facts_digest in found]
        SUGGESTION.advance(
            ConflictSuggestion.objects.filter(pk__in=again), "raise_again", raised_at=now
        )
        gone = [row.pk for row in rows.values() if row.facts_digest not in found]
        SUGGESTION.advance(ConflictSuggestion.objects.filter(pk__in=gone), "lapse")
        before = ConflictSuggestion.objects.count()
        ConflictSuggestion.objects.bulk_create(
            [_row(common) for digest, common in found.items() if digest not in rows],
            ignore_conflicts=True,
        )
        return ConflictSuggestion.objects.count() - before


def _row(common: Common) -> ConflictSuggestion:
    return ConflictSuggestion(
        person_id=common.person,
        other_id=common.other,
        organisation_id=common.house,
        project_id=common.project,
        work_stream_id=common.work_stream,
        reasons=list(common.reasons),
        facts_digest=common.digest,
    )


# Asked by the office, and changing nothing ----------------------------------------------------------
def would_conflict(person: Person, other: Person) -> dict[int, tuple[str, ...]]:
    """Return what two people have in common by now, each house with its reasons. Changes nothing."""
    sides = _sides_of({person.pk, other.pk})
    mine, theirs = (
        _Side(sides.works[each], sides.declares.get(each, {})) for each in (person.pk, other.pk)
    )
    return {house: between(mine, theirs, house) for house in sorted(mine.houses & theirs.houses)}


def has_to_do_with(person: Person, entry: int) -> tuple[bool, bool]:
    """Say whether somebody works for an organisation or its group, and whether they declare it.

    Changes nothing.
    """
    sides, house = _sides_of({person.pk}), houses()[entry]
    return house in sides.works[person.pk], house in sides.declares.get(person.pk, {})


def _sides_of(people: set[int]) -> _Sides:
    """Return the houses of some people, read from what they declare: nothing has to be matched before."""
    register, sides = houses(), _Sides()
    works = Person.objects.filter(pk__in=people, organisation__isnull=False)
    seats = Term.objects.on(clock.today()).filter(holder__person__in=people)
    for person, entry in works.values_list("pk", "organisation"):
        sides.works[person].add(register[entry])
    for person, entry in seats.values_list("holder__person", "organisation"):
        sides.works[person].add(register[entry])
    declared = Interest.objects.filter(declaration__in=_newest_of(people))
    interests = {each.pk: each for each in declared.select_related("declaration")}
    for key, entry, _whole in named_in(list(interests.values())):
        interest = interests[key]
        sides.declares[interest.declaration.person_id][register[entry]].add(interest.kind)
    return sides
