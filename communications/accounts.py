"""How django-allauth writes to people, counts tries and checks who is there: by the portal's own means.

Account mail takes the same road as every other: a ledger row in the request's transaction, sent by
the worker. Its codes rest encrypted until they are sent, and not at all after.
"""

import uuid
from typing import Any, cast

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.account.models import EmailAddress
from allauth.core import context as current
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from communications import workflow
from communications.notices import account_notice_name
from stepchange import clock, credentials, factors, sessions, tries
from stepchange.limits import Use
from stepchange.models import User

KEPT = ("code", "left", "low")
"""What a mail may need of allauth's context. Links come from PUBLIC_URL, not from there."""
OWN_PAGES = frozenset({"allauth.account", "allauth.mfa"})
"""Whose pages take a fresh sign-in for proof; the office's moves (`stepchange`) ask again."""
PROOFS = frozenset({"password", "mfa", "code"})


class AccountAdapter(DefaultAccountAdapter):
    """Sends through the ledger, and believes only the address that `TrustedProxies` left."""

    _guesses: tuple[Use, ...] = ()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mail named `account/email/<template>` or `mfa/email/<template>`.

        The same work whether or not the address is known (law 8): the ledger knows the recipient by a
        keyed digest of the address, and only the mail itself says anything else.
        """
        workflow.queue(
            account_notice_name(template_prefix.rpartition("/")[2]),
            address=email,
            recipient_key=workflow.address_key(email),
            occurrence=uuid.uuid4().hex,
            payload={name: str(context[name]) for name in KEPT if name in context},
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address to count tries by; behind a socket without a proxy, all share one."""
        return str(request.META.get("REMOTE_ADDR") or "unknown")

    def is_safe_url(self, url: str | None) -> bool:
        """Go on to pages of this portal only, by their path: no host, not even one of ours."""
        return bool(
            url and url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
        )

    # Signing in ----------------------------------------------------------------------------------
    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Sign in, and warn by mail of a new device; the first sign-in of all is on none."""
        account = cast(User, user)
        is_first = account.last_login is None
        is_known = is_first or credentials.is_known_device(request, account)
        super().login(request, user)
        credentials.signed_in(request, account, is_new_device=not is_known)

    # Passwords ------------------------------------------------------------------------------------
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try before the password is looked at. Raises ValidationError."""
        uses, wait = tries.guess(request, str(credentials.get("email", "")))
        if wait is not None:
            raise self.validation_error("too_many_login_attempts")
        self._guesses = tuple(uses)

    def _rollback_login_failed_rl_usage(self) -> None:
        """Count no try whose password was right."""
        for use in self._guesses:
            use.give_back()

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Forget the wrong tries of somebody who has just reset their password."""
        tries.forgive(request, str(credentials.get("email", "")))

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Set it and record that, together."""
        with transaction.atomic():
            super().set_password(user, password)
            credentials.password_changed(current.request, cast(User, user))

    # Addresses ------------------------------------------------------------------------------------
    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Take the new address in the old one's place, wholly or not at all.

        Not when an account has it by then: the database's constraints have the last word.
        """
        try:
            with transaction.atomic():
                return bool(super().confirm_email(request, email_address))
        except IntegrityError:
            messages.error(
                request, _("That address can’t be used: it belongs to another account by now.")
            )
            return False

    # Proving again who one is ---------------------------------------------------------------------
    def is_reauthentication_required(self, *, app: str, **named: Any) -> bool:
        """Ask again only when nothing was proved in the last 15 minutes.

        allauth asks for the password once more right after it was given, and never asks an account
        that has neither password nor second factor: here that one is asked for an emailed code.
        """
        request = current.request
        if app in OWN_PAGES and _proved_lately(request):
            return False
        if not get_reauthentication_flows(request.user) and not _proved_lately(request):
            raise ReauthenticationRequired
        return bool(super().is_reauthentication_required(app=app, **named))

    def get_reauthentication_methods(
        self, user: AbstractBaseUser | AnonymousUser
    ) -> list[dict[str, Any]]:
        """Offer what the account has, the easiest first; an emailed code where it has nothing else."""
        if not isinstance(user, User):
            return []
        types = factors.factor_types(user)
        known = (
            ("webauthn" in types, "mfa_reauthenticate_webauthn", _("Use a passkey")),
            (user.has_usable_password(), "account_reauthenticate", _("Use your password")),
            (
                bool(types - {"webauthn"}),
                "mfa_reauthenticate",
                _("Use your authenticator app or a recovery code"),
            ),
            (not types and not user.has_usable_password(), "confirm_by_code", _("Use a code")),
        )
        return [
            {"id": name, "description": words, "url": reverse(name)}
            for there, name, words in known
            if there
        ]


def _proved_lately(request: HttpRequest) -> bool:
    if not request.user.is_authenticated:
        return False
    # Signing up leaves no entry, and is proof: a code was typed that only its mailbox had.
    began, _seen = request.session.get(sessions.SEEN, (0, 0))
    times = [float(began)] + [
        float(entry.get("at", 0))
        for entry in get_authentication_records(request, request.user)
        if entry.get("method") in PROOFS
    ]
    return bool(clock.now().timestamp() - max(times) < app_settings.REAUTHENTICATION_TIMEOUT)
