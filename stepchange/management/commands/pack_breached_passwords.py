"""Makes the compact list that BREACHED_PASSWORDS names, out of one that the operator has."""

import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stepchange.passwords import DIGEST_BYTES, digest_of

SHA1 = re.compile(r"([0-9A-Fa-f]{40})(?::(\d+))?")


class Command(BaseCommand):
    """Packs a list of passwords, or of their SHA-1 digests."""

    help = (
        "Pack a list of breached passwords, a line each, or of SHA-1 digests as Have I Been Pwned "
        "publishes them (DIGEST:COUNT), into a file for BREACHED_PASSWORDS."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the list, the file to write, and how often a digest must have been seen."""
        parser.add_argument("list", type=Path)
        parser.add_argument("packed", type=Path)
        parser.add_argument(
            "--least", type=int, default=1, help="leave out digests that were seen less often"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the packed file, or say what is wrong with the list."""
        kept: set[bytes] = set()
        try:
            with options["list"].open(encoding="utf-8", errors="surrogateescape") as lines:
                for line in lines:
                    text = line.rstrip("\r\n")
                    if match := SHA1.fullmatch(text):
                        if int(match[2] or options["least"]) >= options["least"]:
                            kept.add(bytes.fromhex(match[1])[:DIGEST_BYTES])
                    elif text:
                        kept.add(
                            digest_of(
                                text.encode(errors="surrogateescape").decode(errors="replace")
                            )
                        )
        except OSError as error:
            raise CommandError(f"The list can't be read: {error.strerror}.") from error
        if not kept:
            raise CommandError("The list is empty: nothing was written.")
        options["packed"].write_bytes(b"".join(sorted(kept)))
        self.stdout.write(f"{len(kept)} passwords, {len(kept) * DIGEST_BYTES} bytes.")
