"""Load the Call to Action from `fixtures/`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from projects.loading import load_programme


class Command(BaseCommand):
    """Load or reload the programme; what the office edited stays, and is named."""

    help = "Load the programme's work-streams, projects, milestones and call. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --overwrite."""
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="Also replace what was edited in the console (the record keeps that it was).",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load, and say what changed."""
        report = load_programme(overwrite=options["overwrite"])
        self.stdout.write(
            f"The programme: {len(report.created)} created, {len(report.updated)} updated, "
            f"{len(report.unchanged)} unchanged, {len(report.kept)} kept as edited."
        )
        for name in report.kept:
            self.stdout.write(f"  kept as edited in the console: {name}")
