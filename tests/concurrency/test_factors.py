"""Races over an account's last second factors, with real threads on PostgreSQL."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from stepchange import factors
from stepchange.credentials import FACTOR_REMOVED
from stepchange.models import Event, User
from stepchange.roles import Role
from tests.concurrency.racing import at_once
from tests.office import make_holder, signed_in

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("limits_unused"),
]
ACCOUNTS = 6
TAKE_DOWN = "/accounts/2fa/totp/deactivate/"


def with_two_factors(second: str) -> tuple[User, list[str]]:
    """Return somebody whose role needs a factor and who has two, and where each is removed."""
    user = make_holder(Role.CASEWORKER)
    kind = Authenticator.Type.WEBAUTHN
    passkeys = [Authenticator.objects.create(user=user, type=kind, data={"name": "Phone"})]
    if second == "passkey":
        passkeys.append(Authenticator.objects.create(user=user, type=kind, data={"name": "Key"}))
    else:
        TOTP.activate(user, generate_totp_secret())
    paths = [f"/accounts/2fa/webauthn/{factors.handle_of(each)}/remove/" for each in passkeys]
    return user, paths if second == "passkey" else [*paths, TAKE_DOWN]


@pytest.mark.parametrize("second", ["passkey", "app"])
def test_of_two_last_factors_removed_at_once_one_stays(second):
    """The account's row is locked: else each page finds the other factor and lets its own go."""
    accounts = [with_two_factors(second) for _ in range(ACCOUNTS)]
    posts: list[tuple[Client, str]] = [
        (signed_in(user), path) for user, paths in accounts for path in paths
    ]

    given = at_once(len(posts), lambda number: posts[number][0].post(posts[number][1]))

    kinds = factors.FACTORS
    left = [
        Authenticator.objects.filter(user=user, type__in=kinds).count() for user, _paths in accounts
    ]
    assert left == [1] * ACCOUNTS
    assert Event.objects.of_kind(FACTOR_REMOVED).count() == ACCOUNTS
    # Whoever came second is told why, or was signed out by the change elsewhere.
    assert {answer.status_code for answer in given} <= {200, 302}
