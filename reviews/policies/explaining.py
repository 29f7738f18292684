"""How a joint decision came about: every fact relied on with its version, who, when and why (law 6).

Structured for the explanation page, for the office and for a subject-access request alike; what may not be
shown to a reader is left out by the page, by its part.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from django.db.models import Q

from participants.policies import may_see_people
from reviews.models import (
    Decision,
    Key,
    Question,
    Reassignment,
    Recusal,
    Release,
    SettlementView,
    Split,
)
from reviews.policies.casting import NO_SEAT
from reviews.policies.conflicts import why_barred
from reviews.policies.holders import sides_of
from reviews.policies.rounds import what_changed
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words


class Part(Enum):
    """What kind of thing happened, in the words of the tables."""

    KEY = "key"
    KEY_ENDED = "key ended"
    SPLIT = "split"
    SPLIT_ENDED = "split ended"
    VIEW = "view"
    VIEW_ENDED = "view ended"
    RECUSAL = "recusal"
    REASSIGNMENT = "reassignment"
    QUESTION = "question"
    ANSWER = "answer"
    DECISION = "decision"
    RELEASE = "release"
    REOPENING = "reopening"


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One thing that led to the decision: what, by whom, when, why, and the row that says it."""

    part: Part
    at: datetime
    row: Any
    by: User | None = None
    why: str = ""
    counted: bool = False
    """Whether the decision is made of it: its two keys, or its two views."""


@dataclass(frozen=True)
class Explanation:
    """A joint decision with all that it rests on, and all that led to it, oldest first."""

    decision: Decision
    relied_on: dict[str, Any]
    changed_since: tuple[Words, ...]
    happened: tuple[Happened, ...]

    @property
    def made_by(self) -> tuple[Happened, ...]:
        """Return the two of which the decision is made."""
        return tuple(each for each in self.happened if each.counted)


def explain(decision: Decision) -> Explanation:
    """Return how a decision came about, of its whole choice up to and with its own round.

    Needs both keys cast, as every decision has: nothing in it is blind. Keys of a later round are not in
    it. A number of queries that does not grow with what happened.
    """
    happened = sorted(_happened(decision), key=lambda each: each.at)
    return Explanation(decision, decision.relied_on, tuple(what_changed(decision)), tuple(happened))


def _happened(decision: Decision) -> Iterator[Happened]:
    choice = decision.choice
    up_to = {"choice": choice, "round__lte": decision.round}
    yield from _keys(decision, Key.objects.filter(**up_to).select_related("caster", "term"))
    splits = list(Split.objects.filter(**up_to).select_related("ended_by"))
    for split in splits:
        yield Happened(part=Part.SPLIT, at=split.opened_at, row=split)
        if split.ended_at:
            yield Happened(
                part=Part.SPLIT_ENDED,
                at=split.ended_at,
                row=split,
                by=split.ended_by,
                why=split.mediation or str(split.get_void_because_display()),
            )
    views = SettlementView.objects.filter(split__in=[split.pk for split in splits])
    yield from _views(decision, views.select_related("member"))
    person = choice.expression.person_id
    for recusal in Recusal.objects.filter(
        Q(choice=choice) | Q(choice__isnull=True, person=person),
        recused_at__lte=decision.decided_at,
    ).select_related("user"):
        yield Happened(
            part=Part.RECUSAL,
            at=recusal.recused_at,
            row=recusal,
            by=recusal.user,
            why=recusal.reason,
        )
    for given in Reassignment.objects.filter(
        choice=choice, at__lte=decision.decided_at
    ).select_related("by"):
        yield Happened(
            part=Part.REASSIGNMENT, at=given.at, row=given, by=given.by, why=given.reason
        )
    yield from _questions(Question.objects.filter(**up_to).select_related("asked_by"))
    yield from _decisions(decision)


def _keys(decision: Decision, keys: Any) -> Iterator[Happened]:
    made_of = {decision.business_key_id, decision.police_key_id}
    for key in keys:
        yield Happened(
            part=Part.KEY,
            at=key.cast_at,
            row=key,
            by=key.caster,
            why=key.reason,
            counted=key.pk in made_of,
        )
        if key.ended_at:
            yield Happened(
                part=Part.KEY_ENDED,
                at=key.ended_at,
                row=key,
                by=key.caster if key.state == Key.State.REPLACED else None,
                why=str(key.get_void_because_display()),
            )


def _views(decision: Decision, views: Any) -> Iterator[Happened]:
    made_of = {decision.one_view_id, decision.other_view_id}
    for view in views:
        yield Happened(
            part=Part.VIEW,
            at=view.cast_at,
            row=view,
            by=view.member,
            why=view.reason,
            counted=view.pk in made_of,
        )
        if view.ended_at:
            yield Happened(part=Part.VIEW_ENDED, at=view.ended_at, row=view)


def _questions(questions: Any) -> Iterator[Happened]:
    for asked in questions:
        yield Happened(
            part=Part.QUESTION, at=asked.asked_at, row=asked, by=asked.asked_by, why=asked.text
        )
        if asked.answered_at:
            yield Happened(part=Part.ANSWER, at=asked.answered_at, row=asked, why=asked.answer)


def _decisions(decision: Decision) -> Iterator[Happened]:
    earlier = Decision.objects.filter(choice=decision.choice_id, round__lte=decision.round)
    for each in earlier.select_related("reopening__by", "release__released_by"):
        yield Happened(part=Part.DECISION, at=each.decided_at, row=each)
        released: Release | None = getattr(each, "release", None)
        if released:
            yield Happened(
                part=Part.RELEASE,
                at=released.released_at,
                row=released,
                by=released.released_by,
            )
        anew = getattr(each, "reopening", None)
        if anew:
            yield Happened(part=Part.REOPENING, at=anew.at, row=anew, by=anew.by, why=anew.reason)


_READ = (Role.OFFICE_MANAGER, Role.CASEWORKER, Role.ETHICS_REVIEWER, Role.BOARD)


def may_read_explanation(by: User | None, decision: Decision) -> Words | None:
    """Permit who reviews for the work-stream, the office and the board, none of them barred (law 3)."""
    if by is None or not by.is_active:
        return NO_SEAT
    if not holds(by, *_READ) and not sides_of(by, decision.choice.project.work_stream):
        return NO_SEAT
    return why_barred(by, decision.choice) or may_see_people(by)
