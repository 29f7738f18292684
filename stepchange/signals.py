"""What the platform tells higher apps, which it may not import."""

from django.dispatch import Signal

recording = Signal()
"""An `event` was written, in its transaction: what a receiver writes stands or falls with it."""
recorded = Signal()
"""An event of `kind` was committed. Only a hint: whoever must not miss one asks the record."""
