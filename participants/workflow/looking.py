"""Who has looked at whose details: an event for each look, which they will be able to read (law 6)."""

import re

from django.db import models, transaction

from participants.models import Person
from stepchange.events import record
from stepchange.models import Event, User

_RECIPIENT = re.compile(r"person:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):.+")
LOOKED = "participants.person.looked"
VIEWED = "participants.expression.viewed"
LOOKS = (LOOKED, VIEWED)
"""What a list of who has looked reads: an expression of interest says which version was seen."""


def looked(person: models.Model, *, by: User, what: str) -> Event:
    """Record that somebody of the office was shown a person's details, and `what` of them.

    Of somebody who has no person yet the row that tells of them is the subject.
    """
    with transaction.atomic():
        return record(LOOKED, person, by=by, facts={"what": what})


def viewed(expression: models.Model, *, by: User, snapshot: int | None) -> Event:
    """Record that somebody of the office was shown an expression of interest, and which version."""
    with transaction.atomic():
        return record(VIEWED, expression, by=by, facts={"snapshot": snapshot})


def looked_at_row(row: models.Model, *, by: User, what: str) -> Event:
    """Record a look at a row of the console, under the person whom it tells of (settings.PEOPLE_LOOKED)."""
    return looked(_told_of(row), by=by, what=what)


def _told_of(row: models.Model) -> models.Model:
    """Return the person of a row, of its account or of what it became; else the row."""
    if isinstance(row, Person):
        return row
    account = getattr(row, "user", None) or getattr(row, "taken_by", None)
    belongs_to = getattr(row, "expression", None) or getattr(row, "validation", None)
    for about in (row, account, belongs_to):
        person = getattr(about, "person", None)
        if isinstance(person, Person):
            return person
    return _addressed(getattr(row, "recipient_key", "")) or row


def _addressed(key: str) -> Person | None:
    """Return the person whom the ledger's key of a recipient names, if it names one."""
    named = _RECIPIENT.fullmatch(key)
    return Person.objects.filter(public_id=named[1]).first() if named else None
