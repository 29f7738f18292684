"""Who has looked at whose details: an event for each look, which they will be able to read (law 6)."""

import re
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Value
from django.db.models.functions import Cast

from participants.models import (
    EnteredForm,
    ExpressionOfInterest,
    Invitation,
    LikelyPair,
    Person,
    SecondFactorReset,
)
from stepchange import roles
from stepchange.console.looks import purpose_of
from stepchange.events import record, record_of_each
from stepchange.models import Event, User
from stepchange.querysets import record_key

_RECIPIENT = re.compile(r"person:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):.+")
# As PostgreSQL writes a random key, and as SQLite keeps it.
_UUID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
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
    """Return the purpose of the page, and the roles held at this moment: they may be others later.

    An account is read anew by each request; a page that shows many people asks for its roles once.
    """
    if "held_roles" not in vars(by):
        vars(by)["held_roles"] = [role.value for role in roles.held_by(by)]
    return {"purpose": purpose_of(what), "roles": vars(by)["held_roles"]}


def looked_at_row(row: models.Model, *, by: User, what: str) -> Event:
    """Record a look at a row of the console, under the person whom it tells of (settings.PEOPLE_LOOKED).

    Of two people who are likely one it tells of both.
    """
    if isinstance(row, LikelyPair):
        looked(row.one, by=by, what=what)
        return looked(row.other, by=by, what=what)
    return looked(_told_of(row), by=by, what=what)


def looked_at_rows(
    rows: Iterable[models.Model], *, by: User, what: str, where: str, reason: str = ""
) -> None:
    """Record a look at each person of a list or a file, once, with what the file is for.

    settings.PEOPLE_LISTED. As many statements for a hundred as for one.
    """
    people = {(each._meta.label_lower, record_key(each)): each for each in map(_told_of, rows)}
    facts = {"what": what, "where": where, **_why_and_as_whom(what, by)}
    with transaction.atomic():
        record_of_each(LOOKED, people.values(), by=by, reason=reason, facts=facts)


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
    return _looks_of_others(user, known)


def looks_at_any(user: User, rows: Iterable[models.Model]) -> models.QuerySet[Event]:
    """Return the looks of others at an account, and at some rows of its holder's, newest first."""
    known = [(row._meta.label_lower, record_key(row)) for row in (user, *rows)]
    return _looks_of_others(user, known)


def _looks_of_others(user: User, known: Iterable[Known]) -> models.QuerySet[Event]:
    return Event.objects.of_kind(*LOOKS).about_any(known).exclude(actor=user).order_by("-id")


def _tells_of(user: User) -> Iterable[Known]:
    """Yield a handful of keys: what tells of an account's person, and a look can be recorded under.

    One query, whatever there is.
    """
    yield User._meta.label_lower, user.record_key
    own = ExpressionOfInterest.objects.of(user)
    rows = (
        _keys(Person.objects.filter(user=user), "public_id"),
        _keys(own, "reference"),
        _keys(EnteredForm.objects.filter(expression__person__user=user), "reference"),
        _keys(EnteredForm.objects.sent_to(user), "reference"),
        _keys(Invitation.objects.filter(taken_by=user), "public_id"),
        _keys(SecondFactorReset.objects.filter(user=user), "public_id"),
    )
    for kind, key in rows[0].union(*rows[1:]):
        yield kind, str(UUID(key)) if _UUID.fullmatch(key) else key


def _keys(rows: models.QuerySet[Any], name: str) -> models.QuerySet[Any]:
    """Ask for the kind and the key of rows, alike for every model."""
    kind = Value(rows.model._meta.label_lower, output_field=models.CharField())
    return rows.order_by().values_list(kind, Cast(name, models.CharField()))
