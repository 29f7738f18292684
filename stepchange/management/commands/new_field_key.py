"""Make a key for FIELD_KEYS."""

from typing import Any

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Prints a new key; put it first in FIELD_KEYS, keep the old ones after it, then rotate."""

    help = "Print a new key for FIELD_KEYS (see rotate_field_keys)."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print it, and nothing else."""
        self.stdout.write(Fernet.generate_key().decode())
