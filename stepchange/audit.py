"""The chain over the record: sealing right after the commit, anchoring outside the database, verifying.

Law 6. An event's digest covers its facts and the salted digest of its personal words; a seal's link
covers the link before it. So a changed, dropped or swapped row shows, and erasing a person (salt and
words) does not. The newest link is anchored in a file, so that dropping the newest rows shows too.
docs/decisions/0003-audit-chain.md says why links are sealed after the commit rather than inside it.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog
from django.conf import settings
from django.db import connection, transaction

from stepchange.models import Event, Seal, Unsealed

log = structlog.get_logger(__name__)

GENESIS = "0" * 64
BATCH = 500
# One request seals for others that wait, but not for ever: what is left goes to the next, or the sweep.
ROUNDS = 20
# Any constant does: it names the pen that only one sealer holds at a time.
PEN = 0x5C_A0D1
ERASURE = "stepchange.record.erased"


def _sha256(*parts: object) -> str:
    return hashlib.sha256(_canonical(parts).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def personal_digest(event: Event) -> str:
    """Return H(salt, personal words)."""
    return _sha256(event.salt, event.personal)


def event_digest(event: Event) -> str:
    """Return the digest of all that an event says, its personal words by their digest alone."""
    return _sha256(
        event.at.isoformat(timespec="microseconds"),
        event.kind,
        event.subject_kind,
        event.subject_key,
        str(event.actor.public_id) if event.actor else None,
        event.facts,
        event.personal_digest,
    )


def link(sequence: int, previous: str, digest: str) -> str:
    """Return the link that seals an event in its place."""
    return _sha256(sequence, previous, digest)


def seal() -> int:
    """Take every committed event that waits into the chain; return how many this call took.

    Nobody waits: not for other writers' transactions, and not for another sealer. Whoever holds the
    pen looks again after putting it down, so what was committed meanwhile is not left behind.
    """
    sealed = 0
    for _round in range(ROUNDS):
        taken = _seal_batch()
        sealed += taken
        if not taken or not Unsealed.objects.exists():
            break
    return sealed


def _take_pen() -> bool:
    """Take the pen until the transaction ends, unless another sealer holds it."""
    if connection.vendor != "postgresql":
        return True  # SQLite: an immediate transaction is the database's only writer
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [PEN])
        return bool(cursor.fetchone()[0])


def _seal_batch() -> int:
    with transaction.atomic(durable=True):
        if not _take_pen():
            return 0
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
        # Not inside the transaction: a crash there would leave an anchor ahead of the chain, by links
        # that the next sealing may not repeat.
        transaction.on_commit(lambda: anchor(sequence, newest))
    return len(waiting)


def newest() -> int:
    """Return how many events the chain holds. It grows right after whatever is recorded commits.

    Seals are written by one sealer at a time, so this never counts past an event that is still to
    be seen; the ids of events would.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(sequence) FROM stepchange_seal")
        return cursor.fetchone()[0] or 0


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


class UnreadableAnchor(Exception):
    """A line of the anchor is no head of a chain: the file was altered, or is another file."""


def anchors(path: Path) -> Iterator[tuple[int, str]]:
    """Yield what was anchored, as it was written. Raises UnreadableAnchor."""
    if not path.exists():
        return
    with path.open(errors="replace") as file:
        for number, line in enumerate(file, start=1):
            sequence, _, newest = line.strip().partition(" ")
            if not sequence.isascii() or not sequence.isdigit() or len(newest) != len(GENESIS):
                raise UnreadableAnchor(f"line {number} of the anchor can't be read")
            yield int(sequence), newest


@dataclass
class Verdict:
    """What verifying found: how far the chain is whole, and the first row that is not."""

    sealed: int = 0
    erased: int = 0
    anchored: int = 0
    unsealed: list[int] = field(default_factory=list)
    broken: str = ""


