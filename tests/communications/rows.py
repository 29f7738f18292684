"""The ledger's one row."""

from __future__ import annotations

from communications.models import Email


def only_email() -> Email:
    return Email.objects.get()
