"""The life of an expression of interest, by any sequence of what two people and the office can do.

Against the real models: no sequence loses a saved answer, submits twice, submits late, changes what was
submitted, or shows one participant another's row.
"""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from participants import workflow
from participants.models import Snapshot
from stepchange import clock
from tests.builders import complete_answers, make_call, make_project, make_user
from tests.participants.life import Life, LifeOracle, refused
from workstreams import workflow as programme
from workstreams.models import Call

pytestmark = pytest.mark.django_db

WHO = st.sampled_from(["amina", "amina", "bao"])  # deep into one life, with another beside it
STEPS = 30
SUBSETS = st.sets(st.integers(0, 2), min_size=1)
TEXTS = st.sampled_from(["Ten years.", "Twelve years.", "", "x" * 2001])


class LifeMachine(LifeOracle):
    """Two people and an office."""

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.travel = time_machine.travel(clock.now(), tick=False)
        self.clock = self.travel.start()
        self.projects = [make_project() for _ in range(3)]
        self.call = make_call(closes_at=clock.now() + timedelta(days=2))
        self.lives = {name: Life(make_user(f"{name}@users.example")) for name in ("amina", "bao")}
        self.steps = 0
        for name in self.lives:
            self.fills_everything_in(name, {0, 1})

    # What they do -------------------------------------------------------------------------------
    @rule(name=WHO)
    def starts(self, name: str) -> None:
        life = self.lives[name]
        had, is_open = life.live, self.is_open(life)
        if had is None and not is_open:
            with refused():
                workflow.start(life.user, self.call, received_at=clock.now())
            return
        now_has = workflow.start(life.user, self.call, received_at=clock.now())
        if had is None:
            life.saved, life.sent, life.digests = {}, [], {}
        else:
            assert now_has == had

    @precondition(lambda self: any(life.live is None for life in self.lives.values()))
    @rule(name=WHO, subset=SUBSETS)
    def fills_everything_in(self, name: str, subset: set[int]) -> None:
        life = self.lives[name]
        if life.live is None:
            self.starts(name)
        if life.live is None:
            return
        said = complete_answers(*self.chosen(subset), email=life.user.email)
        for page, answers in said.items():
            self.keep(life, page, answers)

    @rule(name=WHO, subset=SUBSETS, years=st.integers(1, 40))
    def changes_and_submits(self, name: str, subset: set[int], years: int) -> None:
        life = self.lives[name]
        if life.live is not None:
            self.keep(life, "experience", {"experience": f"{years} years."})
            self.chooses_projects(name, subset, years % 9 + 1)
            self.submits(name, again=False)
            self.amends(name, again=True)

    @rule(name=WHO, text=TEXTS, stale=st.booleans())
    def saves_a_page(self, name: str, text: str, stale: bool) -> None:
        life = self.lives[name]
        if life.live is not None:
            self.keep(life, "experience", {"experience": text}, stale=stale)

    @rule(name=WHO, subset=SUBSETS, hours=st.integers(1, 9))
    def chooses_projects(self, name: str, subset: set[int], hours: int) -> None:
        life = self.lives[name]
        if life.live is None:
            return
        said = complete_answers(*self.chosen(subset), email=life.user.email)
        code = self.chosen(subset)[0].code
        said["contributions"][f"hours_{code}"] = str(hours)
        for page in ("projects", "contributions", "interests"):
            self.keep(life, page, said[page])

    @rule(name=WHO, again=st.booleans())
    def submits(self, name: str, again: bool) -> None:
        life = self.lives[name]
        live = life.live
        if live is None:
            return
        if not live.is_draft:
            before = Snapshot.objects.filter(expression=live).count()
            workflow.submit(live, by=life.user, received_at=clock.now())
            assert Snapshot.objects.filter(expression=live).count() == before
            return
        if not (self.is_open(life) and self.is_complete(life)):
            with refused():
                workflow.submit(live, by=life.user, received_at=clock.now())
            return
        snapshot = workflow.submit(live, by=life.user, received_at=clock.now())
        life.submissions += 1
        life.sent.append(dict(life.saved))
        if again:
            assert workflow.submit(live, by=life.user, received_at=clock.now()) == snapshot

    @rule(name=WHO, again=st.booleans())
    def amends(self, name: str, again: bool) -> None:
        life = self.lives[name]
        live = life.live
        if live is None:
            return
        if live.is_draft:
            with refused():
                workflow.amend(live, by=life.user, received_at=clock.now())
            return
        copy = self.copy(life)
        possible = self.is_open(life) and self.is_complete(life) and copy.has_changes
        if not possible:
            with refused():
                workflow.amend(live, by=life.user, received_at=clock.now())
            return
        checked = copy.digest
        snapshot = workflow.amend(live, by=life.user, received_at=clock.now(), checked=checked)
        life.amendments += 1
        life.sent.append(dict(life.saved))
        if again:
            same = workflow.amend(live, by=life.user, received_at=clock.now(), checked=checked)
            assert same == snapshot

    def copy(self, life: Life) -> workflow.WorkingCopy:
        live = life.live
        assert live is not None
        return workflow.working_copy_of(life.user, live, workflow.journey_of(life.user, live))

    @rule(name=WHO)
    def discards(self, name: str) -> None:
        life = self.lives[name]
        live = life.live
        if live is None or live.is_draft:
            return
        before = dict(life.saved)
        changed = self.copy(life).changed_pages
        workflow.discard_changes(live, by=life.user)
        assert not self.copy(life).has_changes
        life.saved = {row.page: row.answers for row in live.pages.all() if row.answers}
        for page in set(before) - set(changed):
            assert life.saved[page] == before[page]
        assert life.saved["experience"] == life.sent[-1]["experience"]

    @rule(name=WHO, reason=st.sampled_from(["", "Changed jobs."]))
    def withdraws(self, name: str, reason: str) -> None:
        life = self.lives[name]
        live = life.live
        if live is None:
            return
        if live.is_draft:
            with refused():
                workflow.withdraw(live, by=life.user, reason=reason)
            return
        workflow.withdraw(live, by=life.user, reason=reason)
        with refused():
            workflow.save_page(live, "experience", {"experience": "More"}, revision=1)

    @rule(name=WHO, number=st.integers(0, 2))
    def withdraws_one_choice(self, name: str, number: int) -> None:
        life = self.lives[name]
        live = life.live
        if live is None:
            return
        choice = live.choices.live().filter(project=self.projects[number]).first()
        if choice is None:
            return
        before = dict(life.saved)
        workflow.withdraw_choice(choice, by=life.user)
        life.saved = {row.page: row.answers for row in live.pages.all() if row.answers}
        assert self.projects[number].code not in self.codes(life.saved)
        for page in set(before) - {"projects", "contributions"}:
            assert life.saved[page] == before[page]

    @rule(name=WHO)
    def meddles_with_the_other(self, name: str) -> None:
        life = self.lives[name]
        other = next(each for each in self.lives.values() if each is not life)
        theirs = other.live
        if theirs is None:
            return
        now = clock.now()
        for act in (
            lambda: workflow.submit(theirs, by=life.user, received_at=now),
            lambda: workflow.amend(theirs, by=life.user, received_at=now),
            lambda: workflow.discard_changes(theirs, by=life.user),
            lambda: workflow.withdraw(theirs, by=life.user),
        ):
            with refused():
                act()
        for choice in theirs.choices.live():
            with refused():
                workflow.withdraw_choice(choice, by=life.user)

    # What the office and the clock do -----------------------------------------------------------
    @rule(name=WHO, days=st.integers(1, 4))
    def is_given_more_time(self, name: str, days: int) -> None:
        life = self.lives[name]
        until = self.call.closes_at + timedelta(days=days)
        if until > clock.now():
            person = workflow.person_of(life.user)
            workflow.give_extension(person, self.call, until=until, reason="Ill.", by=None)
            life.extended = until

    @precondition(lambda self: any(life.extended for life in self.lives.values()))
    @rule(name=WHO)
    def loses_the_extra_time(self, name: str) -> None:
        life = self.lives[name]
        if life.extended and life.extended > clock.now():
            newest = workflow.person_of(life.user).extensions.latest("id")
            workflow.end_extension(newest, reason="Not needed.", by=None)
            life.extended = clock.now()

    @rule(seconds=st.sampled_from([1, 3600, 10 * 3600]))
    def time_passes(self, seconds: int) -> None:
        self.clock.shift(timedelta(seconds=seconds))

    @precondition(lambda self: self.steps > STEPS // 3)
    @rule(name=WHO, seconds=st.sampled_from([-1, 0, 1]))
    def the_closing_instant_comes(self, name: str, seconds: int) -> None:
        instant = self.closes(self.lives[name]) + timedelta(seconds=seconds)
        if instant >= clock.now():
            self.clock.move_to(instant)

    @precondition(lambda self: self.call.closes_at <= clock.now())
    @rule()
    def the_sweep_comes(self) -> None:
        programme.close_ended_calls()
        self.call = Call.objects.get(pk=self.call.pk)

    @precondition(lambda self: self.call.state == "published" and clock.now() < self.call.closes_at)
    @rule(hours=st.integers(1, 48))
    def the_call_is_re_dated(self, hours: int) -> None:
        programme.redate_call(
            self.call,
            opens_at=self.call.opens_at,
            closes_at=self.call.closes_at + timedelta(hours=hours),
            delivery_on=self.call.delivery_on,
            decisions_on=None,
            by=None,
            reason="More time for all.",
        )


def test_no_sequence_loses_submits_twice_or_late_or_shows_anothers():
    run_state_machine_as_test(
        LifeMachine,
        settings=settings(
            max_examples=12,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],  # thirty steps are read soon enough: shrinking takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
