"""What a participant is told of their expression of interest."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Notice, link
from participants.models import ExpressionOfInterest
from participants.workflow import EXPRESSION
from stepchange.models import Event
from stepchange.transitions import Words


def _expression(email: Email) -> ExpressionOfInterest:
    return ExpressionOfInterest.objects.select_related("person__user").get(
        reference=email.subject_key
    )


def _its_participant(event: Event) -> Iterable[str]:
    expression = ExpressionOfInterest.objects.select_related("person").get(
        reference=event.subject_key
    )
    yield f"person:{expression.person.public_id}:account"


def _participants_address(email: Email) -> str:
    user = _expression(email).person.user
    return user.email if user and user.is_active else ""


def _receipt_words(email: Email) -> dict[str, Any]:
    expression = _expression(email)
    return {
        "name": expression.person.full_name,
        "reference": expression.reference,
        "at": expression.submitted_at,
        "button_url": link("participants:account"),
        "button_label": _("See where it stands"),
    }


def _withdrawn(email: Email) -> Words | None:
    submitted = ExpressionOfInterest.State.SUBMITTED
    return None if _expression(email).state == submitted else _("It was withdrawn meanwhile.")


EXPRESSION_NOTICES = (
    Notice(
        name="receipt",
        event_kind=EXPRESSION.kind("submit"),
        recipients=_its_participant,
        address=_participants_address,
        words=_receipt_words,
        why_not=_withdrawn,
    ),
)
