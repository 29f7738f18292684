"""Reads of people and their expressions of interest: each role's own scope (law 7)."""

from typing import TYPE_CHECKING

from django.db import models

from stepchange.models import User
from stepchange.querysets import AppendOnlyRows

if TYPE_CHECKING:
    from participants.models import ExpressionOfInterest, Snapshot
    from workstreams.models import Call


class ExpressionQuerySet(models.QuerySet["ExpressionOfInterest"]):
    """Expressions of interest, by who asks."""

    def of(self, user: User) -> "ExpressionQuerySet":
        """Return a participant's own."""
        return self.filter(person__user=user)

    def live(self) -> "ExpressionQuerySet":
        """Return those that are not withdrawn: at most one a person and call."""
        return self.exclude(state="withdrawn")

    def in_call(self, call: "Call") -> "ExpressionQuerySet":
        """Return those of one call."""
        return self.filter(call=call)

    def visible_to_office(self) -> "ExpressionQuerySet":
        """Return what the office may open: what was submitted. A draft is only ever counted."""
        return self.exclude(state="draft")


class SnapshotQuerySet(AppendOnlyRows, models.QuerySet["Snapshot"]):
    """What was submitted: taken and read, never changed."""
