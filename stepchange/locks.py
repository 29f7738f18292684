"""Letting one at a time do what no row stands for yet, such as the first code to an address."""

import hashlib

from django.db import connection


def hold(name: str) -> None:
    """Wait until nobody else holds the name, and hold it until the open transaction ends.

    On SQLite nothing is to be done: its transactions are immediate, so that one at a time writes.
    """
    if connection.vendor != "postgresql":
        return
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
