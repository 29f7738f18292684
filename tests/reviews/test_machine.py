"""Any sequence of what reviewers, volunteers, the office, the board and the clock can do (laws 2, 3, 6).

5,000 steps, always the same; `DECIDING_EXAMPLES` and `DECIDING_STEPS` make it search anew and longer: 500
and 200 are 100,000 steps.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from participants import workflow as participants_workflow
from participants.models import Declaration, ProjectChoice, Snapshot, Validation
from participants.workflow.declarations import InterestGiven
from reviews import policies, workflow
from reviews.models import (
    Decision,
    Key,
    Question,
    Release,
    Reopening,
    SettlementView,
    Split,
    StandIn,
)
from reviews.workflow.held import first_that_differs
from stepchange import clock
from stepchange.models import Event, User
from stepchange.transitions import Refused
from tests.builders import make_call, make_declaration
from tests.reviews.deciding import make_desk, said
from workstreams import workflow as programme
from workstreams.models import Organisation, Seat, Term

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("DECIDING_EXAMPLES", "25"))
STEPS = int(os.environ.get("DECIDING_STEPS", "200"))
BEGINS = datetime(2027, 2, 22, 9, tzinfo=UTC)
SECRET = "zxqj"
VIEWS = st.sampled_from(["accept", "accept", "accept", "decline", "reserve"])
CO_CHAIRS = ("business", "police")
SEATED = (*CO_CHAIRS, "business deputy", "police deputy")
REVIEWERS = (*SEATED, "business stand-in", "police stand-in")
BOARD = ("board private", "board police", "board government")
WHO = st.sampled_from([*CO_CHAIRS * 3, *SEATED, *REVIEWERS, *BOARD, "office"])
SIDE = st.sampled_from(CO_CHAIRS)
WHICH = st.integers(0, 1)
# What the runs have to come to, to have tried anything.
COMES_ABOUT = {
    "reviews.key.cast",
    "reviews.key.replaced",
    "reviews.key.voided",
    "reviews.split.opened",
    "reviews.split.mediated",
    "reviews.split.settled",
    "reviews.decision.made",
    "reviews.decision.released",
    "reviews.recusal.recorded",
    "reviews.stand_in.named",
}
OFTEN = (
    *["casts"] * 3,
    *["both_sides_cast"] * 4,
    *["one_casts_and_then"] * 3,
    "settles",
    *["two_settle"] * 2,
    *["ends"] * 4,
)
Method = TypeVar("Method", bound=Callable[..., None])
ACTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {}


def act(**drawn: st.SearchStrategy[Any]) -> Callable[[Method], Method]:
    """Let a method be one of the things that can happen, with what it is told drawn."""

    def mark(method: Method) -> Method:
        ACTS[method.__name__] = drawn
        return method

    return mark


class Deciding(RuleBasedStateMachine):
    """Two volunteers of one project, and everybody who has a hand in deciding about them."""

    seen: ClassVar[set[str]] = set()

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.travel = time_machine.travel(BEGINS, tick=False)
        self.clock = self.travel.start()
        closes_at = clock.end_of(clock.today() + timedelta(days=9_000))
        first = make_desk(call=make_call(is_rolling=True, closes_at=closes_at))
        self.desks = [first, first.with_another()]
        self.people: dict[str, User] = first.people
        self.organisations = first.organisations
        self.employers = {who: {entry.pk} for who, entry in first.organisations.items()}
        self.aside: set[tuple[str, int]] = set()
        self.names: dict[str, set[int]] = {who: set() for who in self.people}
        self.has_interest: set[str] = set()
        self.theirs: list[set[Any]] = [
            {desk.choice.expression.person.organisation_id} for desk in self.desks
        ]
        self.they_name: list[set[int]] = [set(), set()]
        self.last_event = 0
        self.known: set[int] = set()
        self.number = 0

    def teardown(self) -> None:
        if hasattr(self, "desks"):
            try:
                assert first_that_differs() == ""
                self.each_decision_is_explained()
                Deciding.seen |= set(Event.objects.values_list("kind", flat=True).distinct())
            finally:
                self.travel.stop()
                transaction.set_rollback(True)
                self.atomic.__exit__(None, None, None)

    @rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        """Do one of ACTS, each as likely in every run as the next: rules of their own would not be."""
        what = data.draw(st.sampled_from([*ACTS, *OFTEN]))
        told = {name: data.draw(strategy, label=name) for name, strategy in ACTS[what].items()}
        self.clock.shift(timedelta(seconds=1))
        for which, desk in enumerate(self.desks):
            if desk.now().state in ("offered", "declined"):
                self.another_comes(which)
        with suppress(Refused):
            getattr(self, what)(**told)
        self.laws_hold()

    # What reviewers do -----------------------------------------------------------------------------
    @act(which=WHICH, who=WHO, view=VIEWS)
    def casts(self, which: int, who: str, view: str) -> None:
        self.cast(which, who, view)

    def cast(self, which: int, who: str, view: str) -> None:
        self.number += 1
        choice = self.desks[which].now()
        seen = policies.versions_of(choice).seen
        words = said(view, reason=f"{SECRET} {view} {self.number}", notes=SECRET)
        workflow.cast(choice, by=self.people[who], said=words, seen=seen)
        assert not self.is_conflicted(who, which), f"{who} is conflicted"

    @act(which=WHICH, view=VIEWS, other=st.booleans())
    def both_sides_cast(self, which: int, view: str, other: bool) -> None:
        for side in CO_CHAIRS:
            view = "decline" if other and side == "police" else view
            waiting = policies.waiting_on(self.desks[which].now())
            mine = [each for each in waiting.sides if each.side == side and each.holder]
            for each in mine:
                self.cast(which, self.name_of(each.holder), view)

    def name_of(self, user: User | None) -> str:
        return next(who for who, known in self.people.items() if known == user)

    @act(which=WHICH, side=SIDE, how=st.sampled_from(["amends", "redeclares", "aside", "declares"]))
    def one_casts_and_then(self, which: int, side: str, how: str) -> None:
        holder = next(
            (
                each.holder
                for each in policies.waiting_on(self.desks[which].now()).sides
                if each.side == side and each.holder
            ),
            None,
        )
        if holder:
            who = self.name_of(holder)
            self.cast(which, who, "accept")
            self.laws_hold()  # of what was decided by it, before anything changes
            match how:
                case "amends":
                    self.amends(which)
                case "redeclares":
                    self.the_volunteer_declares(which, "")
                case "aside":
                    self.stands_aside(which, who, whole=False)
                case "declares":
                    self.a_reviewer_declares(who, which, "them")

    @act(which=WHICH, who=WHO, whole=st.booleans())
    def stands_aside(self, which: int, who: str, whole: bool) -> None:
        choice = self.desks[which].now()
        workflow.stand_aside(choice, by=self.people[who], reason="A friend.", from_person=whole)
        self.aside.add((who, which))

    @act(which=WHICH, who=WHO)
    def looks(self, which: int, who: str) -> None:
        met = workflow.record_met(self.people[who], self.desks[which].now())
        computed = self.is_conflicted(who, which) and (who, which) not in self.aside
        assert met or not computed

    @act(which=WHICH, who=WHO, off=st.booleans())
    def shortlists(self, which: int, who: str, off: bool) -> None:
        move = workflow.take_off_shortlist if off else workflow.shortlist
        done = move([self.desks[which].now()], by=self.people[who])
        assert not (done.choices and self.is_conflicted(who, which))

    @act(which=WHICH, who=WHO)
    def asks(self, which: int, who: str) -> None:
        workflow.ask(self.desks[which].now(), by=self.people[who], text=f"{SECRET}?")
        assert not self.is_conflicted(who, which)

    @act(who=st.sampled_from(REVIEWERS), which=WHICH, what=st.sampled_from(["nil", "them", "it"]))
    def a_reviewer_declares(self, who: str, which: int, what: str) -> None:
        desk = self.desks[which]
        if what == "nil":
            make_declaration(self.people[who])
        elif what == "them":
            entry = Organisation.objects.get(pk=min(self.theirs[which]))
            self.declares(self.people[who], InterestGiven(kind="financial", party=entry.name))
            self.names[who].add(entry.pk)
        else:
            given = InterestGiven(kind="financial", party="A trust", project=desk.project.code)
            self.declares(self.people[who], given)
            self.has_interest.add(who)

    @staticmethod
    def declares(user: User, given: InterestGiven) -> None:
        make_declaration(user, given)

    # What volunteers do ----------------------------------------------------------------------------
    @act(which=WHICH, names=st.sampled_from(["", "business", "police"]))
    def the_volunteer_declares(self, which: int, names: str) -> None:
        if names:
            entry = self.organisations[names]
            self.desks[which].declare(InterestGiven(kind="financial", party=entry.name))
            self.they_name[which].add(entry.pk)
        else:
            self.desks[which].declare()

    @act(which=WHICH)
    def amends(self, which: int) -> None:
        self.desks[which].amend()

    @act(which=WHICH)
    def the_volunteer_answers(self, which: int) -> None:
        asked = Question.objects.unanswered().asked_of(self.desks[which].volunteer).first()
        if asked:
            workflow.answer(asked, by=self.desks[which].volunteer, text="Yes.")

    @act(which=WHICH, who=st.sampled_from([*CO_CHAIRS, ""]))
    def moves_to_another_employer(self, which: int, who: str) -> None:
        person = self.desks[which].now().expression.person
        person.organisation = self.organisations[who or "board government"]
        person.save()
        self.theirs[which].add(person.organisation.pk)

    @act(which=WHICH)
    def withdraws(self, which: int) -> None:
        """And another comes in their place, lest everybody is gone."""
        desk = self.desks[which]
        participants_workflow.withdraw_choice(desk.now(), by=desk.volunteer)
        self.laws_hold()
        self.another_comes(which)

    def another_comes(self, which: int) -> None:
        self.desks[which] = self.desks[which].with_another()
        self.aside = {(who, other) for who, other in self.aside if other != which}
        person = self.desks[which].choice.expression.person
        self.theirs[which], self.they_name[which] = {person.organisation_id}, set()

    @act(which=WHICH)
    def a_validation_runs_out(self, which: int) -> None:
        person = self.desks[which].now().expression.person
        Validation.objects.filter(person=person).update(due_on=clock.today())

    # What the office and the board do --------------------------------------------------------------
    @act(who=st.sampled_from(SEATED))
    def a_term_ends(self, who: str) -> None:
        term = Term.objects.on(clock.today()).filter(holder=self.people[who]).first()
        if term and term.starts_on < clock.today():
            day = clock.today() - timedelta(days=1)
            programme.end_term(term, ends_on=day, by=None, reason="Retired.")

    @act(who=st.sampled_from(REVIEWERS), seat=st.sampled_from(SEATED))
    def somebody_is_appointed(self, who: str, seat: str) -> None:
        side, _space, kind = seat.partition(" ")
        place = Seat.objects.get(
            work_stream=self.desks[0].project.work_stream, side=side, kind=kind or "co-chair"
        )
        programme.appoint(
            place,
            holder=self.people[who],
            organisation=self.organisations[who],
            starts_on=clock.today(),
            ends_on=None,
            by=None,
        )

    @act(side=SIDE)
    def the_board_names_a_stand_in(self, side: str) -> None:
        self.desks[0].stand_in(f"{side} stand-in", side)

    @act()
    def a_stand_in_ends(self) -> None:
        named = StandIn.objects.on(clock.today()).filter(starts_on__lt=clock.today()).first()
        if named:
            day = clock.today() - timedelta(days=1)
            board = self.people["board police"]
            workflow.end_stand_in(named, ends_on=day, by=board, reason="Back.")

    @act(which=WHICH, side=SIDE, to=st.sampled_from(["co-chair", "deputy", "stand-in"]))
    def the_office_gives_a_key(self, which: int, side: str, to: str) -> None:
        choice, office = self.desks[which].now(), self.people["office"]
        workflow.reassign(choice, side=side, to=to, by=office, reason="On leave.")

    @act(which=WHICH, who=WHO)
    def mediates(self, which: int, who: str) -> None:
        split = Split.objects.open().filter(choice=self.desks[which].choice).last()
        if split:
            workflow.mediate(split, by=self.people[who], how="Spoke to both.")
            assert who == "office"

    @act(which=WHICH, who=st.sampled_from([*BOARD, "business", "office"]), view=VIEWS)
    def settles(self, which: int, who: str, view: str) -> None:
        self.settle(which, who, view)

    @act(which=WHICH, view=VIEWS, alone=st.sampled_from([False, False, True]))
    def two_settle(self, which: int, view: str, alone: bool) -> None:
        if not Split.objects.open().filter(choice=self.desks[which].choice).exists():
            self.both_sides_cast(which, "accept", other=True)
        for who in BOARD[: 1 if alone else 2]:
            self.settle(which, who, view)

    def settle(self, which: int, who: str, view: str) -> None:
        choice = self.desks[which].now()
        splits = Split.objects.filter(choice=choice)
        split = splits.open().first() or splits.last()
        if split:
            seen = policies.versions_of(choice).seen
            reason = f"{SECRET} {view}"
            workflow.settle(split, by=self.people[who], view=view, reason=reason, seen=seen)
            assert who in BOARD
            assert not self.is_conflicted(who, which)

    @act(which=WHICH, who=WHO, reason=st.sampled_from(["", "All the same."]))
    def releases(self, which: int, who: str, reason: str) -> None:
        decision = Decision.objects.filter(choice=self.desks[which].choice).first()
        if decision:
            who = "office" if reason else who
            workflow.release(decision, by=self.people[who], reason=reason)
            assert who == "office"

    @act(which=WHICH)
    def ends(self, which: int) -> None:
        """Let the office do what there is to do: release what was decided, mediate what was not."""
        self.mediates(which, "office")
        self.releases(which, "office", "All the same.")

    @act(which=WHICH, who=WHO)
    def looks_at_it_anew(self, which: int, who: str) -> None:
        decision = Decision.objects.filter(choice=self.desks[which].choice).first()
        if decision:
            workflow.look_at_anew(decision, by=self.people[who], reason="They amended it.")
            assert not self.is_conflicted(who, which)

    @act(who=st.sampled_from(CO_CHAIRS), which=WHICH)
    def entries_are_merged_or_parted(self, who: str, which: int) -> None:
        mine = Organisation.objects.get(pk=self.organisations[who].pk)
        if mine.merged_into_id:
            programme.unmerge_organisation(mine, by=None, reason="A mistake.")
        else:
            other = Organisation.objects.get(pk=self.organisations["business deputy"].pk)
            programme.merge_organisation(mine, into=other, by=None, reason="One firm.")

    @act(days=st.sampled_from([1, 2, 5]))
    def time_passes(self, days: int) -> None:
        before = Decision.objects.count(), Key.objects.cast().count(), Split.objects.open().count()
        self.clock.shift(timedelta(days=days))
        programme.settle_co_chairs()
        after = Decision.objects.count(), Key.objects.cast().count(), Split.objects.open().count()
        assert before == after, "nothing is decided by time passing"

    # What must be so after each --------------------------------------------------------------------
    def is_conflicted(self, who: str, which: int) -> bool:
        """Say what law 3 has against somebody, by what this machine did and nothing of the portal's."""
        if (who, which) in self.aside or who in self.has_interest:
            return True
        mine = self.as_they_count(self.employers.get(who, set()))
        theirs = self.as_they_count(self.theirs[which])
        return bool(
            mine & theirs
            or self.names.get(who, set()) & self.theirs[which]
            or self.they_name[which] & self.employers.get(who, set())
        )

    @staticmethod
    def as_they_count(entries: set[Any]) -> set[int]:
        rows = Organisation.objects.filter(pk__in=entries)
        return {row.merged_into_id or row.pk for row in rows}

    def laws_hold(self) -> None:
        for event in Event.objects.filter(pk__gt=self.last_event).order_by("pk"):
            self.last_event = event.pk
            assert SECRET not in f"{event.facts} {event.personal}", (
                "the record tells what a key says"
            )
        for decision in Decision.objects.exclude(pk__in=self.known).select_related(
            "business_key__term__seat", "police_key__term__seat", "one_view", "other_view", "choice"
        ):
            self.known.add(decision.pk)
            self.two_made(decision)
        self.nothing_is_told_of_one_key()
        self.outcomes_move_only_when_released()

    def two_made(self, decision: Decision) -> None:
        """Law 2, and law 3 of those who made it, as things stood in the moment that they did."""
        which = next(n for n, desk in enumerate(self.desks) if desk.choice.pk == decision.choice_id)
        expression = decision.choice.expression
        newest = Snapshot.objects.filter(expression=expression).latest("number")
        declared = Declaration.objects.filter(person=expression.person_id).latest("number")
        halves: list[Any] = [decision.business_key, decision.police_key]
        if decision.basis == "settled":
            halves = [decision.one_view, decision.other_view]
            assert {each.member_id for each in halves}.isdisjoint(
                Key.objects.filter(choice=decision.choice).values_list("caster_id", flat=True)
            )
            assert len({each.sector for each in halves}) == 2
        else:
            assert [each.side for each in halves] == list(CO_CHAIRS)
            for key in halves:
                self.was_theirs_to_turn(key)
        who = [each.member if decision.basis == "settled" else each.caster for each in halves]
        assert len(set(who)) == 2, "joint means two"
        for user, half in zip(who, halves, strict=True):
            assert not self.is_conflicted(self.name_of(user), which), f"{user} is conflicted"
            assert (half.snapshot_id, half.declaration_id) == (newest.pk, declared.pk)
            assert half.state == "cast"
            assert {"accept": "offered", "decline": "declined"}.get(half.view, half.view) == (
                decision.outcome
            )
        assert (decision.snapshot_id, decision.declaration_id) == (newest.pk, declared.pk)
        assert not Split.objects.open().filter(choice=decision.choice).exists()

    def was_theirs_to_turn(self, key: Key) -> None:
        """The key names the seat or the naming by which they turned it, which held on that day."""
        day = clock.day_of(key.cast_at)
        if key.stand_in:
            assert (key.stand_in.holder_id, key.stand_in.side) == (key.caster_id, key.side)
            assert key.stand_in.starts_on <= day
            return
        term = key.term
        assert term is not None
        assert (term.holder_id, term.seat.side, term.seat.kind) == (
            key.caster_id,
            key.side,
            key.cast_as,
        )
        assert term.starts_on <= day

    def nothing_is_told_of_one_key(self) -> None:
        """Law 2: of a key whose other is not cast, nobody but its caster reads anything."""
        rounds: dict[tuple[int, int], list[Key]] = {}
        for key in Key.objects.all():
            rounds.setdefault((key.choice_id, key.round), []).append(key)
        hidden = {
            key.pk: key.caster_id
            for keys in rounds.values()
            for key in keys
            if len({each.side for each in keys if each.state == "cast"}) < 2
        }
        readers = [self.people[who] for who in (*CO_CHAIRS, "office", "board police")]
        readers.append(self.desks[0].volunteer)
        for user in readers if hidden else ():
            mine = {pk for pk, caster in hidden.items() if caster == user.pk}
            read = Key.objects.visible_to(user).filter(pk__in=hidden)
            assert set(read.values_list("pk", flat=True)) == mine
        for split in Split.objects.open():
            views = list(SettlementView.objects.cast().filter(split=split))
            if len(views) == 1:
                for user in readers:
                    told = SettlementView.objects.visible_to(user).filter(pk=views[0].pk)
                    assert told.exists() == (views[0].member_id == user.pk)

    def outcomes_move_only_when_released(self) -> None:
        for choice in ProjectChoice.objects.exclude(state__in=("pending", "shortlisted")):
            if choice.state != "withdrawn":
                released = Release.objects.filter(decision__choice=choice)
                assert released.latest("pk").decision.outcome == choice.state
        for decision in Decision.objects.filter(release__isnull=False):
            assert not Reopening.objects.filter(decision=decision).exists()

    def each_decision_is_explained(self) -> None:
        """Law 6: each key and each end of one has its event, and a decision names the two that made it."""
        for key in Key.objects.all():
            events = Event.objects.about(key)
            ended = {"replaced": ["reviews.key.replaced"], "void": ["reviews.key.voided"]}
            assert list(events.values_list("kind", flat=True)) == [
                "reviews.key.cast",
                *ended.get(key.state, []),
            ]
            assert events[0].facts["digest"] == key.digest
        for decision in Decision.objects.all():
            told = policies.explain(decision)
            assert len(told.made_by) == 2
            assert all(each.by and each.why for each in told.made_by)
            assert Event.objects.about(decision).of_kind("reviews.decision.made").count() == 1


def test_joint_means_two_and_nobody_judges_their_own_whatever_happens():
    run_state_machine_as_test(
        Deciding,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="DECIDING_EXAMPLES" not in os.environ,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Deciding.seen >= COMES_ABOUT
