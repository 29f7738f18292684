"""Who has looked at somebody's details: one event for each look, which the person can read (law 6)."""

from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction

from participants.models import Person
from stepchange.events import record
from stepchange.models import Event, User

LOOKED = "participants.person.looked"
VIEWED = "participants.expression.viewed"
LOOKS = (LOOKED, VIEWED)
"""What a list of who has looked reads: an expression of interest says which version was seen."""


def looked(person: models.Model, *, by: User, what: str, reason: str = "") -> Event:
    """Record that somebody of the office was shown a person's details, `what` of them and why.

    Of somebody who has no person yet the row that tells of them is the subject.
    """
    with transaction.atomic():
        return record(LOOKED, person, by=by, reason=reason, facts={"what": what})


def viewed(expression: models.Model, *, by: User, snapshot: int | None) -> Event:
    """Record that somebody of the office was shown an expression of interest, and which version."""
    with transaction.atomic():
        return record(VIEWED, expression, by=by, facts={"snapshot": snapshot})


def looked_at_row(row: models.Model, *, by: User, what: str) -> Event:
    """Record a look at a row of the console, under the person whom it tells of (settings.PEOPLE_LOOKED)."""
    return looked(_told_of(row), by=by, what=what)


def _told_of(row: models.Model) -> models.Model:
    """Return the person of a row, of its account, or of the account that took it up; else the row."""
    account = row
    for name in ("user", "taken_by"):
        account = getattr(row, name, None) or account
    for about in (row, account):
        try:
            person = getattr(about, "person", None)
        except ObjectDoesNotExist:
            continue
        if isinstance(person, Person):
            return person
    return row
