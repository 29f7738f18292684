"""Who a session belongs to, with what every request asks of the account, by one query."""

from functools import cache
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db import router

from stepchange.models import User
from stepchange.roles import with_roles_told


class AccountBackend(AuthenticationBackend):
    """allauth's backend; the account of a session comes with whether it holds any role."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the account as it is now, None for one that is gone or closed."""
        statement, values = _statement(router.db_for_read(User))
        found = list(User.objects.raw(statement, [*values, user_id]))
        return found[0] if found and self.user_can_authenticate(found[0]) else None


@cache
def _statement(database: str) -> tuple[str, list[Any]]:
    """Return the query as Django composes it, once a process, and its values but the account's key."""
    accounts = with_roles_told(User.objects.using(database)).filter(pk=0)
    statement, values = accounts.query.get_compiler(database).as_sql()
    return statement, list(values[:-1])
