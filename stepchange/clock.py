"""The one place that asks what time it is, and the one that speaks UK time.

Instants are aware and in UTC; due dates are UK calendar days. Tests move the clock (time-machine).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

UK = ZoneInfo("Europe/London")
_told: ContextVar[datetime | None] = ContextVar("told", default=None)


def now() -> datetime:
    """Return this instant, aware, in UTC."""
    return _told.get() or datetime.now(UTC)


@contextmanager
def set_to(instant: datetime) -> Iterator[None]:
    """Let it be another instant, for this thread and no other, until the block ends.

    Only the demonstration's cast may ask (tests/architecture): its past is made by the same functions
    as everybody's present.
    """
    told = _told.set(instant)
    try:
        yield
    finally:
        _told.reset(told)


def at(timestamp: float) -> datetime:
    """Return the instant of a timestamp, aware, in UTC."""
    return datetime.fromtimestamp(timestamp, UTC)


def today() -> date:
    """Return the UK calendar day that it is."""
    return day_of(now())


def day_of(instant: datetime) -> date:
    """Return the UK calendar day that an instant belongs to."""
    return instant.astimezone(UK).date()


def start_of(day: date) -> datetime:
    """Return the instant, in UTC, at which a UK calendar day begins."""
    return datetime.combine(day, time.min, tzinfo=UK).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Return the instant, in UTC, at which a UK calendar day has ended (the next midnight)."""
    return start_of(day + timedelta(days=1))


def last_day_before(instant: datetime) -> date:
    """Return the UK calendar day that an exclusive instant ends: midnight belongs to the day before."""
    return (instant.astimezone(UK) - timedelta(microseconds=1)).date()


def days_left(until: datetime, since: datetime) -> int:
    """Return how many UK midnights lie between `since` and the last day before `until`."""
    return (last_day_before(until) - since.astimezone(UK).date()).days
