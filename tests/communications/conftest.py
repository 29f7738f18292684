"""A mail server that can misbehave, and a portal that sends through it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from communications import doorbell
from communications.notices import EVENT_KINDS, NOTICES
from stepchange import celery_app
from tests.communications.sink import Sink, running_sink


@pytest.fixture
def sink(settings) -> Iterator[Sink]:
    """Yield a real mail server that the portal sends through, at once impatient."""
    with running_sink() as running:
        settings.EMAIL_BACKEND = "communications.post.SMTPBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.EMAIL_TIMEOUT = 1
        yield running


@pytest.fixture(autouse=True)
def rung(monkeypatch) -> list[str]:
    """Count the rings of the doorbell instead of waking a worker."""
    rings: list[str] = []
    monkeypatch.setattr(celery_app, "send_task", lambda name, **_: rings.append(name))
    monkeypatch.setattr(doorbell, "_broken_until", None)
    return rings


@pytest.fixture
def referees_not_written_to(monkeypatch) -> None:
    """Let a form that is submitted cause one email, its receipt: the ledger is tried by that."""
    asked = NOTICES["referee_asked"].event_kind
    monkeypatch.delitem(NOTICES, "referee_asked")
    monkeypatch.setattr("communications.workflow.deriving.EVENT_KINDS", EVENT_KINDS - {asked})
