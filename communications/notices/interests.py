"""What somebody is told when the office has decided about an interest they declared: that, and no more."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Notice, link
from communications.notices.people import account_address, account_key
from participants.models import InterestCase, Person
from participants.workflow import INTEREST_CASE
from stepchange.models import Event
from stepchange.transitions import Words

DECIDING = ("take_no_action", "manage", "exclude")
"""The moves that decide; which one it was is read after log-in (law 7)."""


def _case(email: Email) -> InterestCase:
    return InterestCase.objects.select_related("person__user").get(public_id=email.subject_key)


def _its_person(event: Event) -> Iterable[str]:
    people = Person.objects.filter(interest_cases__public_id=event.subject_key)
    yield account_key(people.values_list("public_id", flat=True).get())


def _words(email: Email) -> dict[str, Any]:
    return {
        "name": _case(email).person.full_name,
        "at": email.event.at if email.event else email.made_at,
        "button_url": link("participants:declarations"),
        "button_label": _("Sign in and read it"),
    }


def _is_open_again(email: Email) -> Words | None:
    if _case(email).is_undecided:
        return _("It is being looked at again.")
    return None


INTEREST_NOTICES = tuple(
    Notice(
        name=f"interest_settled_{number}",  # the ledger's names are alike, too
        label=_("News about a declared interest"),
        event_kind=INTEREST_CASE.kind(move),
        recipients=_its_person,
        address=lambda email: account_address(_case(email).person),
        words=_words,
        why_not=_is_open_again,
        folder="interest_settled",
    )
    for number, move in enumerate(DECIDING, start=1)
)
