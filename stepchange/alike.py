"""The same work whether or not an address has an account, so that nobody can tell by the time (law 8).

allauth answers both alike, but looks less for an address that it finds, and writes nothing for one
that wants to sign up again. docs/decisions/0010-accounts-answer-alike.md has the figures.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from allauth.account.models import EmailAddress
from django.db import transaction

from stepchange.models import User

AFTER_SIGNING_UP = 3
"""How often allauth looks at a new account's rows between saving them and sending its code."""

CHUNK = 2000  # of the iterator by which allauth looks for an address


def nobody() -> str:
    """Return an address that nobody has."""
    return f"{uuid.uuid4().hex}@nobody.invalid"


def look_for_nobody(times: int = 1) -> None:
    """Look for an account in vain."""
    for _time in range(times):
        User.objects.filter(email=nobody()).first()


def look_as_often(address: str) -> None:
    """Look once more for an address that allauth is going to find at its first lookup.

    Before it looks, so that all that follows comes in the same order too; and as it does: on PostgreSQL
    an iterator is a cursor, several statements for one query.
    """
    if EmailAddress.objects.filter(email=address.strip().lower(), verified=True).exists():
        list(User.objects.filter(email=nobody()).iterator(CHUNK))


@contextmanager
def saved() -> Iterator[None]:
    """Save what the block writes, by as many statements as `taken_back` takes."""
    with transaction.atomic(), transaction.atomic():
        yield


@contextmanager
def taken_back() -> Iterator[None]:
    """Take back what the block writes, in a transaction that is committed like one that keeps it."""
    with transaction.atomic(), transaction.atomic():
        yield
        transaction.set_rollback(True)
