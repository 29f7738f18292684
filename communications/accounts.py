"""How django-allauth writes to people, keeps secrets and counts tries: by the portal's own means.

Account mail takes the same road as every other: a ledger row in the request's transaction, sent by
the worker. Its codes rest encrypted until they are sent, and not at all after.
"""

import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from communications import workflow
from communications.notices import account_notice_name
from stepchange import encryption

KEPT = ("code",)
"""What a mail may need of allauth's context. Links come from PUBLIC_URL, not from there."""


class AccountAdapter(DefaultAccountAdapter):
    """Sends through the ledger, and believes only the address that `TrustedProxies` left."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mail named `account/email/<template>` or `mfa/email/<template>`.

        The same work whether or not the address is known (law 8): the ledger knows the recipient by a
        keyed digest of the address, and only the mail itself says anything else.
        """
        digest = salted_hmac("communications.accounts", email.strip().lower(), algorithm="sha256")
        workflow.queue(
            account_notice_name(template_prefix.rpartition("/")[2]),
            address=email,
            recipient_key=f"address:{digest.hexdigest()[:32]}",
            occurrence=uuid.uuid4().hex,
            payload={name: str(context[name]) for name in KEPT if name in context},
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address to count tries by; behind a socket without a proxy, all share one."""
        return str(request.META.get("REMOTE_ADDR") or "unknown")


class SecondFactorAdapter(DefaultMFAAdapter):
    """Names the portal in authenticator apps, and keeps their secrets encrypted."""

    def get_totp_issuer(self) -> str:
        """Return the portal's name, never the Host header."""
        return settings.PORTAL_NAME

    def encrypt(self, text: str) -> str:
        """Encrypt a secret with the newest of FIELD_KEYS."""
        return encryption.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt what `encrypt` made."""
        return encryption.unseal(encrypted_text)