def verify(path: Path | None = None) -> Verdict:
    """Walk the whole chain and compare it with the events, the erasures and the anchor.

    Changes nothing. `broken` names the first row that is wrong, in words; `unsealed` are the ids of
    events that wait to be sealed, which is no fault in itself.
    """
    verdict = Verdict()
    try:
        # Read before the chain: what is sealed while we walk may be in neither.
        anchored = dict(anchors(path or anchor_path()))
    except UnreadableAnchor as error:
        verdict.broken = str(error)
        return verdict
    verdict.anchored = max(anchored, default=0)
    verdict.broken = (
        _first_broken_seal(verdict, anchored) or _missing_tail(verdict) or _broken_unsealed(verdict)
    )
    return verdict


def _first_broken_seal(verdict: Verdict, anchored: dict[int, str]) -> str:
    erasures = _Erasures()
    previous = GENESIS
    seals = Seal.objects.select_related("event__actor").order_by("sequence")
    for row in seals.iterator(chunk_size=2000):
        place = f"seal {row.sequence}"
        if row.sequence != verdict.sealed + 1:
            return _missing(verdict.sealed + 1)
        if fault := _fault(row.event, erasures):
            return f"event {row.event.pk} ({place}): {fault}"
        if link(row.sequence, previous, row.event.digest) != row.link:
            return f"{place} does not follow from the one before it"
        if anchored.get(row.sequence, row.link) != row.link:
            return f"{place} is not the one that was anchored"
        verdict.sealed = row.sequence
        verdict.erased += row.event.erased_at is not None
        previous = row.link
    return ""


def _fault(event: Event, erasures: "_Erasures") -> str:
    """Return what is wrong with an event by itself, in words; empty when nothing is."""
    if event_digest(event) != event.digest:
        return "it was altered"
    erased = erasures.of(event)
    if event.erased_at is None:
        if personal_digest(event) != event.personal_digest:
            return "its personal words were altered"
        return "it was erased, and its words are back" if erased else ""
    if event.personal or event.salt:
        return "it says that it was erased, and holds words"
    return "" if erased == event.erased_at else "it was erased without a record of the erasure"


class _Erasures:
    """What was erased, and when, as the record itself tells it."""

    def __init__(self) -> None:
        self._when: dict[str, datetime] = {}
        self._read_to = 0
        self._read()

    def of(self, event: Event) -> datetime | None:
        if event.digest not in self._when and event.erased_at is not None:
            self._read()  # it may have been erased while we walk
        return self._when.get(event.digest)

    def _read(self) -> None:
        for pk, at, facts in (
            Event.objects.filter(kind=ERASURE, pk__gt=self._read_to)
            .order_by("pk")
            .values_list("pk", "at", "facts")
        ):
            self._read_to = pk
            self._when.update(dict.fromkeys(facts["erased"], at))


def _missing(sequence: int) -> str:
    if Seal.objects.filter(sequence=sequence).exists():
        return f"the event of seal {sequence} is missing"
    return f"seal {sequence} is missing"


def _missing_tail(verdict: Verdict) -> str:
    """Return what the end of the chain lacks: by the anchor, or a seal that lost its event."""
    if verdict.anchored > verdict.sealed:
        return f"{_missing(verdict.sealed + 1)}: seals up to {verdict.anchored} were anchored"
    # The walk joins seals to events, so one that lost its event at the very end is not in it; one
    # that was sealed after the walk began is not either, and is no fault.
    following = Seal.objects.filter(sequence__gt=verdict.sealed).order_by("sequence").first()
    if following and not Event.objects.filter(pk=following.event_id).exists():
        return _missing(following.sequence)
    return ""


def _broken_unsealed(verdict: Verdict) -> str:
    erasures = _Erasures()
    waiting = Event.objects.filter(seal__isnull=True).select_related("actor").order_by("id")
    for event in waiting.iterator(chunk_size=2000):
        if fault := _fault(event, erasures):
            return f"event {event.pk} (not yet sealed): {fault}"
        verdict.unsealed.append(event.pk)
    return ""
