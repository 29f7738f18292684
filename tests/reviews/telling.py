"""What lets each notice of joint decisions be told, to one reader."""

from __future__ import annotations

from datetime import timedelta

from projects.models import Project
from reviews import workflow
from reviews.models import Decision, Split
from reviews.policies.letters import LetterGiven
from reviews.workflow.letters import release_with_letter
from stepchange import clock
from stepchange.models import User
from tests.builders import make_submitted
from tests.reviews.deciding import Desk, make_desk
from workstreams.models import Term

OF_REVIEWING = {
    "key_waits",
    "key_voided",
    "split_to_settle",
    "seat_to_fill",
    "stand_in_to_name",
    "outcome_released",
}


def happen_in_review(notice: str, *, reader: str) -> Desk:
    """Let happen what a notice of joint decisions tells of, with one account to tell."""
    with clock.set_to(clock.now() - timedelta(days=8)):
        desk = make_desk()
    Project.objects.update(title="SECRET TITLE", action="SECRET ACTION", vision="SECRET VISION")
    whom = {
        "key_waits": desk.people["business"],
        "key_voided": desk.people["business"],
        "outcome_released": desk.volunteer,
    }.get(notice, desk.people["board private"])
    User.objects.filter(pk=whom.pk).update(email=reader)
    for who in ("board police", "board government"):
        desk.people[who].groups.clear()
    desk.choice = desk.now()
    match notice:
        case "key_waits":
            desk.cast("police", "decline", reason="SECRET REASON")
        case "key_voided":
            desk.cast("business", "decline", reason="SECRET REASON")
            desk.amend()
        case "split_to_settle":
            desk.cast("business", "accept", reason="SECRET REASON")
            desk.cast("police", "decline", reason="SECRET REASON")
        case "seat_to_fill":
            Term.objects.filter(seat__side="police").update(
                ends_on=clock.today() - timedelta(days=1)
            )
        case "stand_in_to_name":
            for who in ("police", "police deputy"):
                workflow.stand_aside(desk.now(), by=desk.people[who], reason="SECRET REASON")
        case "outcome_released":
            release(desk, "decline")
    return desk


def differ(desk: Desk) -> Split:
    """Let the two sides recommend different things about a new choice of the desk's project."""
    desk.choice = make_submitted(desk.project, call=desk.call).choices.get()
    desk.cast("business", "accept")
    desk.cast("police", "decline")
    return Split.objects.get(choice=desk.choice)


def agree(desk: Desk, view: str = "decline") -> Decision:
    """Let the two sides agree about the desk's choice."""
    desk.cast("business", view)
    desk.cast("police", view)
    return Decision.objects.get(choice=desk.choice, release__isnull=True)


def release(desk: Desk, view: str) -> Decision:
    """Let both sides agree, and the office release what they made of it."""
    desk.cast("business", view, reason="SECRET REASON")
    desk.cast("police", view, reason="SECRET REASON")
    return release_held(desk)


def release_held(desk: Desk) -> Decision:
    """Let the office release what was decided."""
    decision = Decision.objects.get(choice=desk.choice, release__isnull=True)
    letter = LetterGiven(code="other", words="SECRET MESSAGE")
    release_with_letter(decision, by=desk.people["office"], letter=letter)
    return decision
