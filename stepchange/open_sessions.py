"""Ending an account's sessions, on every device, half-finished sign-ins included."""

from allauth.account.internal.userkit import user_id_to_str
from django.contrib.sessions.models import Session

from stepchange import clock
from stepchange.models import User

SIGNING_IN = "account_login"  # where allauth keeps a sign-in that waits for its second step


def end_all(user: User) -> int:
    """End every session of an account; return how many. Reads them all: for what happens seldom."""
    keys = []
    for session in Session.objects.filter(expire_date__gt=clock.now()).iterator():
        held = session.get_decoded()
        begun = held.get(SIGNING_IN) or {}
        if held.get("_auth_user_id") == str(user.pk) or begun.get("user_pk") == user_id_to_str(
            user
        ):
            keys.append(session.session_key)
    Session.objects.filter(session_key__in=keys).delete()
    return len(keys)
