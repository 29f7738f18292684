"""Writing the record: what happened goes into the transaction that made it happen."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from stepchange import audit, clock
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
    The chain takes the event in right after the commit.
    """
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
        facts=json.loads(json.dumps(dict(facts or {}), cls=DjangoJSONEncoder)),
        personal=json.loads(json.dumps(words, cls=DjangoJSONEncoder)),
        salt=secrets.token_hex(16),
    )
    event.personal_digest = audit.personal_digest(event)
    event.digest = audit.event_digest(event)
    event.save(force_insert=True)
    Unsealed.objects.create(event=event)
    transaction.on_commit(audit.seal, robust=True)
    return event


def fingerprint(value: Any) -> str:
    """Return a short digest that names a version of some words, for facts that rely on it."""
    canonical = json.dumps(value, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
