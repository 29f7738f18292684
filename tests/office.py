"""The coordination office in tests: its accounts, signed in as a browser would be."""

import time
from typing import Any

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from django.contrib.auth.models import Group
from django.test import Client

from stepchange.console.forms import revision_of
from stepchange.models import User
from stepchange.roles import OF_THE_OFFICE, Role
from tests.builders import make_ready, make_user
from tests.signing_in import browser_of

PASSWORD = "a long walk by the harbour"


def make_holder(*roles: Role, is_ready: bool = True, **fields: Any) -> User:
    """Return an account that holds the roles; those of the office make it staff.

    It has undertaken and declared, unless it is not `is_ready` to see people.
    """
    is_staff = any(role in OF_THE_OFFICE for role in roles)
    user = make_user(**{"is_staff": is_staff} | fields)
    user.groups.set(Group.objects.filter(name__in=[role.value for role in roles]))
    return make_ready(user) if is_ready else user


def signed_in(user: User, *, second_factor: bool = True, **options: Any) -> Client:
    """Return a browser in which the account is signed in, with its second factor or without."""
    client = browser_of(user, **options)
    now = time.time()
    records: list[dict[str, Any]] = [{"method": "password", "at": now, "reauthenticated": True}]
    if second_factor:
        records.append({"method": "mfa", "at": now, "type": "totp", "reauthenticated": True})
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = records
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()
    return client


def office(*roles: Role) -> Client:
    """Return the browser of somebody of the office, a manager unless roles are given."""
    return signed_in(make_holder(*(roles or (Role.OFFICE_MANAGER,))))


def seen(row: Any) -> dict[str, str]:
    """Return what a form posts to say which version of a row was read."""
    return {"revision": revision_of(type(row)._base_manager.get(pk=row.pk))}


def search(client: Client, path: str, words: str) -> Any:
    """Search a list of the console as its form does; return the page that it leads to."""
    return client.post(path, {"q": words}, follow=True)


def grown_old(client: Client, minutes: int) -> Client:
    """Let the proofs of who is signed in be so many minutes old."""
    session = client.session
    for entry in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        entry["at"] -= minutes * 60
    session.save()
    return client
