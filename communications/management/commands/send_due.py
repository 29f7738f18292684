"""`manage.py send_due`: one sweep of the ledger, where no worker runs or to see what it says."""

from typing import Any

from django.core.management.base import BaseCommand

from communications import workflow


class Command(BaseCommand):
    """Sends what is due, once. Harmless beside workers and other copies of itself."""

    help = "Send the emails that are due, once, and say what was done."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Sweep, and print the counts."""
        counts = workflow.sweep()
        self.stdout.write(
            ", ".join(f"{what}: {count}" for what, count in counts.items()) or "Nothing was due."
        )
