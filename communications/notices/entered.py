"""What somebody is told of a form that the office entered for them by telephone or on paper."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Notice, link
from participants.models import EnteredForm
from participants.workflow import ASKED_AGAIN, ENTERED
from stepchange.models import Event
from stepchange.transitions import Words


def _entered(email: Email) -> EnteredForm:
    return EnteredForm.objects.select_related("call").get(reference=email.subject_key)


def _whom_it_is_for(event: Event) -> list[str]:
    # Nobody's account: whether the address has one is not asked (law 8).
    return [f"entered:{event.subject_key}:given"]


def _words(email: Email) -> dict[str, Any]:
    entered = _entered(email)
    return {
        "name": entered.full_name,
        "reference": entered.reference,
        "taken_on": entered.taken_on,
        "closes_at": entered.call.closes_at,
        "button_url": link("participants:entered-mine"),
        "button_label": _("Check it and answer"),
    }


def _answered(email: Email) -> Words | None:
    return None if _entered(email).is_waiting else _("It does not wait for them any more.")


ENTERED_NOTICES = tuple(
    Notice(
        name=name,
        label=label,
        event_kind=event_kind,
        recipients=_whom_it_is_for,
        address=lambda email: _entered(email).email,
        words=_words,
        why_not=_answered,
        folder="entered_for_you",
    )
    for name, label, event_kind in (
        ("entered_for_you", _("Entered form to confirm"), ENTERED.kind("hand_over")),
        ("entered_for_you_again", _("Entered form to confirm, sent again"), ASKED_AGAIN),
    )
)
