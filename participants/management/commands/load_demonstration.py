"""Load the demonstration's cast and re-date the call around today."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from participants.cast import load_demonstration


class Command(BaseCommand):
    """Load the demonstration once; a second run changes nothing."""

    help = "Load the demonstration's cast, seats and dates. Safe to repeat; never in production."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --launch."""
        parser.add_argument(
            "--launch",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="The day the call opens (2018-05-01 for the original dates); a week ago by default.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load, and say whether anything was done."""
        loaded = load_demonstration(launch=options["launch"])
        self.stdout.write(
            "The demonstration's cast was loaded, the call re-dated."
            if loaded
            else "The demonstration was loaded before: nothing changed."
        )
