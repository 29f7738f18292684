"""What a participant is told of their expression of interest: submitted, amended, withdrawn."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Notice, link
from communications.notices.people import (
    expression_of,
    its_participant,
    participants_address,
)
from participants import policies
from participants.models import ExpressionOfInterest
from participants.workflow import EXPRESSION
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
    submitted = ExpressionOfInterest.State.SUBMITTED
    return None if expression_of(email).state == submitted else _("It was withdrawn meanwhile.")


def _amended_words(email: Email) -> dict[str, Any]:
    expression = expression_of(email)
    return _words(expression) | {"at": _taken_at(expression, email.event)}


def _taken_at(expression: ExpressionOfInterest, event: Event | None) -> datetime | None:
    """Return when the changes were received: as their snapshot says, which the record names."""
    if event is None:
        return expression.submitted_at
    snapshot = expression.snapshots.filter(number=event.facts["snapshot"]).first()
    return snapshot.taken_at if snapshot else event.at


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


EXPRESSION_NOTICES = (
    Notice(
        name="receipt",
        event_kind=EXPRESSION.kind("submit"),
        recipients=its_participant,
        address=participants_address,
        words=_receipt_words,
        why_not=_withdrawn,
    ),
    Notice(
        name="amended",
        event_kind=AMENDED,
        recipients=its_participant,
        address=participants_address,
        words=_amended_words,
        why_not=_amended_again,
    ),
    Notice(
        name="withdrawn",
        event_kind=EXPRESSION.kind("withdraw"),
        recipients=its_participant,
        address=participants_address,
        words=_withdrawn_words,
    ),
)
