"""What mail servers were given, kept outside the database: by it a restored backup shows.

A file for each generation of the database. Before a message is handed over, and after the row says
so, one line goes into it: the row's random id and how often it was begun. A database that knows less
than its journal is older than it: a backup was restored. docs/decisions/0014-after-a-restore.md.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings

TAIL = 200
"""How many of the newest lines tell: more than workers at once can write in another order."""
LONGEST = 8 * 1024 * 1024
"""In bytes: about 190,000 lines. The part before it is kept too, and no more."""


def _path(generation: UUID) -> Path:
    return Path(settings.LEDGER_JOURNAL) / f"{generation}.journal"


def _part_before(generation: UUID) -> Path:
    return _path(generation).with_suffix(".before")


def begin(generation: UUID) -> None:
    """Begin an empty journal. Raises OSError where it can't be written."""
    path = _path(generation)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def forget(generation: UUID) -> None:
    """Take away the journal of a generation that never came to be."""
    _path(generation).unlink(missing_ok=True)


def note(generation: UUID, email: UUID, handed: int) -> None:
    """Write down that a row is about to be handed over. Raises OSError: then it must not be."""
    path = _path(generation)
    if not _is_kept(generation):
        raise FileNotFoundError(f"The ledger's journal is gone: {path.name}")
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(f"{email} {handed}\n")
        file.flush()
        os.fsync(file.fileno())
        if file.tell() > LONGEST and path.exists():
            path.rename(_part_before(generation))
            path.touch()


def newest(generation: UUID) -> dict[UUID, int] | None:
    """Return what was handed over last, and how often; None when there is no journal."""
    if not _is_kept(generation):
        return None
    lines: list[str] = []
    for path in (_path(generation), _part_before(generation)):
        if len(lines) < TAIL:
            lines = [*_last_lines(path), *lines]
    return _most(lines[-TAIL:])


def _is_kept(generation: UUID) -> bool:
    return _path(generation).exists() or _part_before(generation).exists()


def _last_lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL * 64))
        return file.read().decode(errors="replace").splitlines()


def everything(generation: UUID) -> dict[UUID, int]:
    """Return all that the journal still holds."""
    paths = [_part_before(generation), _path(generation)]
    return _most(line for path in paths if path.exists() for line in _lines(path))


def _lines(path: Path) -> Iterator[str]:
    with path.open(errors="replace") as file:
        yield from file


def _most(lines: Iterator[str] | list[str]) -> dict[UUID, int]:
    """Return the highest number for each row; a line that was cut short says nothing."""
    most: dict[UUID, int] = {}
    for line in lines:
        email, _, handed = line.strip().partition(" ")
        try:
            key, number = UUID(email), int(handed)
        except ValueError:
            continue
        most[key] = max(number, most.get(key, 0))
    return most
