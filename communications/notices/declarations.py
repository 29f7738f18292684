"""Whoever must declare is told when they have to again: 60 and 14 days before the day, and on it.

Each reminder is for one declaration: signing anew stops what waits, and begins a new year.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Cause, Notice, link
from communications.notices.drafts import by_day
from communications.notices.people import account_address, account_key
from participants.models import Declarant, Declaration
from stepchange import clock
from stepchange.transitions import Words
from stepchange.uk_time import uk_date, uk_long_date

STEPS = (60, 14)
"""How many days before the day a reminder goes out; the longest first."""
OVERDUE = "overdue"
AT_ONCE = 500


def _standing(declared: QuerySet[Declaration]) -> QuerySet[Declaration]:
    """Keep what somebody on the roster declared last."""
    later = Declaration.objects.filter(person=OuterRef("person"), number__gt=OuterRef("number"))
    roster = Declarant.objects.on_the_roster(clock.today()).filter(pk=OuterRef("person__user"))
    return declared.filter(~Exists(later), Exists(roster))


def _due_after(day: date) -> QuerySet[Declaration]:
    """Return what falls due after a day: the same rule as everywhere (`in_date_on`)."""
    return Declaration.objects.in_date_on(day)


def _untold(notice: str, occurrence: str, declared: QuerySet[Declaration]) -> Iterable[Cause]:
    """Yield a cause for each that has none yet, to be sent by day."""
    due_at = by_day(clock.now(), clock.end_of(clock.today() + timedelta(days=2)))
    standing = list(_standing(declared).values_list("public_id", "person__public_id"))
    for first in range(0, len(standing), AT_ONCE):
        some = {str(key): person for key, person in standing[first : first + AT_ONCE]}
        emails = Email.objects.filter(notice=notice, occurrence=occurrence, subject_key__in=some)
        told = set(emails.values_list("subject_key", flat=True))
        for key in some.keys() - told:
            yield Cause(key, occurrence, (account_key(some[key]),), due_at=due_at)


def _near() -> Iterable[Cause]:
    """Yield, for each step, what falls due within it and not within the next."""
    today = clock.today()
    for step, nearer in zip(STEPS, (*STEPS[1:], 0), strict=True):
        within = _due_after(today + timedelta(days=nearer)).exclude(
            pk__in=_due_after(today + timedelta(days=step)).values("pk")
        )
        yield from _untold("declaration_due", _occurrence(step), within)


def _past() -> Iterable[Cause]:
    """Yield what is due today or has been for longer."""
    past = Declaration.objects.exclude(pk__in=_due_after(clock.today()).values("pk"))
    yield from _untold("declaration_overdue", OVERDUE, past)


def _occurrence(step: int) -> str:
    return f"{step}d"


def _declaration(email: Email) -> Declaration:
    return Declaration.objects.select_related("person__user").get(public_id=email.subject_key)


def _words(email: Email) -> dict[str, Any]:
    declaration = _declaration(email)
    return {
        "name": declaration.person.full_name,
        "due_day": uk_long_date(declaration.due_again_on),
        "due_on": uk_date(declaration.due_again_on),
        "button_url": link("participants:declarations"),
        "button_label": _("Look through your declaration"),
    }


def _is_settled(email: Email) -> Words | None:
    declaration = _declaration(email)
    if declaration.person.declarations.filter(number__gt=declaration.number).exists():
        return _("They have declared again.")
    if not _standing(Declaration.objects.filter(pk=declaration.pk)).exists():
        return _("They need not declare any more.")
    return None


def _is_too_late(email: Email) -> Words | None:
    """Say that it is settled, or that a later reminder tells more."""
    if settled := _is_settled(email):
        return settled
    left = (_declaration(email).due_again_on - clock.today()).days
    reached = min((step for step in STEPS if 0 < left <= step), default=0)
    if email.occurrence != _occurrence(reached):
        return _("A later reminder takes its place.")
    return None


DECLARATION_NOTICES = (
    Notice(
        name="declaration_due",
        label=_("Declaration of interests falls due"),
        about="participants.declaration",
        by_long_look=_near,
        address=lambda email: account_address(_declaration(email).person),
        words=_words,
        why_not=_is_too_late,
    ),
    Notice(
        name="declaration_overdue",
        label=_("Declaration of interests overdue"),
        about="participants.declaration",
        by_long_look=_past,
        address=lambda email: account_address(_declaration(email).person),
        words=_words,
        why_not=_is_settled,
    ),
)
