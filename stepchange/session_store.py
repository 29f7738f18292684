"""Sessions as Django's rows, read by one plain statement: every signed-in request begins with it."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.db import connections, router

from stepchange import clock

_READ = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(DatabaseStore):
    """Django's own store, which spends more on composing this statement than the database on it.

    What differs: `load` alone, which reads one column by a statement that is written out, by the portal's
    clock, and of `Session` itself, whatever model a subclass names. It catches no SuspiciousOperation
    from the query, since a statement without a filter of ours raises none: a row that was tampered with
    is found by Django's `decode`, which tells `django.security.SuspiciousSession` (quiet, by
    `stepchange.logs`) and returns nothing. Everything else, `aload` too, is Django's.
    """

    def load(self) -> dict[str, Any]:
        """Return what the session holds; of one that ended or never was, nothing, and forget its key."""
        connection = connections[router.db_for_read(Session)]
        now = connection.ops.adapt_datetimefield_value(clock.now())
        with connection.cursor() as cursor:
            cursor.execute(_READ, [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        data: dict[str, Any] = self.decode(row[0])
        return data
