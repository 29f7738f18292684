"""Writing the record: what happened goes into the transaction that made it happen."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import QuerySet

from stepchange import audit, clock, signals
from stepchange.models import Event, Unsealed, User
from stepchange.querysets import record_key


def record(
    kind: str,
    subject: models.Model,
    *,
    by: User | None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> Event:
    """Write that `kind` happened to `subject`, by an account or (None) by the portal itself.

    Needs an open transaction, the one that makes the change: both stand or fall together. `facts` are
    opaque ids, states and versions; whatever tells of a person goes into `reason` or `personal`.
    `signals.recording` lets higher apps write along with it. Right after the commit the chain takes the
    event in, and `signals.recorded` tells who listens.
    Raises ValueError for what one of the two databases would keep differently from how it was hashed.
    """
    event = _written(kind, subject, by=by, reason=reason, facts=facts, personal=personal)
    event.save(force_insert=True)
    Unsealed.objects.create(event=event)
    _tell([event])
    return event


def record_of_each(
    kind: str,
    subjects: Iterable[models.Model],
    *,
    by: User | None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
) -> list[Event]:
    """Write that the same happened to each of many, as `record` does, by as many statements as for one."""
    events = [_written(kind, each, by=by, reason=reason, facts=facts) for each in subjects]
    Event.objects.bulk_create(events)
    Unsealed.objects.bulk_create(Unsealed(event=event) for event in events)
    _tell(events)
    return events


def _written(
    kind: str,
    subject: models.Model,
    *,
    by: User | None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> Event:
    """Return an event as it will be kept."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("An event is written with what it records.")
    words = dict(personal or {})
    if reason:
        words["reason"] = reason
    event = Event(
        at=clock.now(),
        kind=kind,
        subject_kind=subject._meta.label_lower,
        subject_key=record_key(subject),
        actor=by,
        facts=_as_kept(dict(facts or {})),
        personal=_as_kept(words),
        salt=secrets.token_hex(16),
    )
    event.personal_digest = audit.personal_digest(event)
    event.digest = audit.event_digest(event)
    return event


def _tell(events: Iterable[Event]) -> None:
    """Let higher apps write along with each, and once it is committed the chain take it in."""
    kinds = set()
    for event in events:
        signals.recording.send(Event, event=event)
        kinds.add(event.kind)
    if kinds:
        transaction.on_commit(audit.seal, robust=True)
    for kind in sorted(kinds):
        transaction.on_commit(partial(signals.recorded.send_robust, Event, kind=kind), robust=True)


def fingerprint(value: Any) -> str:
    """Return a short digest that names a version of some words, for facts that rely on it."""
    canonical = json.dumps(value, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def erase(
    events: QuerySet[Event], subject: models.Model, *, by: User | None, reason: str = ""
) -> Event | None:
    """Blank the salt and the personal words of events, for good, and record that it was done (law 11).

    `subject` is whom or what it is done for. The erasure's event names each erased event by its digest,
    so an erased row that no erasure names is found by `audit.verify`, and the chain stays whole.
    Returns None when nothing held words. In one transaction.
    """
    with transaction.atomic():
        held = list(
            Event.objects.filter(pk__in=events.order_by().values("pk"), erased_at__isnull=True)
            .exclude(personal={})
            .order_by("pk")
            .select_for_update()
            .values_list("pk", "digest")
        )
        if not held:
            return None
        erasure = record(
            audit.ERASURE,
            subject,
            by=by,
            reason=reason,
            facts={"erased": [digest for _pk, digest in held]},
        )
        # Past EventQuerySet, which refuses: the one change that the database's guards let through.
        models.QuerySet(Event).filter(pk__in=[pk for pk, _digest in held]).update(
            salt="", personal={}, erased_at=erasure.at
        )
    return erasure


def _as_kept(value: Any) -> Any:
    """Return `value` as a JSON column gives it back, the same on PostgreSQL and SQLite."""
    kept = json.loads(json.dumps(value, cls=DjangoJSONEncoder))
    if not _is_kept_alike(kept):
        raise ValueError("The record keeps text without NUL, whole numbers, lists and mappings.")
    return kept


def _is_kept_alike(value: Any) -> bool:
    match value:
        case None | bool() | int():
            return True
        case str():
            return "\0" not in value and value.encode(errors="ignore").decode() == value
        case list():
            return all(map(_is_kept_alike, value))
        case dict():
            return all(_is_kept_alike(part) for pair in value.items() for part in pair)
        case _:  # a float: 1e16 and -0.0 come back from PostgreSQL as something else
            return False
