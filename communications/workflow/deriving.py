"""Writing the rows that are missing: from events, by the clock, and for account mail."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from communications import doorbell
from communications.models import Email, Untold
from communications.notices import EVENT_KINDS, NOTICES, Cause, Notice
from communications.querysets import untold, untold_kinds, with_something_to_tell
from stepchange.models import Event

log = structlog.get_logger(__name__)

NOBODY = "nobody"
BATCH = 500
CAUSED_BY = {notice.name: notice.event_kind for notice in NOTICES.values() if notice.event_kind}


def keep_in_mind(event: Event, **_: Any) -> None:
    """Queue an event that a notice tells of, in the event's own transaction."""
    if event.kind in EVENT_KINDS:
        Untold.objects.create(event=event)


def derive(*, asks_the_clock: bool = True, looks_through_all: bool = True) -> int:
    """Write the rows that are missing; return how many causes had none.

    What was recorded is queued as untold, and found at once. Looking through all finds whatever has no
    row, however it came to be (a new notice's events, what a fault left), and what costs much to ask. Any
    number may run at once: rows are unique by notice, object, occurrence and recipient.
    """
    found = sum(map(_derive_untold, untold_kinds()))
    emails = Email.objects.all()
    lacking = with_something_to_tell(emails, CAUSED_BY) if looks_through_all else set()
    for notice in NOTICES.values():
        try:
            causes = [*notice.caused()] if notice.name in lacking else []
            if asks_the_clock:
                causes += notice.by_clock()
            if looks_through_all:
                causes += notice.by_long_look()
            found += _write(notice, causes)
        except Exception as error:  # one notice's fault must not silence the others
            _tell_of_fault(notice, error)
    return found


def _derive_untold(kind: str) -> int:
    """Write what the queued events of a kind cause, a batch at a time, and take them off the queue."""
    found, last = 0, 0
    while events := list(untold(kind, after=last)[:BATCH]):
        last = events[-1].pk
        with transaction.atomic():
            written = [
                _written(notice, events) for notice in NOTICES.values() if notice.event_kind == kind
            ]
            if None not in written:
                Untold.objects.filter(event__in=events).delete()
        found += sum(count or 0 for count in written)
    return found


def _written(notice: Notice, events: list[Event]) -> int | None:
    """Write what events give a notice to tell; None for a fault, which leaves them on the queue."""
    try:
        with transaction.atomic():
            return _write(notice, [notice.cause_of(event) for event in events])
    except Exception as error:  # one notice's fault must not silence the others
        _tell_of_fault(notice, error)
        return None


def _tell_of_fault(notice: Notice, error: Exception) -> None:
    log.error("ledger.not_derived", notice=notice.name, exc_info=error)


def _write(notice: Notice, causes: list[Cause]) -> int:
    rows = [row for cause in causes for row in _rows(notice, cause)]
    Email.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
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
