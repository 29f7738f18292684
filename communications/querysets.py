"""Reads of the ledger."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from communications.models import Email


class EmailQuerySet(models.QuerySet["Email"]):
    """Ledger rows, by what is to be done with them."""

    def due(self, instant: datetime) -> "EmailQuerySet":
        """Return the rows a worker may claim."""
        return self.filter(state__in=("queued", "delayed"), due_at__lte=instant)

    def caught(self, since: datetime) -> "EmailQuerySet":
        """Return rows that a dead worker left claimed or sending."""
        return self.filter(state__in=("claimed", "sending"), claimed_at__lt=since)
