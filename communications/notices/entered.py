"""What somebody is told of a form that the office entered for them by telephone or on paper."""

from typing import Any

from allauth.account.models import EmailAddress
from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Notice, link
from participants import policies
from participants.models import EnteredForm, Person
from participants.workflow.entered import ASKED_AGAIN, ENTERED
from stepchange import clock
from stepchange.models import Event
from stepchange.transitions import Words

FIRST, AGAIN = "entered_for_you", "entered_for_you_again"


def _entered(email: Email) -> EnteredForm:
    return EnteredForm.objects.select_related("call").get(reference=email.subject_key)


def _person(entered: EnteredForm) -> Person | None:
    """Return whose address it is, if that is known: only an extension of theirs makes a difference."""
    shown = EmailAddress.objects.filter(email=entered.email, verified=True).values("user")
    return Person.objects.filter(user__in=shown).first()


def _whom_it_is_for(event: Event) -> list[str]:
    # Nobody's account: whether the address has one is not asked (law 8).
    return [f"entered:{event.subject_key}:given"]


def _words(email: Email) -> dict[str, Any]:
    entered = _entered(email)
    return {
        "name": entered.full_name,
        "reference": entered.reference,
        "taken_on": entered.taken_on,
        "closes_at": policies.closes_for(entered.call, _person(entered)),
        "button_url": link("participants:entered-mine"),
        "button_label": _("Check it and answer"),
    }


def _why_not(email: Email) -> Words | None:
    entered = _entered(email)
    if not entered.is_waiting:
        return _("It does not wait for them any more.")
    if not policies.is_open_for(entered.call, _person(entered), clock.now()):
        return _("The call has closed.")
    # Their address was asked within a day; but where that email never went, they are told now.
    if email.event and not email.event.facts.get("is_asked", True):
        lately = clock.now() - policies.ASKED_ONCE_IN
        sent = Email.objects.filter(notice__in=(FIRST, AGAIN), sent_at__gt=lately)
        if sent.filter(address__iexact=entered.email).exclude(pk=email.pk).exists():
            return _("They were emailed less than a day ago.")
    return None


ENTERED_NOTICES = tuple(
    Notice(
        name=name,
        label=label,
        event_kind=event_kind,
        recipients=_whom_it_is_for,
        address=lambda email: _entered(email).email,
        words=_words,
        why_not=_why_not,
        folder="entered_for_you",
    )
    for name, label, event_kind in (
        (FIRST, _("Entered form to confirm"), ENTERED.kind("hand_over")),
        (AGAIN, _("Entered form to confirm, sent again"), ASKED_AGAIN),
    )
)
