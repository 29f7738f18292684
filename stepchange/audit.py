"""The chain over the record: sealing right after the commit, anchoring outside the database, verifying.

Law 6. An event's digest covers its facts and the salted digest of its personal words; a seal's link
covers the link before it. So a changed, dropped or swapped row shows, and erasing a person (salt and
words) does not. The newest link is anchored in a file, so that dropping the newest rows shows too.
docs/decisions/ says why links are sealed after the commit rather than inside it.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from django.conf import settings
from django.db import connection, transaction

from stepchange.models import Event, Seal, Unsealed

log = structlog.get_logger(__name__)

GENESIS = "0" * 64
BATCH = 500
# Any constant does: it names the pen that only one sealer holds at a time.
PEN = 0x5C_A0D1


def _sha256(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def personal_digest(event: Event) -> str:
    """Return H(salt, personal words)."""
    return _sha256(event.salt, _canonical(event.personal))


def event_digest(event: Event) -> str:
    """Return the digest of all that an event says, its personal words by their digest alone."""
    return _sha256(
        event.at.isoformat(timespec="microseconds"),
        event.kind,
        event.subject_kind,
        event.subject_key,
        str(event.actor.public_id) if event.actor else "",
        _canonical(event.facts),
        event.personal_digest,
    )


def link(sequence: int, previous: str, digest: str) -> str:
    """Return the link that seals an event in its place."""
    return _sha256(str(sequence), previous, digest)


def seal() -> int:
    """Take every committed event that waits into the chain; return how many.

    Writers never wait for each other's transactions: only for another sealer, which holds the pen
    for as long as one batch of inserts takes.
    """
    sealed = 0
    while batch := _seal_batch():
        sealed += batch
        if batch < BATCH:
            break
    return sealed


def _seal_batch() -> int:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PEN])
        waiting = list(Unsealed.objects.select_related("event").order_by("event_id")[:BATCH])
        if not waiting:
            return 0
        last = Seal.objects.order_by("-sequence").first()
        sequence, newest = (last.sequence, last.link) if last else (0, GENESIS)
        seals = []
        for row in waiting:
            sequence += 1
            newest = link(sequence, newest, row.event.digest)
            seals.append(Seal(sequence=sequence, event=row.event, link=newest))
        Seal.objects.bulk_create(seals)
        Unsealed.objects.filter(pk__in=[row.pk for row in waiting]).delete()
        # Inside the transaction: a crash here leaves an anchor ahead of the chain by links that the
        # next sealing may not repeat, so the anchor is written only once the commit is certain.
        transaction.on_commit(lambda: anchor(sequence, newest))
    return len(waiting)


def anchor_path() -> Path:
    """Return where the chain's head is anchored: a file outside the database."""
    return Path(settings.AUDIT_ANCHOR)


def anchor(sequence: int, newest: str) -> None:
    """Append the chain's head to the anchor, and log it: two witnesses outside the database."""
    path = anchor_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(f"{sequence} {newest}\n")
        file.flush()
        os.fsync(file.fileno())
    log.info("audit.anchored", sequence=sequence, link=newest)


def anchors() -> Iterator[tuple[int, str]]:
    """Yield what was anchored, oldest first."""
    path = anchor_path()
    if path.exists():
        for line in path.read_text().splitlines():
            sequence, _, newest = line.partition(" ")
            yield int(sequence), newest


@dataclass
class Verdict:
    """What verifying found: how far the chain is whole, and the first row that is not."""

    sealed: int = 0
    erased: int = 0
    unsealed: list[int] = field(default_factory=list)
    broken: str = ""


def verify() -> Verdict:
    """Walk the whole chain and compare it with the events and the anchor.

    Changes nothing. `broken` names the first row that is wrong, in words; `unsealed` are the ids of
    events that wait to be sealed, which is no fault in itself.
    """
    verdict = Verdict()
    anchored = dict(anchors())
    previous, expected = GENESIS, 1
    seals = Seal.objects.select_related("event__actor").order_by("sequence")
    for row in seals.iterator(chunk_size=2000):
        event = row.event
        fault = ""
        if row.sequence != expected:
            fault = f"seal {expected} is missing"
        elif event_digest(event) != event.digest:
            fault = f"event {event.pk} (seal {row.sequence}) was altered"
        elif event.erased_at is None and personal_digest(event) != event.personal_digest:
            fault = f"the personal words of event {event.pk} (seal {row.sequence}) were altered"
        elif link(row.sequence, previous, event.digest) != row.link:
            fault = f"seal {row.sequence} does not follow from the one before it"
        elif anchored.get(row.sequence, row.link) != row.link:
            fault = f"seal {row.sequence} is not the one that was anchored"
        if fault:
            verdict.broken = fault
            return verdict
        verdict.sealed = row.sequence
        verdict.erased += event.erased_at is not None
        previous, expected = row.link, expected + 1
    if anchored and (head := max(anchored)) > verdict.sealed:
        verdict.broken = f"seal {verdict.sealed + 1} is missing: {head} were anchored"
    verdict.unsealed = list(
        Event.objects.filter(seal__isnull=True).order_by("id").values_list("id", flat=True)[:100]
    )
    return verdict
