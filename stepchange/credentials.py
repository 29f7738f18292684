"""What follows a change of how somebody signs in: an event in the record, and other sessions end.

Heard from django-allauth's signals, which its pages send; the mail that warns is allauth's to ask for
and the ledger's to send. Facts hold no address and no name of a passkey.
"""

from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.db.models.signals import pre_save
from django.http import HttpRequest

from stepchange import clock, devices, factors, sessions
from stepchange.events import record
from stepchange.models import User
from stepchange.requests import SignedInRequest

ADDRESS_CHANGED = "stepchange.user.address_changed"
"""Reopens whatever rested on the old address: hear it by `signals.recorded`, or ask the record."""
PASSWORD_CHANGED = "stepchange.user.password_changed"  # noqa: S105 - the name of an event
FACTOR_ADDED = "stepchange.user.second_factor_added"
FACTOR_REMOVED = "stepchange.user.second_factor_removed"
CODES_MADE = "stepchange.user.recovery_codes_made"
CODE_USED = "stepchange.user.recovery_code_used"
SESSIONS_ENDED = "stepchange.user.sessions_ended"
NEW_DEVICE = "stepchange.user.signed_in_on_new_device"
THROWS_OUT = (ADDRESS_CHANGED, PASSWORD_CHANGED, FACTOR_REMOVED, SESSIONS_ENDED)
"""After these every device but the one that did it is new again."""


def connect() -> None:
    """Listen, once the apps are loaded."""
    account.password_changed.connect(_password_changed)
    account.password_set.connect(_password_changed)
    account.email_changed.connect(_address_changed)
    mfa.authenticator_added.connect(_factor_added)
    mfa.authenticator_removed.connect(_factor_removed)
    mfa.authenticator_reset.connect(_codes_made)
    mfa.authenticator_used.connect(_factor_used)
    user_logged_in.connect(_session_begins)
    user_logged_out.connect(_forget_session)
    pre_save.connect(sessions.keep_less, sender=UserSession)


def is_known_device(request: HttpRequest, user: User) -> bool:
    """Say whether this browser has signed in to the account before, and was not thrown out since."""
    return devices.is_known(request, user, unless=THROWS_OUT)


def signed_in(request: HttpRequest, user: User, *, is_new_device: bool) -> None:
    """Remember the browser; on a new device record the sign-in and warn its holder by mail.

    The mail names no device and no network (law 7): the list of sessions, after log-in, does.
    """
    if is_new_device:
        with transaction.atomic():
            record(NEW_DEVICE, user, by=user)
            get_adapter(request).send_notification_mail("stepchange/new_device", user)
    devices.remember(request, user)  # last: a browser that nobody was warned of stays new


def password_changed(request: HttpRequest | None, user: User) -> None:
    """Record it, in the transaction that makes the change; outside a request there is no device to keep."""
    was_known = request and (request.user == user or is_known_device(request, user))
    record(PASSWORD_CHANGED, user, by=user)
    if request and was_known:  # whoever resets it on a device of theirs is not a stranger there
        devices.remember(request, user)


def sessions_ended(request: SignedInRequest, user: User, count: int) -> None:
    """Record that the account's holder ended other sessions, and warn them by mail."""
    with transaction.atomic():
        record(SESSIONS_ENDED, user, by=user, facts={"count": count})
        get_adapter(request).send_notification_mail("stepchange/sessions_ended", user)
    devices.remember(request, user)


def _password_changed(request: SignedInRequest, **_named: Any) -> None:
    """Their cookies stopped working with the old password; what was kept of them goes too."""
    sessions.end_others(request)


def _address_changed(
    request: SignedInRequest,
    user: User,
    from_email_address: EmailAddress | None,
    to_email_address: EmailAddress,
    **_named: Any,
) -> None:
    """In the transaction of the change (`communications.accounts.AccountAdapter.confirm_email`)."""
    if from_email_address is None:  # a new account's first address
        return
    record(ADDRESS_CHANGED, user, by=user)
    if request.user.is_authenticated:
        sessions.end_others(request)
    get_adapter(request).send_notification_mail(
        "stepchange/address_is_new", user, email=to_email_address.email
    )
    if request.user.is_authenticated:
        devices.remember(request, user)


def _factor_added(user: User, authenticator: Authenticator, **_named: Any) -> None:
    kind = CODES_MADE if authenticator.type == Authenticator.Type.RECOVERY_CODES else FACTOR_ADDED
    with transaction.atomic():
        record(kind, user, by=user, facts={"type": str(authenticator.type)})


def _factor_removed(
    request: SignedInRequest, user: User, authenticator: Authenticator, **_named: Any
) -> None:
    with transaction.atomic():
        record(FACTOR_REMOVED, user, by=user, facts={"type": str(authenticator.type)})
        sessions.end_others(request)
    devices.remember(request, user)


def _codes_made(user: User, **_named: Any) -> None:
    with transaction.atomic():
        record(CODES_MADE, user, by=user, facts={"type": "recovery_codes"})


def _factor_used(
    request: SignedInRequest, user: User, authenticator: Authenticator, **_named: Any
) -> None:
    """Warn when a recovery code was used, and say how many are left."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        return
    fresh = Authenticator.objects.get(pk=authenticator.pk)  # spent in another copy of the row
    left = len(fresh.wrap().get_unused_codes())
    with transaction.atomic():
        record(CODE_USED, user, by=user, facts={"left": left})
        get_adapter(request).send_notification_mail(
            "stepchange/recovery_code_used",
            user,
            {"left": str(left), "low": "1" if left <= factors.LOW_ON_CODES else ""},
        )


def _session_begins(request: SignedInRequest, **_named: Any) -> None:
    """Count its idle time from here, not from the first page after."""
    now = clock.now().timestamp()
    request.session[sessions.SEEN] = (now, now)


def _forget_session(request: SignedInRequest, **_named: Any) -> None:
    """What was kept of a session goes with it."""
    if key := getattr(request, "session", None) and request.session.session_key:
        UserSession.objects.filter(session_key=key).delete()
