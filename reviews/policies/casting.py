"""Who may turn a key, shortlist, ask the volunteer, and stand aside."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from participants.models import ProjectChoice
from participants.policies import is_own, may_see_people
from reviews.models import Key, Question, Reassignment, Side
from reviews.policies.conflicts import barred_once, why_barred
from reviews.policies.falling import counting_keys
from reviews.policies.holders import (
    Because,
    Holder,
    Holding,
    holding_of,
    seats_of,
    sides_of,
)
from reviews.policies.rounds import cast_keys, other, round_of, why_not_reviewed
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words

NO_SEAT = _("Only those who sit for this work-stream can do this.")
NOT_YOUR_TURN = _(
    "The key of your side is with %(holder)s. You turn it when they stand aside, when the seat is vacant, "
    "or when the office gives it to you."
)
CAST_ALREADY = _("The key of your side was cast already.")
OTHER_KEY = _("You turned the key of the other side: a decision takes two people.")


@dataclass(frozen=True)
class Turn:
    """A key that is somebody's to turn: of which side, in which round, and which keys stand there."""

    holding: Holding
    number: int
    keys: dict[str, Key]


def _holding_for(
    by: User, choice: ProjectChoice, keys: Mapping[str, Key]
) -> tuple[Holding | None, Words | None]:
    """Return the side whose key an account holds; or why it holds none, though it may sit there."""
    seats = seats_of(choice.project.work_stream)
    refusal: Words = NO_SEAT
    for side in Side:
        holding = holding_of(choice, side, seats=seats, other_key=keys.get(other(side)))
        if holding.holder and holding.holder.user.pk == by.pk:
            return holding, None
        mine = next((each for each in holding.passed if each.user and each.user.pk == by.pk), None)
        if mine:
            refusal = mine.bar or (OTHER_KEY if mine.because is Because.HAS_OTHER_KEY else refusal)
        sits = any(isinstance(each, Holder) and each.user.pk == by.pk for each in seats.of(side))
        if sits and refusal is NO_SEAT and holding.holder:
            refusal = NOT_YOUR_TURN % {"holder": holding.holder.user}
        elif sits and refusal is NO_SEAT:
            refusal = _("The office gave the key of your side to another.")
    return None, refusal


def may_review(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit who sits or stands in for the work-stream, may see people, and is not barred (law 3).

    What the volunteer's page asks first, before anything of it is shown.
    """
    if by is None or not by.is_active or not sides_of(by, choice.project.work_stream):
        return NO_SEAT
    return why_barred(by, choice) or may_see_people(by)


def may_cast(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit whoever holds the key of a side, on a choice that waits for it (laws 2 and 3).

    One that they cast before may be replaced, until the other is cast.
    """
    return turn_of(by, choice)[1]


def turn_of(by: User | None, choice: ProjectChoice) -> tuple[Turn | None, Words | None]:
    """Return the key that somebody may turn on a choice; or why there is none."""
    with barred_once():
        return _turn_of(by, choice)


def _turn_of(by: User | None, choice: ProjectChoice) -> tuple[Turn | None, Words | None]:
    refusal = may_review(by, choice) or why_not_reviewed(choice)
    if by is None or refusal:
        return None, refusal
    number = round_of(choice)
    keys = counting_keys(choice, number)
    holding, refusal = _holding_for(by, choice, keys)
    if holding is None:
        return None, refusal
    standing = keys.get(holding.side)
    if standing and standing.caster_id != by.pk:
        return None, CAST_ALREADY
    return Turn(holding, number, keys), None


def may_replace(by: User | None, key: Key) -> Words | None:
    """Permit who cast it."""
    own = by is not None and key.caster_id == by.pk
    return None if own else _("Only whoever cast it can replace it.")


def may_void(_by: User | None, _key: object) -> None:
    """Permit whoever changed what it rests on: a key falls by that, not by anybody's wish."""


# The shortlist ----------------------------------------------------------------------------------------
def may_shortlist(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit whoever may review it, while it was not decided: administrative, and no view of anybody's."""
    return may_review(by, choice) or why_not_reviewed(choice)


# Questions to the volunteer ----------------------------------------------------------------------------
def may_ask(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit whoever may review it, while it was not decided."""
    return may_review(by, choice) or why_not_reviewed(choice)


def may_answer(by: User | None, question: Question) -> Words | None:
    """Permit the volunteer, once."""
    if by is None or not is_own(by, question.choice.expression):
        return _("Only the volunteer can answer.")
    if question.answered_at:
        return _("This was answered already.")
    return None


def sees_who_asked(by: User, question: Question) -> bool:
    """Say whether an account may know which reviewer asked: its own, and when both keys are cast.

    The volunteer is never told.
    """
    if question.asked_by_id == by.pk:
        return True
    if is_own(by, question.choice.expression):
        return False
    return len(cast_keys(question.choice, question.round)) == len(Side)


# Standing aside -----------------------------------------------------------------------------------------
def may_stand_aside(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit whoever sits or stands in for the work-stream, or is of the board or the office."""
    if by is None or not by.is_active:
        return NO_SEAT
    if sides_of(by, choice.project.work_stream) or holds(by, *_STANDS_ASIDE):
        return None
    return NO_SEAT


_STANDS_ASIDE = (Role.BOARD, Role.ETHICS_REVIEWER, Role.OFFICE_MANAGER, Role.CASEWORKER)


def may_reassign(by: User | None, choice: ProjectChoice, side: str) -> Words | None:
    """Permit office managers who are not barred, while the side's key is not cast."""
    if by is None or not holds(by, Role.OFFICE_MANAGER):
        return _("Only an office manager can do this.")
    if refusal := why_barred(by, choice) or why_not_reviewed(choice):
        return refusal
    if side in counting_keys(choice, round_of(choice)):
        return _("The key of this side was cast: there is nothing to give to another.")
    return None


def given_to(choice: ProjectChoice, side: str) -> Reassignment | None:
    """Return to whom the office gave the key of a side, if it did."""
    return Reassignment.objects.filter(choice=choice, side=side).order_by("-pk").first()
