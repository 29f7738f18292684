"""Who has looked at whose details: an event for each look, which they will be able to read (law 6)."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.db import models, transaction

from participants.models import (
    EnteredForm,
    ExpressionOfInterest,
    Invitation,
    Person,
    SecondFactorReset,
)
from stepchange import roles
from stepchange.console.looks import purpose_of
from stepchange.events import record
from stepchange.models import Event, User

_RECIPIENT = re.compile(r"person:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):.+")
LOOKED = "participants.person.looked"
VIEWED = "participants.expression.viewed"
EXPRESSION = "expression of interest"
LOOKS = (LOOKED, VIEWED)
"""What a list of who has looked reads: an expression of interest says which version was seen."""


def looked(person: models.Model, *, by: User, what: str) -> Event:
    """Record that somebody of the office was shown a person's details, and `what` of them.

    Of somebody who has no person yet the row that tells of them is the subject.
    """
    with transaction.atomic():
        return record(LOOKED, person, by=by, facts={"what": what, **_why_and_as_whom(what, by)})


def viewed(expression: models.Model, *, by: User, snapshot: int | None) -> Event:
    """Record that somebody of the office was shown an expression of interest, and which version."""
    with transaction.atomic():
        facts = {"snapshot": snapshot, **_why_and_as_whom(EXPRESSION, by)}
        return record(VIEWED, expression, by=by, facts=facts)


def _why_and_as_whom(what: str, by: User) -> dict[str, Any]:
    """Return the purpose of the page, and the roles held at this moment: they may be others later."""
    return {"purpose": purpose_of(what), "roles": [role.value for role in roles.held_by(by)]}


def looked_at_row(row: models.Model, *, by: User, what: str) -> Event:
    """Record a look at a row of the console, under the person whom it tells of (settings.PEOPLE_LOOKED)."""
    return looked(_told_of(row), by=by, what=what)


def _told_of(row: models.Model) -> models.Model:
    """Return the person of a row, of its account or of what it became; else the row."""
    if isinstance(row, Person):
        return row
    account = getattr(row, "user", None) or getattr(row, "taken_by", None)
    for about in (row, account, getattr(row, "expression", None)):
        person = getattr(about, "person", None)
        if isinstance(person, Person):
            return person
    return _addressed(getattr(row, "recipient_key", "")) or row


def _addressed(key: str) -> Person | None:
    """Return the person whom the ledger's key of a recipient names, if it names one."""
    named = _RECIPIENT.fullmatch(key)
    return Person.objects.filter(public_id=named[1]).first() if named else None


# What the person reads --------------------------------------------------------------------------------
Known = tuple[str, str]
ElsewhereAbout = Callable[[User, Iterable[Known]], Iterable[Known]]
ELSEWHERE: list[ElsewhereAbout] = []
"""What higher apps add: given an account and what is known to tell of it, their own rows that do too."""


def looks_at(user: User) -> models.QuerySet[Event]:
    """Return the looks of others at what tells of an account's person, newest first.

    A look is recorded under the person; until there was one, under the row that was shown.
    """
    known = [*_tells_of(user)]
    for about in ELSEWHERE:
        known += about(user, tuple(known))
    return Event.objects.of_kind(*LOOKS).about_any(known).exclude(actor=user).order_by("-id")


def _tells_of(user: User) -> Iterable[Known]:
    """Yield a handful of keys: what tells of an account's person, and a look can be recorded under."""
    yield _known(User, user.record_key)
    for person in Person.objects.filter(user=user):
        yield _known(Person, person.record_key)
    own = ExpressionOfInterest.objects.of(user)
    for reference, entered in own.values_list("reference", "entered__reference"):
        yield _known(ExpressionOfInterest, reference)
        if entered:
            yield _known(EnteredForm, entered)
    for reference in EnteredForm.objects.sent_to(user).values_list("reference", flat=True):
        yield _known(EnteredForm, reference)
    for model, mine in (
        (Invitation, Invitation.objects.filter(taken_by=user)),
        (SecondFactorReset, SecondFactorReset.objects.filter(user=user)),
    ):
        for key in mine.order_by().values_list("public_id", flat=True):
            yield _known(model, str(key))


def _known(model: type[models.Model], key: str) -> Known:
    return model._meta.label_lower, key
