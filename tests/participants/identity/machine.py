"""What must hold of a validation, told a second time and in another way: the oracle of its machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from participants import policies
from participants.models import Check, RefereeRequest, Validation
from participants.models.people import Person
from projects.models import IdentityLevel, Project
from stepchange import audit, clock
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.participants.identity.test_gpg45 import LEVELS, level_by_search
from workstreams.models import Organisation

Facts = dict[str, str]
RESTS_ON = {
    "work email": {"work"},
    "domain": {"work", "organisation"},
    "referee": {"name", "organisation"},
    "call-back": {"name", "organisation"},
    "police register": {"name", "organisation"},
    "SIA licence": {"name"},
    "company": {"organisation"},
    "pass seen": {"name", "organisation"},
    "document seen": {"name"},
}
HOLDERS = [Role.CASEWORKER.value, Role.OFFICE_MANAGER.value]
OFFICE = {"begun", "taken", "information_asked", "gone_on_without_answer", "validated", "refused"}
OFFICE |= {"level_raised"}


def year_on(day: date) -> date:
    """Return the day a year on, said otherwise than the portal says it."""
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 3, 1)
    return date(day.year + 1, day.month, day.day)


@dataclass
class Known:
    """What the oracle knows of one person's case."""

    user: User
    given: Facts | None = None
    given_on: date | None = None
    level: str = ""
    raiser: int | None = None
    refuser: int | None = None
    settled: set[str] = field(default_factory=set)
    checked: dict[int, tuple[Facts, date]] = field(default_factory=dict)


