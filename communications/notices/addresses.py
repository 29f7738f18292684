"""The code that confirms a participant's work address: the same whoever the address belongs to."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Kind, Notice
from participants.models import CODE_LASTS, AddressConfirmation
from stepchange import clock
from stepchange.models import Event
from stepchange.transitions import Words


def _confirmation(email: Email) -> AddressConfirmation:
    return AddressConfirmation.objects.get(public_id=email.subject_key)


def _its_person(event: Event) -> Iterable[str]:
    found = AddressConfirmation.objects.select_related("person").get(public_id=event.subject_key)
    yield f"person:{found.person.public_id}:work"


def _code_words(email: Email) -> dict[str, Any]:
    return {
        "code": _confirmation(email).code,
        "minutes": int(CODE_LASTS.total_seconds() // 60),
    }


def _is_stale(email: Email) -> Words | None:
    asked = AddressConfirmation.objects.filter(public_id=email.subject_key).first()
    if asked is None or clock.now() >= asked.expires_at:
        return _("The code ran out before it could be sent.")
    if asked.confirmed_at:
        return _("The address was confirmed meanwhile.")
    if AddressConfirmation.objects.newest_of(asked.person) != asked:
        return _("A newer code was asked for.")
    return None


ADDRESS_NOTICES = (
    Notice(
        name="work_address_code",
        label=_("Code to confirm a work address"),
        kind=Kind.SECURITY,
        event_kind="participants.address.code_asked",
        recipients=_its_person,
        address=lambda email: _confirmation(email).address,
        words=_code_words,
        why_not=_is_stale,
    ),
)
