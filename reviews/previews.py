"""What a participant would be written when an outcome is released: asked of whoever writes the emails."""

from collections.abc import Callable
from dataclasses import dataclass

from reviews.models import Decision


@dataclass(frozen=True)
class EmailToGo:
    """One email as it would be written now."""

    subject: str
    body: str


WRITERS: list[Callable[[Decision], EmailToGo | None]] = []
"""Who writes emails about outcomes, in a higher app; each adds itself when it is ready."""


def email_about(decision: Decision) -> EmailToGo | None:
    """Return the email that its release would cause; None where nobody can be written to."""
    return next((email for write in WRITERS if (email := write(decision))), None)
