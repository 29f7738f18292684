"""In which ways an account is offered to prove again who one is: each once, the easiest first."""

import pytest
from allauth.mfa.models import Authenticator

from communications.accounts import AccountAdapter
from tests.builders import make_user

pytestmark = pytest.mark.django_db

PASSKEY, PASSWORD = "mfa_reauthenticate_webauthn", "account_reauthenticate"
APP, CODE = "mfa_reauthenticate", "confirm_by_code"


@pytest.mark.parametrize("has_password", [True, False])
@pytest.mark.parametrize(
    ("factors", "offered"),
    [
        ((), []),
        (("totp",), [APP]),
        (("webauthn",), [PASSKEY]),
        (("webauthn", "totp"), [PASSKEY, APP]),
    ],
)
def test_each_way_is_offered_once(has_password, factors, offered):
    user = make_user()
    user.set_password("a long enough password") if has_password else user.set_unusable_password()
    user.save()
    for kind in factors:
        Authenticator.objects.create(user=user, type=kind, data={})
    expected = [*offered, *([PASSWORD] if has_password else [])] or [CODE]

    given = [way["id"] for way in AccountAdapter().get_reauthentication_methods(user)]

    assert sorted(given) == sorted(expected)
    assert given == [name for name in (PASSKEY, PASSWORD, APP, CODE) if name in expected]
