"""Verify the record: the chain, the events, the erasures, the anchor, and what they name (law 6)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from stepchange import audit, guards


class Command(BaseCommand):
    """Says how far the record is whole; exit status 1 and the first broken row when it is not."""

    help = "Verify the record; names the first broken row and what is not yet sealed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the anchor to compare with, for example a copy that was kept elsewhere."""
        parser.add_argument("--anchor", type=Path, help="the anchor to compare the chain with")

    def handle(self, *_args: Any, anchor: Path | None = None, **_options: Any) -> None:
        """Verify, print, and fail when anything is wrong."""
        if anchor and not anchor.is_file():
            raise CommandError(f"There is no anchor at {anchor}.")
        verdict = audit.verify(anchor)
        self.stdout.write(f"sealed: {verdict.sealed}, of these erased: {verdict.erased}")
        self.stdout.write(f"anchored up to: {verdict.anchored or 'nothing'}")
        if verdict.unsealed:
            listed = ", ".join(map(str, verdict.unsealed[:20]))
            more = ", ..." if len(verdict.unsealed) > 20 else ""
            self.stdout.write(f"not yet sealed: {len(verdict.unsealed)} (events {listed}{more})")
        else:
            self.stdout.write("not yet sealed: 0")
        if verdict.broken:
            raise CommandError(f"BROKEN: {verdict.broken}.")
        for first_that_differs in map(import_string, settings.RECORD_HELD):
            if fault := first_that_differs():
                raise CommandError(f"BROKEN: {fault}.")
        if missing := guards.missing_guards():
            raise CommandError(f"The database does not guard the record: no {', '.join(missing)}.")
        if verdict.sealed and not verdict.anchored:
            self.stderr.write(
                "Nothing is anchored: that the newest rows are all there is not proved."
            )
        self.stdout.write("The record is whole.")
