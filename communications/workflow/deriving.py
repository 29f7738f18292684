"""Writing the rows that are missing: from events, by the clock, and for account mail."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from communications import doorbell
from communications.models import Email
from communications.notices import NOTICES, Cause, Notice
from communications.querysets import with_something_to_tell

log = structlog.get_logger(__name__)

NOBODY = "nobody"
CAUSED_BY = {notice.name: notice.event_kind for notice in NOTICES.values() if notice.event_kind}


def derive(*, asks_the_clock: bool = True) -> int:
    """Write the rows that are missing; return how many causes had none.

    Any number may run at once: rows are unique by notice, object, occurrence and recipient.
    """
    found = 0
    # Nearly always there is nothing: one query for all of them, not one for each.
    told = with_something_to_tell(Email.objects.all(), CAUSED_BY)
    for notice in NOTICES.values():
        try:
            if asks_the_clock or notice.name in told:
                found += _derive(notice, told=notice.name in told, asks_the_clock=asks_the_clock)
        except Exception as error:  # one notice's fault must not silence the others
            log.error("ledger.not_derived", notice=notice.name, exc_info=error)
    return found


def _derive(notice: Notice, *, told: bool, asks_the_clock: bool) -> int:
    causes = [*notice.caused()] if told else []
    if asks_the_clock:  # what it brings can wait a minute
        causes += notice.by_clock()
    if causes:
        rows = [row for cause in causes for row in _rows(notice, cause)]
        Email.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(causes)


def _rows(notice: Notice, cause: Cause) -> Iterable[Email]:
    """Yield a row for each recipient; one that is born suppressed where there is none to tell."""
    for key in cause.recipient_keys or (NOBODY,):
        email = Email(
            public_id=_id_of(notice.name, cause.subject_key, cause.occurrence, key),
            notice=notice.name,
            subject_key=cause.subject_key,
            occurrence=cause.occurrence,
            recipient_key=key,
            event=cause.event,
        )
        if cause.due_at:
            email.due_at = cause.due_at
        if key == NOBODY:
            email.state, email.why = Email.State.SUPPRESSED, str(_("There is nobody to tell."))
        yield email


def _id_of(*key: str) -> UUID:
    """Return the id that a row of this key always gets, which nobody can guess.

    Derived anew after a restore it is the same email to the journal, and to mail programs.
    """
    digest = salted_hmac("communications.email", "\n".join(key), algorithm="sha256").digest()
    return UUID(bytes=digest[:16], version=4)


def queue(
    notice: str, *, address: str, recipient_key: str, occurrence: str, payload: dict[str, Any]
) -> Email:
    """Write a row that no event causes (account mail), in the transaction of what asks for it."""
    email = Email.objects.create(
        notice=notice,
        subject_key=recipient_key,
        occurrence=occurrence,
        recipient_key=recipient_key,
        address=address,
        payload=payload,
    )
    transaction.on_commit(doorbell.ring, robust=True)
    return email
