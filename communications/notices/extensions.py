"""What one person is told when the office gives them more time, or ends it early."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Notice, link
from communications.notices.people import account_address, account_key
from participants import policies
from participants.models import ExpressionOfInterest, Person
from stepchange import clock
from stepchange.models import Event
from stepchange.transitions import Words
from stepchange.uk_time import uk_long_date
from workstreams.models import Call

EXTENSION_GIVEN = "participants.extension.given"
EXTENSION_ENDED = "participants.extension.ended"
"""The kinds of event; their facts name the person, the call and until when."""


def until_of(event: Event) -> datetime:
    """Return until when the extension that an event tells of was given, or when it was ended."""
    return datetime.fromisoformat(event.facts["until"])


def _told(event: Event) -> Iterable[str]:
    yield account_key(event.facts["person"])


def _given(email: Email) -> Event:
    if email.event is None:
        raise LookupError("An extension is told of by its event.")
    return email.event


def _person(email: Email) -> Person:
    return Person.objects.select_related("user").get(public_id=_given(email).facts["person"])


def _call(email: Email) -> Call:
    return Call.objects.get(slug=_given(email).facts["call"])


def _closes_at(email: Email) -> datetime:
    return policies.closes_for(_call(email), _person(email))


def _words(email: Email) -> dict[str, Any]:
    person, until = _person(email), until_of(_given(email))
    live = ExpressionOfInterest.objects.live().filter(
        person=person, call__slug=_given(email).facts["call"]
    )
    expression = live.first()
    return {
        "name": person.full_name,
        "reference": expression.reference if expression else "",
        "is_submitted": expression is not None and not expression.is_draft,
        "at": _given(email).at,
        "closes_at": until,
        "last_day": uk_long_date(clock.last_day_before(until)),
        "button_url": link("participants:tasks"),
        "button_label": _("Open your expression of interest"),
    }


def _is_over(email: Email) -> Words | None:
    """Say that it is past, or that another closing instant holds for them by now."""
    if until_of(_given(email)) <= clock.now():
        return _("The time given is over.")
    if _closes_at(email) != until_of(_given(email)):
        return _("It closes at another time now.")
    return None


def _ended_words(email: Email) -> dict[str, Any]:
    call, person = _call(email), _person(email)
    return {
        "name": person.full_name,
        "at": _given(email).at,
        "closes_at": policies.closes_for(call, person),
        "is_open": policies.is_open_for(call, person, clock.now()),
        "button_url": link("participants:account"),
        "button_label": _("See where it stands"),
    }


def _is_given_anew(email: Email) -> Words | None:
    """Say that they were given more time again since."""
    if _closes_at(email) != max(_call(email).closes_at, until_of(_given(email))):
        return _("It closes at another time now.")
    return None


EXTENSION_NOTICES = (
    Notice(
        name="extension",
        event_kind=EXTENSION_GIVEN,
        recipients=_told,
        address=lambda email: account_address(_person(email)),
        words=_words,
        why_not=_is_over,
    ),
    Notice(
        name="extension_ended",
        event_kind=EXTENSION_ENDED,
        recipients=_told,
        address=lambda email: account_address(_person(email)),
        words=_ended_words,
        why_not=_is_given_anew,
    ),
)
