"""Who a session belongs to, with what every request asks of the account, by one query with the session."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Permission
from django.db.models import QuerySet

from stepchange.composed import Composed
from stepchange.models import User
from stepchange.roles import with_roles_told

_ACCOUNT = Composed(lambda key: with_roles_told(User.objects.filter(pk=key)))
_read_along: ContextVar[User | None] = ContextVar("read_along", default=None)


@contextmanager
def read_along(account: User | None) -> Iterator[None]:
    """Have an account that was just read with its session not asked for again, while this lasts."""
    reading = _read_along.set(account)
    try:
        yield
    finally:
        _read_along.reset(reading)


class AccountBackend(AuthenticationBackend):
    """allauth's backend; the account of a session comes with whether it holds any role."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the account as it is now, None for one that is gone or closed."""
        account = _read_along.get()
        if account is None or account.pk != user_id:
            account = next(iter(_ACCOUNT.rows(user_id)), None)
        return account if account and self.user_can_authenticate(account) else None

    def _get_user_permissions(self, _account: User) -> QuerySet[Permission]:
        """Return none: what an account may do comes of its roles alone, whatever row says otherwise."""
        return Permission.objects.none()
