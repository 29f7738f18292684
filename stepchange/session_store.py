"""Sessions as rows of Django, each read with its account by one statement: all signed in begins so."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.db import connections, router
from django.db.models import OuterRef, QuerySet, Subquery

from stepchange import clock
from stepchange.composed import Composed
from stepchange.models import User
from stepchange.roles import with_roles_told


def _signed_in(key: str) -> QuerySet[User]:
    """Return the account signed in by a session, with the session: allauth keeps which is whose."""
    session = Session.objects.filter(pk=OuterRef("usersession__session_key"))
    return with_roles_told(User.objects.filter(usersession__session_key=key)).annotate(
        session_data=Subquery(session.values("session_data")),
        session_ends=Subquery(session.values("expire_date")),
    )


_SIGNED_IN = Composed(_signed_in, of=(str,))
_READ = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(DatabaseStore):
    """Django's own store, which spends more on composing its statement than the database on it.

    What differs: `load` alone, which reads of `Session` itself, whatever model a subclass names, by the
    portal's clock and a statement composed once, and along with it the account of who signed in. It catches
    no SuspiciousOperation from the query, since a statement without a filter of ours raises none: a row
    that was tampered with is found by Django's `decode`, which tells `django.security.SuspiciousSession`
    (quiet, by `stepchange.logs`) and returns nothing. Everything else, `aload` too, is Django's.
    """

    account: User | None = None
    """The account as it was when the session was read: whose the session is, its data says, not this."""

    def load(self) -> dict[str, Any]:
        """Return what the session holds; of one that ended or never was, nothing, and forget its key."""
        sealed = self._read()
        if sealed is None:
            self._session_key = None
            return {}
        data: dict[str, Any] = self.decode(sealed)
        return data

    def _read(self) -> str | None:
        """Return the data of the session as they rest; None of one that ended or never was."""
        now, key = clock.now(), str(self.session_key)
        for account in _SIGNED_IN.rows(key):
            told = vars(account)
            sealed, ends = told.pop("session_data"), told.pop("session_ends")
            if sealed is None or ends <= now:
                return None
            self.account = account
            return str(sealed)
        # Nobody signed in by it, or by it as it is called since.
        connection = connections[router.db_for_read(Session)]
        with connection.cursor() as cursor:
            cursor.execute(_READ, [key, connection.ops.adapt_datetimefield_value(now)])
            row = cursor.fetchone()
        return row[0] if row else None
