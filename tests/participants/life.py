"""The lives of two people in a call, told apart from the code under test, and what must hold of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from hypothesis.stateful import RuleBasedStateMachine, invariant

from communications import workflow as ledger
from communications.models import Email
from participants import workflow
from participants.models import ExpressionOfInterest, PageAnswers, ProjectChoice, Snapshot
from projects.models import Project
from stepchange import clock
from stepchange.models import Event, User
from stepchange.transitions import Refused
from tests.builders import complete_answers
from workstreams.models import Call


@dataclass
class Life:
    """What one person must find, told apart from the code under test."""

    user: User
    saved: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: list[dict[str, dict[str, Any]]] = field(default_factory=list)
    digests: dict[int, tuple[str, str]] = field(default_factory=dict)
    extended: datetime | None = None
    submissions: int = 0
    amendments: int = 0

    @property
    def live(self) -> ExpressionOfInterest | None:
        return ExpressionOfInterest.objects.live().filter(person__user=self.user).first()


@contextmanager
def refused() -> Iterator[None]:
    """Expect a refusal: the invariants then say that it changed nothing."""
    with pytest.raises(Refused):
        yield


class LifeOracle(RuleBasedStateMachine):
    """Knows what each person must find; the invariants are asked after each step."""

    lives: dict[str, Life]
    projects: list[Project]
    call: Call
    steps: int
    travel: time_machine.travel

    def teardown(self) -> None:
        if not hasattr(self, "atomic"):
            return
        try:
            self.each_submission_has_one_receipt()
            self.pages_show_a_person_their_own_alone()
        finally:
            self.travel.stop()
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # The oracle ---------------------------------------------------------------------------------
    def closes(self, life: Life) -> datetime:
        return max(filter(None, [self.call.closes_at, life.extended]))

    def is_open(self, life: Life) -> bool:
        return clock.now() < self.closes(life)

    def is_complete(self, life: Life) -> bool:
        chosen = set(self.codes(life.saved))
        asked = {
            name.removeprefix("contribution_")
            for name in life.saved.get("contributions", {})
            if name.startswith("contribution_")
        }
        experience = life.saved.get("experience", {}).get("experience", "")
        return (
            set(life.saved) >= set(complete_answers()) - {"updates"}
            and bool(chosen)
            and chosen == asked
            and 0 < len(experience) <= 2000
        )

    def codes(self, answers: dict[str, dict[str, Any]]) -> list[str]:
        return [code for codes in answers.get("projects", {}).values() for code in codes]

    def chosen(self, subset: set[int]) -> list[Project]:
        return [self.projects[number] for number in sorted(subset)]

    def keep(self, life: Life, page: str, answers: dict[str, Any], *, stale: bool = False) -> None:
        """Save a page as a tab would: with the revision it was opened with, or an older one."""
        live = life.live
        assert live is not None
        row = PageAnswers.objects.filter(expression=live, page=page).first()
        revision = row.revision if row else 0
        if stale and row and answers != row.answers:
            with pytest.raises(workflow.SavedElsewhere):
                workflow.save_page(live, page, answers, revision=revision - 1)
            return
        workflow.save_page(live, page, answers, revision=revision)
        life.saved[page] = answers

    # What must hold -----------------------------------------------------------------------------
    @invariant()
    def nothing_saved_is_lost(self) -> None:
        self.steps = getattr(self, "steps", 0) + 1
        for life in getattr(self, "lives", {}).values():
            if (live := life.live) is not None:
                assert {
                    row.page: row.answers for row in live.pages.all() if row.answers
                } == life.saved

    @invariant()
    def what_was_submitted_never_changes(self) -> None:
        for life in getattr(self, "lives", {}).values():
            mine = ExpressionOfInterest.objects.of(life.user)
            snapshots = list(Snapshot.objects.filter(expression__in=mine).order_by("pk"))
            assert len(snapshots) == life.submissions + life.amendments
            for snapshot in snapshots:
                seen = (snapshot.digest, repr(snapshot.answers) + repr(snapshot.shown))
                assert life.digests.setdefault(snapshot.pk, seen) == seen
                assert snapshot.taken_at <= clock.now()
            for expression in mine:
                taken = [each.number for each in snapshots if each.expression_id == expression.pk]
                assert taken == list(range(1, len(taken) + 1))
                assert bool(taken) is (not expression.is_draft)

    @invariant()
    def the_choices_are_those_of_the_newest_snapshot_less_those_withdrawn(self) -> None:
        for life in getattr(self, "lives", {}).values():
            live = life.live
            choices = ProjectChoice.objects.filter(expression__person__user=life.user).live()
            if live is None or live.is_draft:
                assert not choices.exists()
                continue
            live_codes = {choice.project.code for choice in choices.select_related("project")}
            assert live_codes <= set(self.codes(life.sent[-1]))
            assert choices.count() == len(live_codes)

    @invariant()
    def the_record_tells_of_each_submission_once(self) -> None:
        for name, made in (("submitted", "submissions"), ("amended", "amendments")):
            told = Event.objects.of_kind(f"participants.expression.{name}").count()
            assert told == sum(getattr(life, made) for life in getattr(self, "lives", {}).values())

    def each_submission_has_one_receipt(self) -> None:
        ledger.derive()
        ledger.derive()
        receipts = Email.objects.filter(notice="receipt").count()
        assert receipts == sum(life.submissions for life in self.lives.values())

    def pages_show_a_person_their_own_alone(self) -> None:
        references = {
            name: set(
                ExpressionOfInterest.objects.of(life.user).values_list("reference", flat=True)
            )
            for name, life in self.lives.items()
        }
        for name, life in self.lives.items():
            client = Client()
            client.force_login(life.user)
            others = set().union(*(refs for who, refs in references.items() if who != name))
            shown = client.get("/account/").content.decode()
            assert all(reference in shown for reference in references[name])
            assert not any(reference in shown for reference in others)
            for reference in others:
                for path in ("", "versions/"):
                    page = f"/expression-of-interest/submitted/{reference}/{path}"
                    assert client.get(page).status_code == 404
