"""Write every encrypted field anew with the newest of FIELD_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from stepchange.rotation import rotate_all


class Command(BaseCommand):
    """Says what was written anew; afterwards the old keys can leave FIELD_KEYS."""

    help = (
        "Re-encrypt every encrypted field with the first of FIELD_KEYS; may be stopped and resumed."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Rotate, print, and fail when a value opens with none of the keys."""
        unreadable = 0
        for outcome in rotate_all():
            unreadable += outcome.unreadable
            lost = f", {outcome.unreadable} open with no key" if outcome.unreadable else ""
            self.stdout.write(f"{outcome.name}: {outcome.written} written anew{lost}")
        if unreadable:
            raise CommandError(
                "Keep the old keys in FIELD_KEYS: some values open with none of them."
            )
        self.stdout.write("Everything rests under the first of FIELD_KEYS; the others may go.")
