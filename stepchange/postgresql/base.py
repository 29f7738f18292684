"""The wrapper that Django makes of each connection: this is the module it looks for in an engine."""

from select import POLLIN, poll

from django.db.backends.postgresql import base
from psycopg2.extensions import TRANSACTION_STATUS_IDLE


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but for how it looks at a kept connection (`CONN_HEALTH_CHECKS`).

    Django asks each `SELECT 1` before a request's first statement: a trip to the server, when all that
    a save of the form asks is five. A server that has ended a connection has said so, by its last words
    and by closing the socket; one that is well says nothing unasked, but for a notice now and then. So
    the silence of an idle connection is health. What it does not tell of is a server that went away
    without a word, its machine or the network with it: there the request's first statement fails.
    """

    def is_usable(self) -> bool:
        """Say whether the connection can be used; ask as Django does if there is any reason to."""
        return self._is_silent() or bool(super().is_usable())

    def _is_silent(self) -> bool:
        """Say whether it is open and idle, nothing went wrong on it, and the server said nothing since."""
        raw = self.connection
        if raw is None or self.errors_occurred:
            return False
        idle = raw.get_transaction_status() == TRANSACTION_STATUS_IDLE  # a closed one is not
        return idle and not _has_spoken(raw.fileno())


def _has_spoken(socket: int) -> bool:
    """Say whether something waits to be read, the end included, or the socket failed."""
    heard = poll()
    heard.register(socket, POLLIN)
    return bool(heard.poll(0))
