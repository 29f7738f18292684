"""Reads of the ledger."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, Exists, Min, OuterRef, Value, When

from participants.models import ExpressionOfInterest
from stepchange.models import Event

if TYPE_CHECKING:
    from communications.models import Email


class EmailQuerySet(models.QuerySet["Email"]):
    """Ledger rows, by what is to be done with them."""

    def due(self, instant: datetime) -> "EmailQuerySet":
        """Return the rows a worker may claim."""
        return self.filter(state="queued", due_at__lte=instant)

    def rested(self, instant: datetime) -> "EmailQuerySet":
        """Return the delayed rows whose next try has come."""
        return self.filter(state="delayed", due_at__lte=instant)

    def caught(self, state: str, since: datetime) -> "EmailQuerySet":
        """Return the rows that a dead worker left `claimed` or `sending`."""
        return self.filter(state=state, claimed_at__lt=since)

    def pressing_first(self, notices: Collection[str]) -> "EmailQuerySet":
        """Order by whether somebody waits at the screen for it, then by when it became due."""
        waits = Case(When(notice__in=notices, then=Value(0)), default=Value(1))
        return self.order_by(waits, "due_at", "id")

    def same_since(self, email: "Email") -> "EmailQuerySet":
        """Return later rows of the same notice to the same recipient."""
        return self.filter(notice=email.notice, recipient_key=email.recipient_key, id__gt=email.pk)

    def to_address_like(self, words: str) -> "EmailQuerySet":
        """Return rows whose address holds these words, newest first; all of them for none."""
        return (self.filter(address__icontains=words) if words else self.all()).order_by("-id")


def expressions_without(
    emails: EmailQuerySet, *, notice: str, occurrence: str
) -> models.QuerySet[ExpressionOfInterest]:
    """Return the expressions of interest that have no row yet for an occurrence of a notice."""
    derived = emails.filter(notice=notice, subject_key=OuterRef("reference"), occurrence=occurrence)
    return ExpressionOfInterest.objects.filter(~Exists(derived))


def with_something_to_tell(emails: EmailQuerySet, kinds: Mapping[str, str]) -> set[str]:
    """Return the notices, of these by the kind of event that causes each, that lack a row: one query."""
    lacking = [
        events_without(emails, kind=kind, notice=notice)
        .order_by()
        .annotate(caused=Value(notice, models.CharField()))
        .values_list("caused", flat=True)
        for notice, kind in kinds.items()
    ]
    return set(lacking[0].union(*lacking[1:])) if lacking else set()


def untold_kinds() -> list[str]:
    """Return the kinds of the events that wait to be told of, by the oldest of each.

    One query, nearly always of nothing.
    """
    waiting = Event.objects.filter(untold__isnull=False).order_by().values("kind")
    return list(
        waiting.annotate(oldest=Min("pk")).order_by("oldest").values_list("kind", flat=True)
    )


def untold(kind: str, *, after: int) -> models.QuerySet[Event]:
    """Return the events of a kind that wait to be told of, oldest first, after an id."""
    return Event.objects.filter(untold__isnull=False, kind=kind, pk__gt=after).order_by("pk")


def events_without(emails: EmailQuerySet, *, kind: str, notice: str) -> models.QuerySet[Event]:
    """Return the events of a kind that have no row yet for a notice, oldest first."""
    derived = emails.filter(event=OuterRef("pk"), notice=notice)
    return Event.objects.filter(~Exists(derived), kind=kind).order_by("id")
