"""The cache of the embedded default: a table in which many processes count without losing a count."""

import base64
import pickle
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connections, router

from stepchange import clock

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class SharedCache(DatabaseCache):
    """Django's cache in a table, with two of its ways mended, which limits can't live with.

    Django reads a row, then writes it: two that add over an expired row at once both succeed. And it
    keeps 300 rows, live ones falling out in the order of their keys: whoever makes 300 others is counted
    from nought again. Here each change is one statement, and only what has expired is ever dropped.
    """

    _table: str  # Django's own, of which the stubs know nothing

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        """Set, add or touch a key by one statement; return whether it was done."""
        connection = connections[router.db_for_write(self.cache_model_class)]
        until = self.get_backend_timeout(timeout)
        expires, now = (
            connection.ops.adapt_datetimefield_value(moment)
            for moment in (
                NEVER if until is None else datetime.fromtimestamp(int(until), tz=UTC),
                _now(),
            )
        )
        table = connection.ops.quote_name(self._table)
        with connection.cursor() as cursor:
            if mode == "touch":
                cursor.execute(
                    f"UPDATE {table} SET expires = %s WHERE cache_key = %s AND expires >= %s",  # noqa: S608
                    [expires, key, now],
                )
                return bool(cursor.rowcount == 1)
            pickled = base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("latin1")
            only_expired = f" WHERE {table}.expires < %s" if mode == "add" else ""
            cursor.execute(
                f"INSERT INTO {table} (cache_key, value, expires) VALUES (%s, %s, %s)"  # noqa: S608
                " ON CONFLICT (cache_key) DO UPDATE"
                f" SET value = excluded.value, expires = excluded.expires{only_expired}",
                [key, pickled, expires, *([now] if only_expired else [])],
            )
            return bool(cursor.rowcount == 1)

    def drop_expired(self) -> int:
        """Delete the rows that have expired, and return how many."""
        connection = connections[router.db_for_write(self.cache_model_class)]
        table = connection.ops.quote_name(self._table)
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {table} WHERE expires < %s",  # noqa: S608
                [connection.ops.adapt_datetimefield_value(_now())],
            )
            return int(cursor.rowcount)


def _now() -> datetime:
    """Return the whole second that Django's own reading compares with."""
    return clock.now().replace(microsecond=0)
