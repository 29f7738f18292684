"""A record for tests: written and sealed, then changed behind its back."""

from __future__ import annotations

from functools import partial
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.test import TestCase as PlainTestCase

from stepchange import events
from stepchange.models import Event
from tests.builders import make_user
from tests.guards import lifted

# What a commit does next: seal, then anchor.
committing = partial(PlainTestCase.captureOnCommitCallbacks, execute=True)


def record_some(count: int) -> list[Event]:
    """Record `count` events about one account, with a reason each."""
    user = make_user()
    return [
        events.record(
            "test.thing.done", user, by=user, reason=f"Because {number}", facts={"n": number}
        )
        for number in range(1, count + 1)
    ]


def write(count: int = 5) -> list[Event]:
    """Record `count` events and seal them."""
    with committing():
        return record_some(count)


def forge(event: Event, **values: Any) -> None:
    """Change an event's columns as somebody who owns the database could."""
    with lifted():
        change(event, **values)


def change(event: Event, **values: Any) -> None:
    """Change an event past its queryset, which refuses, as a careless colleague could."""
    QuerySet(Event).filter(pk=event.pk).update(**values)


def drop(*written: Event) -> None:
    """Drop events with their seals."""
    keys = [event.pk for event in written]
    with lifted(), connection.cursor() as cursor:
        for key in keys:
            cursor.execute("DELETE FROM stepchange_seal WHERE event_id = %s", [key])
            cursor.execute("DELETE FROM stepchange_event WHERE id = %s", [key])


def verified(*arguments: str) -> str:
    """Return what the command prints."""
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out, stderr=out)
    return out.getvalue()
