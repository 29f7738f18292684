"""Reads of the programme's structure, in its own words."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from workstreams.models import Call, Term


class CallQuerySet(models.QuerySet["Call"]):
    """Calls by where the clock stands; open, coming and past are computed, never stored."""

    def shown(self) -> "CallQuerySet":
        """Return the calls the public may know of."""
        return self.exclude(state="draft")

    def open_at(self, instant: datetime) -> "CallQuerySet":
        """Return the published call open at an instant (the closing instant is exclusive)."""
        return self.filter(state="published", opens_at__lte=instant, closes_at__gt=instant)

    def coming_at(self, instant: datetime) -> "CallQuerySet":
        """Return published calls that have yet to open."""
        return self.filter(state="published", opens_at__gt=instant)

    def ended_at(self, instant: datetime) -> "CallQuerySet":
        """Return published calls whose closing instant has come."""
        return self.filter(state="published", closes_at__lte=instant)

    def current(self, instant: datetime) -> "Call | None":
        """Return the call a visitor should hear of: the open one, else the next, else the last."""
        calls = list(self.shown().order_by("-opens_at")[:20])
        open_now = [call for call in calls if call.is_open(instant)]
        coming = [call for call in calls if call.is_coming(instant)]
        return next(iter(open_now or coming[-1:] or calls), None)


class TermQuerySet(models.QuerySet["Term"]):
    """Who holds which seat, by the day."""

    def on(self, day: date) -> "TermQuerySet":
        """Return the terms that run on a UK calendar day (the last day included)."""
        return self.not_over_on(day).filter(starts_on__lte=day)

    def not_over_on(self, day: date) -> "TermQuerySet":
        """Return the terms that run on a UK calendar day or have yet to begin."""
        return self.filter(models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=day))