class IdentityOracle(RuleBasedStateMachine):
    """After each step: who is validated, by whom, and why, as the oracle sees it and as the portal says."""

    seen: ClassVar[Counter[str]] = Counter()
    """What happened in all the runs: a machine that never validates anybody would show nothing."""
    known: dict[str, Known]
    project: Project
    last_event: int
    employers: dict[int, dict[str, date | None]]
    """Whom each account's person was seen to work for, and until when: the past is never narrowed."""

    @contextmanager
    def refusing(self, expected: bool | None = None) -> Iterator[None]:
        """Do something that may be refused; where it is `expected` to be or not, it has to be so."""
        why = ""
        try:
            yield
        except Refused as refused:
            why = str(refused)
        assert expected is None or bool(why) is expected, why or "it should have been refused"

    # What it knows of itself -----------------------------------------------------------------------
    def person(self, name: str) -> Person:
        people = Person.objects.select_related("user", "organisation__merged_into")
        return people.get(user=self.known[name].user)

    def case(self, name: str) -> Validation | None:
        rows = Validation.objects.select_related(
            "person__user", "person__organisation__merged_into"
        )
        return (
            rows.select_related("organisation__merged_into")
            .filter(person__user=self.known[name].user)
            .first()
        )

    def facts(self, person: Person) -> Facts:
        """Return the facts as a person would compare them. Of the organisation the entry, by key."""
        assert person.user is not None
        said = {"name": person.full_name, "work": person.work_email, "log in": person.user.email}
        same = {key: " ".join(text.split()).lower() for key, text in said.items()}
        return same | {"organisation": str(person.organisation_id)}

    def counts_as(self, key: str) -> str:
        """Return which entry of the register counts for an entry now."""
        if key == "None":
            return key
        row = Organisation.objects.get(pk=key)
        return str(row.merged_into_id or row.pk)

    def differing(self, then: Facts, now: Facts) -> set[str]:
        """Return which facts are others, an entry being the one that counts for it at this moment."""
        changed = {key for key in then if key != "organisation" and then[key] != now[key]}
        if self.counts_as(then["organisation"]) != self.counts_as(now["organisation"]):
            changed.add("organisation")
        return changed

    def level_now(self, name: str) -> str | None:
        """Return the level that the checks meet by the oracle's own reading of the table."""
        case, known = self.case(name), self.known[name]
        assert case is not None
        newest: dict[str, Check] = {}
        for check in case.checks.select_related("referee").order_by("pk"):
            newest[check.kind] = check
        newest_asked = max(case.referees.values_list("pk", flat=True), default=None)
        counting = []
        for kind, check in newest.items():
            facts, day = known.checked[check.pk]
            if check.outcome != "confirmed" or clock.today() >= year_on(day):
                continue
            if self.differing(facts, self.facts(self.person(name))) & RESTS_ON[kind]:
                continue
            if check.referee is not None and check.referee.pk != newest_asked:
                continue
            counting.append(check.scores)
        return level_by_search(counting)

    def is_own(self, actor: User, name: str) -> bool:
        """Say whether somebody would judge themself or a colleague, of now or of within the last year."""
        subject = self.known[name].user
        return actor.pk == subject.pk or bool(self.worked(actor) & self.worked(subject))

    def worked(self, user: User) -> set[str]:
        """Return which entries somebody works for, or did until less than a year ago, as they count."""
        self.note_employers()
        given = self.employers.get(user.pk, {})
        today = clock.today()
        return {
            self.counts_as(key)
            for key, until in given.items()
            if until is None or today < year_on(until)
        }

    def note_employers(self) -> None:
        """Remember whom everybody works for: called at each instant at which somebody says otherwise."""
        rows = Person.objects.values_list("user", "organisation")
        for user, organisation in rows.filter(user__isnull=False):
            given = self.employers.setdefault(user, {})
            for key in [key for key, until in given.items() if until is None]:
                if key != str(organisation):
                    given[key] = clock.today()
            if organisation is not None:
                given[str(organisation)] = None

    def holds_it(self, actor: User) -> bool:
        return actor.groups.filter(name__in=HOLDERS).exists()

    def may_settle(self, actor: User, name: str) -> bool:
        known = self.known[name]
        return (
            self.holds_it(actor)
            and not self.is_own(actor, name)
            and actor.pk not in {known.raiser, known.refuser}
        )

    def holds(self, name: str) -> bool:
        """Say whether what was given holds: the state, the facts and the year."""
        case, known = self.case(name), self.known[name]
        return (
            case is not None
            and case.state == "validated"
            and known.given is not None
            and known.given_on is not None
            and not self.differing(known.given, self.facts(self.person(name)))
            and clock.today() < year_on(known.given_on)
        )

    def takes_evidence(self, actor: User, name: str) -> bool:
        """Say whether somebody may add a check or settle a flag."""
        case = self.case(name)
        assert case is not None
        may = self.holds_it(actor) and not self.is_own(actor, name)
        return may and (case.is_open or self.holds(name))

    # What it sees ----------------------------------------------------------------------------------
    @invariant()
    def what_must_hold(self) -> None:
        """Read what happened first: the rest is told from it."""
        if hasattr(self, "last_event"):
            self.note_employers()
            self.what_happened_was_anybodys_to_do()
            self.nobody_is_validated_but_who_is()
            self.one_referee_is_asked_at_a_time()

    def what_happened_was_anybodys_to_do(self) -> None:
        """Read the events since the step before: law 3, and why each validation began again."""
        new = Event.objects.filter(pk__gt=self.last_event).select_related("actor").order_by("pk")
        for event in new:
            self.last_event = event.pk
            self.seen[event.kind] += 1
            if event.subject_kind == "participants.validation":
                self._see(event)
        for name, known in self.known.items():
            if case := self.case(name):
                self._see_checks(name, known, case)

    def _see_checks(self, name: str, known: Known, case: Validation) -> None:
        now = self.facts(self.person(name)), clock.today()
        for pk in case.checks.exclude(pk__in=known.checked).values_list("pk", flat=True):
            known.checked[pk] = now

    def _see(self, event: Event) -> None:
        name = next(
            name
            for name in self.known
            if (case := self.case(name)) and case.record_key == event.subject_key
        )
        known, actor, what = self.known[name], event.actor, event.kind.rpartition(".")[2]
        if what in OFFICE and actor is not None:
            assert self.holds_it(actor), f"{actor} {what}, and is not of the office"
            assert not self.is_own(actor, name), f"{actor} {what} their own case"
        match what:
            case "validated":
                assert actor is not None
                assert actor.pk not in {known.raiser, known.refuser}, "it was theirs already"
                known.given, known.given_on = self.facts(self.person(name)), clock.today()
                known.level, known.refuser = str(event.facts["level"]), None
            case "level_raised":
                assert actor is not None
                assert actor.pk not in {known.raiser, known.refuser}, "it was theirs already"
                raised = str(event.facts["level"])
                assert LEVELS.index(raised) > LEVELS.index(known.level), "it was no higher"
                known.level = raised
            case "refused":
                assert actor is not None
                assert actor.pk not in {known.raiser, known.refuser}, "it was theirs already"
                known.given, known.refuser = self.facts(self.person(name)), actor.pk
                known.given_on = None
            case "reopened":
                assert known.given is not None
                changed = self.differing(known.given, self.facts(self.person(name)))
                found = event.facts["changed"]
                assert changed or found in (["referee"], ["check"]), "nothing changed"
                known.given, known.raiser = None, self._contradicts(name, found)
            case "expired":
                assert known.given_on is not None
                assert clock.today() >= year_on(known.given_on), "its year was not over"
                known.given, known.raiser = None, None
            case "reopened_by_office":
                assert actor is not None
                known.given, known.raiser = None, actor.pk
            case "appealed":
                assert actor == known.user
                known.given = None
            case "taken":
                assert actor is not None
                assert actor.pk != known.refuser, "who refused it looks at it again"

    def _contradicts(self, name: str, found: list[str]) -> int | None:
        """Return who recorded the newest check, where the case begins again since that contradicts it."""
        if found != ["check"]:
            return None
        case = self.case(name)
        newest = case.checks.exclude(checked_by=None).order_by("-pk").first() if case else None
        assert newest is not None
        assert newest.outcome == "contradicted", "it was begun again for nothing"
        return newest.checked_by_id

    def nobody_is_validated_but_who_is(self) -> None:
        """Law 1, its half about identity: the bar is None if and only if the oracle says so."""
        for name, known in self.known.items():
            person, is_validated = self.person(name), self.holds(name)
            for wanted in (IdentityLevel.LOW, IdentityLevel.MEDIUM):
                self.project.identity_level = wanted
                reaches = is_validated and LEVELS.index(known.level) >= LEVELS.index(wanted.value)
                bar = policies.identity_bar(person, self.project)
                assert (bar is None) is reaches, f"{name} for {wanted}: {bar}"

    def one_referee_is_asked_at_a_time(self) -> None:
        for name in self.known:
            asked = RefereeRequest.objects.filter(
                validation__person__user=self.known[name].user, state="sent"
            )
            assert asked.count() <= 1

    def every_state_is_explained_by_its_events(self) -> None:
        """Law 6: each row's events lead, step by step, to the state that it is in."""
        for row, first in [
            *((row, "not started") for row in Validation.objects.all()),
            *((row, "sent") for row in RefereeRequest.objects.all()),
        ]:
            state = first
            for event in Event.objects.about(row).order_by("pk"):
                if "from" in event.facts:
                    assert event.facts["from"] == state, f"{event.kind} out of nowhere"
                    state = event.facts["to"]
            assert state == vars(row)["state"]
        verdict = audit.verify()
        assert verdict.broken == ""
