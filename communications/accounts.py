"""How django-allauth writes to people and counts tries: by the portal's own means.

Account mail takes the same road as every other: a ledger row in the request's transaction, sent by
the worker. Its codes rest encrypted until they are sent, and not at all after.
"""

import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from communications import workflow
from communications.notices import account_notice_name

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
