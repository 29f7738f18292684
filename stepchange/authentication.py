"""Who a session belongs to, with what every request asks of the account, by one query."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Permission
from django.db.models import QuerySet

from stepchange.composed import Composed
from stepchange.models import User
from stepchange.roles import with_roles_told

_ACCOUNT = Composed(lambda key: with_roles_told(User.objects.filter(pk=key)))


class AccountBackend(AuthenticationBackend):
    """allauth's backend; the account of a session comes with whether it holds any role."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the account as it is now, None for one that is gone or closed."""
        found = _ACCOUNT.rows(user_id)
        return found[0] if found and self.user_can_authenticate(found[0]) else None

    def _get_user_permissions(self, _account: User) -> QuerySet[Permission]:
        """Return none: what an account may do comes of its roles alone, whatever row says otherwise."""
        return Permission.objects.none()
