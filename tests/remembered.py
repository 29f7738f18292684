"""Rows that many tests begin with: made once by the portal's own functions, then put back as they were."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from tests.guards import filled_tables


@dataclass(frozen=True)
class _Rows:
    """All that stood in the database, table by table, the chain's anchor, and what making it returned."""

    tables: dict[str, str]
    anchor: bytes | None
    returned: Any


_remembered: dict[str, _Rows] = {}


def made_once(name: str, make: Callable[[], Any]) -> Any:
    """Fill an empty database by a function, or with what it left there the first time; return the same.

    SQLite, which few of these tests are run on, makes it anew each time.
    """
    if connection.vendor != "postgresql":
        return make()
    if name not in _remembered:
        returned = make()
        tables = {table: _read(table) for table in filled_tables()}
        anchor = Path(settings.AUDIT_ANCHOR)
        kept = anchor.read_bytes() if anchor.exists() else None
        _remembered[name] = _Rows(tables, kept, deepcopy(returned))
        return returned
    rows = _remembered[name]
    with transaction.atomic(), connection.cursor() as cursor:
        # Neither trigger nor foreign key: these rows passed all of them when they were made.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, text in rows.tables.items():
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - our own; a migration left a row in some
            cursor.copy_expert(f"COPY {table} FROM STDIN", StringIO(text))
        cursor.execute("SET LOCAL session_replication_role = origin")
    if rows.anchor is not None:
        Path(settings.AUDIT_ANCHOR).write_bytes(rows.anchor)
    return deepcopy(rows.returned)


def _read(table: str) -> str:
    text = StringIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} TO STDOUT", text)
    return text.getvalue()
