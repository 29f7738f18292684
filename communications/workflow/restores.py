"""Noticing that a backup was restored, and holding what it would send a second time (law 5)."""

from datetime import timedelta
from uuid import UUID, uuid4

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from communications import doorbell, journal, notices
from communications.models import Email, Generation
from communications.notices import NOTICES
from communications.workflow.deriving import derive
from communications.workflow.tables import EMAIL, GENERATION
from stepchange import clock
from stepchange.events import record
from stepchange.models import User

log = structlog.get_logger(__name__)

FRESH = timedelta(minutes=15)
"""Security mail that was asked for since is awaited by somebody, and was not sent before."""
CHUNK = 500
HELD = _("A backup was restored: it may have been sent since the backup was made.")
HANDED = _("The mail server was given this before the backup was restored.")


def generation() -> Generation:
    """Return the generation that the database is in, begun when there is none yet."""
    newest = Generation.objects.order_by("-number").first()
    if newest is None:
        newest = _begin(1, Generation.State.RUNNING)
    return newest or Generation.objects.latest("number")


def _begin(number: int, state: Generation.State, **values: int) -> Generation | None:
    """Begin a generation, its journal first; None when somebody else was faster."""
    identity = uuid4()
    journal.begin(identity)
    try:
        with transaction.atomic():
            return Generation.objects.create(
                public_id=identity, number=number, state=state, **values
            )
    except IntegrityError:
        journal.forget(identity)
        return None


def hold_after_a_restore() -> int:
    """Hold all that waits if the database is older than its journal; return how many were held.

    First all is derived that could be, whatever the sweep would look for: what is derived once the new
    generation has begun is checked against its journal alone, which knows nothing of what went out.
    """
    present = generation()
    if not _is_older_than_its_journal(present):
        return 0
    derive(asks_the_clock=True, looks_through_all=True)
    with transaction.atomic():
        begun = _begin(present.number + 1, Generation.State.HELD)
        if begun is None:
            return 0
        _hold(present.public_id, begun)
    _drop_stale()
    log.error("ledger.restore_noticed", generation=begun.record_key, held=begun.held_emails)
    return begun.held_emails


def _is_older_than_its_journal(present: Generation) -> bool:
    """Say whether mail was begun of which the database knows nothing; a lost journal says so too."""
    begun = journal.newest(present.public_id)
    if begun is None:
        return True
    return bool(begun) and bool(_unknown(begun))


def _unknown(begun: dict[UUID, int]) -> list[UUID]:
    """Return the rows that were begun more often than the database knows."""
    found = []
    ids = list(begun)
    for first in range(0, len(ids), CHUNK):
        part = ids[first : first + CHUNK]
        known = dict(Email.objects.filter(public_id__in=part).values_list("public_id", "handed"))
        found += [email for email in part if known.get(email, 0) < begun[email]]
    return found


def _hold(before: UUID, begun: Generation) -> None:
    """Hold what waits, and mark what the journal names, in the transaction that begins anew."""
    waiting = Email.objects.exclude(notice__in=notices.SECURITY, made_at__gt=clock.now() - FRESH)
    held = EMAIL.advance(waiting, "hold", why=str(HELD))
    handed = 0
    unknown = _unknown(journal.everything(before))
    for first in range(0, len(unknown), CHUNK):
        named = Email.objects.filter(public_id__in=unknown[first : first + CHUNK], state="held")
        handed += named.update(why=str(HANDED))
    begun.held_emails, begun.known_handed = held, handed
    begun.save(update_fields=["held_emails", "known_handed"])
    facts = {"number": begun.number, "emails": held, "handed_over": handed}
    record("communications.generation.began", begun, by=None, facts=facts)


def _drop_stale() -> None:
    """Leave unsent the codes that nobody can use any more; no person needs to decide about them."""
    for email in Email.objects.filter(state="held", notice__in=notices.SECURITY):
        if why_not := NOTICES[email.notice].why_not(email):
            EMAIL.advance(
                Email.objects.filter(pk=email.pk), "suppress", payload=None, why=str(why_not)[:200]
            )


def release(generation: Generation, *, by: User | None, reason: str) -> int:
    """Send all that is held after restores, as a person decided; return how many. Raises Refused.

    One decision for all: a row that two restores held is one row, and an older restore left to be
    decided would ask about nothing.

    Each is asked once more whether it is due. What went out before the restore goes out again: settle
    those rows first, one by one.
    """
    with transaction.atomic():
        held = Email.objects.filter(state="held")
        facts = {"emails": held.count()}
        GENERATION.move(generation, "release", by=by, reason=reason, facts=facts)
        for other in Generation.objects.filter(state=Generation.State.HELD):
            GENERATION.move(other, "release", by=by, reason=reason, facts=facts)
        released = EMAIL.advance(held, "let_go", due_at=clock.now(), why="")
        transaction.on_commit(doorbell.ring, robust=True)
    return released
