"""Wakes a worker when something is to be sent. Only a hint: a sweep needs no bell (law 5)."""

from contextvars import copy_context
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import structlog

from communications import notices
from stepchange import celery_app, clock

log = structlog.get_logger(__name__)

TASK = "communications.tasks.sweep"
FORGOTTEN_AFTER = 60  # seconds: a worker that comes back later sweeps anyway
# A connection of its own: the default one of a broker that is down is tried for two seconds and more.
IMPATIENT = {"max_retries": 0, "socket_connect_timeout": 1, "socket_timeout": 1}
QUIET_AFTER_FAILURE = timedelta(seconds=30)
_broken_until: datetime | None = None


def ring() -> None:
    """Ask a worker to sweep soon. Never raises; a broken broker costs one short wait in 30 s.

    On a thread of its own, and waited for: what a client of Redis costs depends on how deep the stack
    is that it is called from, and that must not tell whose mail it is (decision 10).
    """
    thread = Thread(target=copy_context().run, args=[_ring], name="doorbell")
    thread.start()
    thread.join()


def _ring() -> None:
    global _broken_until
    if _broken_until and clock.now() < _broken_until:
        return
    try:
        with celery_app.connection_for_write(transport_options=IMPATIENT) as connection:
            celery_app.send_task(TASK, expires=FORGOTTEN_AFTER, retry=False, connection=connection)
    except Exception as error:
        _broken_until = clock.now() + QUIET_AFTER_FAILURE
        log.warning("doorbell.broken", error=type(error).__name__)
    else:
        _broken_until = None


def on_recorded(kind: str, **_: Any) -> None:
    """Ring for an event that causes a notice."""
    if kind in notices.EVENT_KINDS:
        ring()
