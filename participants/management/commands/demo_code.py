"""Print the demonstration cast's current second-factor code."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from participants.cast import second_factor_code


class Command(BaseCommand):
    """Print the six digits that the cast's authenticator shows now."""

    help = "Print the demonstration cast's current second-factor code."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print it; refuse outside the demonstration."""
        if not settings.IS_DEMONSTRATION:
            raise CommandError("Only the demonstration has a shared second factor.")
        self.stdout.write(second_factor_code())
