"""What the platform tells higher apps, which it may not import."""

from django.dispatch import Signal

recorded = Signal()
"""An event of `kind` was committed. Only a hint: whoever must not miss one asks the record."""
