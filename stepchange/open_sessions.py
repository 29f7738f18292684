"""Ending an account's sessions, on every device, half-finished sign-ins included."""

from allauth.account.utils import user_pk_to_url_str
from django.contrib.sessions.models import Session

from stepchange import clock
from stepchange.models import User

SIGNING_IN = "account_login"  # where allauth keeps a sign-in that waits for its second step


def end_all(user: User) -> int:
    """End every session of an account; return how many. Reads them all: for what happens seldom."""
    whole, half = str(user.pk), user_pk_to_url_str(user)
    keys = []
    for session in Session.objects.filter(expire_date__gt=clock.now()).iterator():
        held = session.get_decoded()
        begun = held.get(SIGNING_IN) or {}
        if held.get("_auth_user_id") == whole or begun.get("user_pk") == half:
            keys.append(session.session_key)
    Session.objects.filter(session_key__in=keys).delete()
    return len(keys)
