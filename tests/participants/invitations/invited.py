"""The invited in tests: following their link, taking it up, doing the steps."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from participants.models import Invitation
from participants.workflow import invitations
from stepchange.models import User
from tests.builders import make_ready

HERE = "/invitation/"
LIST = "/admin/participants/invitation/"


def token_of(invitation: Invitation) -> str:
    return invitations.mint_link(invitation)


def opens(client: Client, token: str) -> Any:
    return client.get(f"{HERE}{token}/", follow=True)


def with_address(user: User, *, verified: bool = True) -> User:
    EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
    return user


def with_steps_done(user: User, *, without: str = "") -> User:
    if without != "factor":
        TOTP.activate(user, generate_totp_secret())
    return make_ready(
        user, undertaking=without != "undertaking", declaration=without != "declaration"
    )


def taken(invitation: Invitation, *, is_ready: bool = True) -> User:
    """Return the account that took an invitation up, with its steps done."""
    user = invitations.open_account(token_of(invitation))
    invitation.refresh_from_db()
    return with_steps_done(user) if is_ready else user
