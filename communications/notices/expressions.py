"""What a participant is told of their form: submitted, amended, withdrawn whole or from one project."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Notice, link
from communications.notices.people import (
    account_address,
    account_key,
    expression_of,
    its_participant,
    participants_address,
)
from participants import policies
from participants.models import ExpressionOfInterest, ProjectChoice, Snapshot
from participants.workflow import CHOICE, EXPRESSION
from stepchange import clock
from stepchange.models import Event
from stepchange.transitions import Words

AMENDED = EXPRESSION.kind("amend")


def _words(expression: ExpressionOfInterest) -> dict[str, Any]:
    return {
        "name": expression.person.full_name,
        "reference": expression.reference,
        "button_url": link("participants:account"),
        "button_label": _("See where it stands"),
    }


def _receipt_words(email: Email) -> dict[str, Any]:
    expression = expression_of(email)
    return _words(expression) | {"at": expression.submitted_at}


def _withdrawn(email: Email) -> Words | None:
    return _not_submitted(expression_of(email))


def _not_submitted(expression: ExpressionOfInterest) -> Words | None:
    submitted = ExpressionOfInterest.State.SUBMITTED
    return None if expression.state == submitted else _("It was withdrawn meanwhile.")


def _amended_words(email: Email) -> dict[str, Any]:
    """Say which version it is, when its changes were received, and when the first one was."""
    expression = expression_of(email)
    snapshot = _snapshot_told_of(expression, email.event)
    return _words(expression) | {
        "version": snapshot.number,
        "at": snapshot.taken_at,
        "first_at": expression.submitted_at,
    }


def _snapshot_told_of(expression: ExpressionOfInterest, event: Event | None) -> Snapshot:
    """Return the snapshot that the record names; the newest where it names none that is there."""
    taken = expression.snapshots.defer("answers", "shown")
    named = taken.filter(number=event.facts["snapshot"]).first() if event else None
    return named or taken.latest("number")


def _amended_again(email: Email) -> Words | None:
    """Say that a newer amendment is told instead: of several that wait only the newest is due."""
    newer = Event.objects.filter(
        kind=AMENDED, subject_key=email.subject_key, id__gt=email.event_id or 0
    )
    if newer.exists():
        return _("It was changed again meanwhile.")
    return _withdrawn(email)


def _withdrawn_words(email: Email) -> dict[str, Any]:
    """Say when, and until when a new one may be started, if that is still possible."""
    expression = expression_of(email)
    now = clock.now()
    is_open = policies.is_open_for(expression.call, expression.person, now)
    live = ExpressionOfInterest.objects.live().in_call(expression.call)
    may_start = is_open and not live.filter(person=expression.person).exists()
    return _words(expression) | {
        "at": email.event.at if email.event else email.made_at,
        "may_start_until": policies.closes_for(expression.call, expression.person)
        if may_start
        else None,
        "button_label": _("Open your account"),
    }


def _form_of(choice_key: str) -> ExpressionOfInterest:
    """Return the form that a choice belongs to; the project and the reason are not read (law 7)."""
    chosen = ProjectChoice.objects.select_related("expression__person__user").defer("reason")
    return chosen.get(public_id=choice_key).expression


def _whose_choice(event: Event) -> Iterable[str]:
    yield account_key(_form_of(event.subject_key).person.public_id)


def _left_one_words(email: Email) -> dict[str, Any]:
    """Say when, never from what."""
    at = email.event.at if email.event else email.made_at
    return _words(_form_of(email.subject_key)) | {"at": at}


EXPRESSION_NOTICES = (
    Notice(
        name="receipt",
        label=_("Receipt"),
        event_kind=EXPRESSION.kind("submit"),
        recipients=its_participant,
        address=participants_address,
        words=_receipt_words,
        why_not=_withdrawn,
    ),
    Notice(
        name="amended",
        label=_("Changes received"),
        event_kind=AMENDED,
        recipients=its_participant,
        address=participants_address,
        words=_amended_words,
        why_not=_amended_again,
    ),
    Notice(
        name="withdrawn",
        label=_("Withdrawal received"),
        event_kind=EXPRESSION.kind("withdraw"),
        recipients=its_participant,
        address=participants_address,
        words=_withdrawn_words,
    ),
    Notice(
        name="withdrawn_from_one",
        label=_("Withdrawal from one project received"),
        event_kind=CHOICE.kind("withdraw_alone"),
        recipients=_whose_choice,
        address=lambda email: account_address(_form_of(email.subject_key).person),
        words=_left_one_words,
        why_not=lambda email: _not_submitted(_form_of(email.subject_key)),
    ),
)
