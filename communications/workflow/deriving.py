"""Writing the rows that are missing: from events, by the clock, and for account mail."""

from collections.abc import Callable, Iterable, Sequence
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
    faults = Faults()
    found = sum(_derive_untold(kind, faults) for kind in untold_kinds())
    emails = Email.objects.all()
    lacking = with_something_to_tell(emails, CAUSED_BY) if looks_through_all else set()
    for notice in NOTICES.values():
        if notice.name in lacking:
            events = list(notice.not_told_of())
            for first in range(0, len(events), BATCH):
                found += _derive_events(notice, events[first : first + BATCH], faults)
        if asks_the_clock:
            found += _derive_look(notice, notice.by_clock, faults)
        if looks_through_all:
            found += _derive_look(notice, notice.by_long_look, faults)
    if asks_the_clock or looks_through_all:  # not every five seconds for as long as a fault lasts
        faults.tell()
    return found


class Faults(dict[str, dict[int | None, Exception]]):
    """What could not be derived: each error by its notice, and by its event's id if it was an event's.

    One fault must silence neither other events nor other notices.
    """

    def note(self, notice: Notice, error: Exception, event: Event | None = None) -> None:
        """Keep in mind a fault of a notice."""
        self.setdefault(notice.name, {}).setdefault(event.pk if event else None, error)

    def events(self) -> set[int]:
        """Return the ids of the events of which some notice does not tell."""
        return {event for errors in self.values() for event in errors if event}

    def tell(self) -> None:
        """Log the first fault of each notice, and how many there are."""
        for name, errors in self.items():
            first = next(iter(errors.values()))
            log.error("ledger.not_derived", notice=name, faults=len(errors), exc_info=first)


def _derive_untold(kind: str, faults: Faults) -> int:
    """Write what the queued events of a kind cause, a batch at a time, and take them off the queue.

    Those that can't be told of stay.
    """
    found, last = 0, 0
    while events := list(untold(kind, after=last)[:BATCH]):
        last = events[-1].pk
        with transaction.atomic():
            for notice in NOTICES.values():
                if notice.event_kind == kind:
                    found += _derive_events(notice, events, faults)
            done = {event.pk for event in events} - faults.events()
            Untold.objects.filter(event__in=done).delete()
    return found


def _derive_events(notice: Notice, events: Sequence[Event], faults: Faults) -> int:
    """Write what events give a notice to tell: all at once, or by halves down to those at fault."""
    try:
        with transaction.atomic():
            return _write(notice, [notice.cause_of(event) for event in events])
    except Exception as error:
        if len(events) == 1:
            faults.note(notice, error, events[0])
            return 0
    middle = len(events) // 2
    return _derive_events(notice, events[:middle], faults) + _derive_events(
        notice, events[middle:], faults
    )


def _derive_look(notice: Notice, look: Callable[[], Iterable[Cause]], faults: Faults) -> int:
    """Write what a look of a notice finds."""
    try:
        return _write(notice, list(look()))
    except Exception as error:
        faults.note(notice, error)
        return 0


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


def address_key(address: str) -> str:
    """Return by what the ledger knows the recipient of account mail: a keyed digest of the address."""
    digest = salted_hmac("communications.accounts", address.strip().lower(), algorithm="sha256")
    return f"address:{digest.hexdigest()[:32]}"


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
