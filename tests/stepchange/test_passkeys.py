"""Passkeys: bound to one name, made and used by their holder alone, and proof against what is sent."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.db import connection
from django.test import Client
from fido2.utils import websafe_encode

from stepchange import factors
from stepchange.middleware import used_second_factor
from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import make_user
from tests.office import PASSWORD, make_holder, signed_in
from tests.webauthn_device import Device, options_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limits_unused")]

ADD = "/accounts/2fa/webauthn/add/"
LOGIN = "/accounts/2fa/webauthn/login/"
CONFIRM = "/accounts/2fa/webauthn/reauthenticate/"


def add(client: Client, device: Device, name: str = "Phone") -> Any:
    """Have a device make a passkey, as the page does."""
    options = options_of(client.get(ADD).content.decode())
    return client.post(ADD, {"name": name, "credential": json.dumps(device.make(options))})


def challenge(client: Client) -> Any:
    return client.get(LOGIN, headers={"accept": "application/json"}).json()["request_options"]


def sign_in(client: Client, device: Device, path: str = LOGIN) -> Any:
    return client.post(path, {"credential": json.dumps(device.sign(challenge(client)))})


def holder(user: User | None = None) -> tuple[Client, Device, User]:
    """Return a browser signed in, the device that holds the account's passkey, and the account."""
    user = user or make_user("ada@users.example", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client, device = signed_in(user, second_factor=False), Device()
    assert add(client, device).status_code == 302
    return client, device, user


def handle(user: User) -> str:
    return factors.handle_of(Authenticator.objects.get(user=user, type="webauthn"))


@pytest.mark.parametrize(
    ("public_url", "name", "address"),
    [
        ("https://portal.example", "portal.example", "https://portal.example"),
        ("http://127.0.0.1:8211", "localhost", "http://localhost:8211"),
        ("http://[::1]:8211", "localhost", "http://localhost:8211"),
        ("http://localhost:8211", "localhost", "http://localhost:8211"),
        ("https://203.0.113.7", "", ""),
    ],
)
def test_they_are_bound_to_the_public_address_as_far_as_it_is_a_name(
    settings, public_url, name, address
):
    settings.PUBLIC_URL = public_url
    assert (factors.relying_party(), factors.passkeys_address()) == (name, address)


def test_the_host_header_changes_nothing(settings):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://portal.example", ["evil.example"]
    client = signed_in(make_user())
    page = client.get(ADD, headers={"host": "evil.example"}).content.decode()
    assert options_of(page)["publicKey"]["rp"] == {"id": "portal.example", "name": "Step-Change"}
    assert "Passkeys work only at" in page


def test_one_signs_in_by_it_alone_and_it_is_a_second_factor():
    _client, device, user = holder()
    visitor = Client()
    visitor.get("/accounts/login/")
    answer = sign_in(visitor, device, f"{LOGIN}?next=/accounts/sessions/")
    assert answer["Location"] == "/accounts/sessions/"
    request = visitor.get("/accounts/sessions/").wsgi_request
    assert request.user == user
    assert used_second_factor(request)


def test_no_number_of_a_row_leaves_the_server():
    client, device, user = holder()
    options = options_of(client.get(ADD).content.decode())["publicKey"]
    assert options["user"]["name"] == user.email
    assert len(handle(user)) == 20
    assert device.handle != str(user.pk)
    page = client.get("/accounts/2fa/").content.decode()
    assert "keys/" not in page
    row = Authenticator.objects.get(user=user, type="webauthn")
    for path in (f"keys/{row.pk}/remove/", f"keys/{row.pk}/edit/"):
        assert client.get(f"/accounts/2fa/webauthn/{path}").status_code == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example"])
def test_a_passkey_made_or_used_on_another_site_is_refused(origin):
    client, device, user = holder()
    other = Device(origin=origin)
    assert "was not made" in add(client, other).content.decode()
    device.origin = origin
    visitor = Client()
    assert sign_in(visitor, device)["Location"] == "/accounts/login/"
    assert "_auth_user_id" not in visitor.session
    assert len(factors.passkeys_of(user)) == 1


def test_a_device_that_does_not_verify_its_holder_is_refused():
    client, device, user = holder()
    assert "was not made" in add(client, Device(verifies=False)).content.decode()
    device.verifies = False
    visitor = Client()
    sign_in(visitor, device)
    assert "_auth_user_id" not in visitor.session
    assert len(factors.passkeys_of(user)) == 1


def test_an_answer_serves_once():
    _client, device, _user = holder()
    visitor = Client()
    answer = json.dumps(device.sign(challenge(visitor)))
    other = Client()
    challenge(other)
    other.post(LOGIN, {"credential": answer})
    assert "_auth_user_id" not in other.session
    visitor.post(LOGIN, {"credential": answer})
    assert "_auth_user_id" in visitor.session
    visitor.post("/accounts/logout/")
    visitor.post(LOGIN, {"credential": answer})
    assert "_auth_user_id" not in visitor.session


def test_a_closed_account_is_not_opened_by_it():
    _client, device, user = holder()
    User.objects.filter(pk=user.pk).update(is_active=False)
    visitor = Client()
    assert sign_in(visitor, device)["Location"] == "/accounts/inactive/"
    assert "_auth_user_id" not in visitor.session


DEEP = "[" * 5000 + "]" * 5000
HOSTILE = [
    "",
    "null",
    "[]",
    "{}",
    "1e999",
    '"text"',
    "{",
    DEEP,
    "x" * 400_000,
    '{"id": 1}',
    '{"id": "a", "rawId": "a", "type": "public-key", "response": []}',
    '{"id": "a", "rawId": "a", "type": "public-key", "response": {"clientDataJSON": "AAAA"}}',
    '{"id": "é", "rawId": "\\u0000", "type": "public-key", "response": {"clientDataJSON": "e30",'
    ' "authenticatorData": "AA", "signature": "AA", "userHandle": null}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "e30",'
    ' "authenticatorData": "AA", "signature": "AA", "userHandle": "MQ", "attestationObject": "oA"}}',
    "<script>alert(1)</script>",
]


def test_whatever_is_sent_is_answered_in_words():
    client, _device, user = holder()
    visitor = Client()
    client.get(ADD), client.get(CONFIRM), challenge(visitor)
    for sent in HOSTILE:
        cache.clear()  # the limits are another test's
        added = client.post(ADD, {"name": "x", "credential": sent})
        assert (added.status_code, "was not made" in added.content.decode()) == (200, True)
        confirmed = client.post(CONFIRM, {"credential": sent})
        assert (confirmed.status_code, "did not work" in confirmed.content.decode()) == (200, True)
        refused = visitor.post(LOGIN, {"credential": sent}, follow=True)
        assert refused.redirect_chain == [("/accounts/login/", 302)]
        assert "did not work" in refused.content.decode()
    assert len(factors.passkeys_of(user)) == 1


def test_a_strangers_guess_of_an_account_is_answered_like_any_other():
    _client, _device, user = holder()
    answers = []
    for known in (user.public_id.hex, "0" * 32):
        stranger = Device()
        stranger.handle = websafe_encode(known.encode())
        visitor = Client()
        visitor.get("/accounts/login/")
        options = challenge(visitor)
        with_queries = visitor.post(LOGIN, {"credential": json.dumps(stranger.sign(options))})
        answers.append(
            (with_queries.status_code, with_queries["Location"], len(options["publicKey"]))
        )
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", ["x" * 61, "x" * 100_000, "a\0b", "Work\u202ephone"])
def test_a_name_too_long_or_broken_is_told(name):
    client, _device, user = holder()
    path = f"/accounts/2fa/webauthn/{handle(user)}/name/"
    answer = client.post(path, {"name": name})
    assert answer.status_code == 200
    assert "govuk-error-summary" in answer.content.decode()
    assert client.post(path, {"name": "<script>é🔑"}).status_code == 302
    page = client.get("/accounts/2fa/").content.decode()
    assert "&lt;script&gt;é🔑" in page
    assert "<script>é" not in page


@pytest.mark.parametrize("what", ["name", "remove"])
def test_anothers_passkey_is_not_there(what):
    _client, _device, user = holder()
    other = signed_in(make_user("other@users.example"))
    for path in (
        f"/accounts/2fa/webauthn/{handle(user)}/{what}/",
        "/accounts/2fa/webauthn/no/name/",
    ):
        assert other.get(path).status_code == 404
        assert other.post(path, {"name": "x"}).status_code == 404
    assert len(factors.passkeys_of(user)) == 1


def test_removing_one_records_it_and_ends_other_sessions():
    client, device, user = holder()
    elsewhere = Client()
    sign_in(elsewhere, device)
    path = f"/accounts/2fa/webauthn/{handle(user)}/remove/"
    assert client.get(path).status_code == 200
    assert len(factors.passkeys_of(user)) == 1
    assert client.post(path).status_code == 302
    assert not Authenticator.objects.filter(user=user).exists()
    assert elsewhere.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200
    kinds = Event.objects.values_list("kind", "facts")
    assert ("stepchange.user.second_factor_removed", {"type": "webauthn"}) in kinds


def test_who_needs_a_second_factor_keeps_the_last_one():
    client, _device, user = holder(make_holder(Role.CASEWORKER, password=PASSWORD))
    remove = f"/accounts/2fa/webauthn/{handle(user)}/remove/"
    page = client.post(remove).content.decode()
    assert "this is your last" in page
    assert len(factors.passkeys_of(user)) == 1

    TOTP.activate(user, generate_totp_secret())
    assert client.post(remove).status_code == 302
    assert "this is your last" in client.get("/accounts/2fa/totp/deactivate/").content.decode()
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 200
    assert factors.factor_types(user) >= {"totp"}


@pytest.mark.django_db(transaction=True)
def test_of_two_last_factors_removed_at_once_one_stays():
    client, _device, user = holder(make_holder(Role.CASEWORKER, password=PASSWORD))
    TOTP.activate(user, generate_totp_secret())
    paths = [f"/accounts/2fa/webauthn/{handle(user)}/remove/", "/accounts/2fa/totp/deactivate/"]

    def post(path: str) -> int:
        browser = Client()
        browser.cookies = client.cookies
        try:
            return browser.post(path).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(post, paths))
    assert len(factors.factor_types(user) & {"totp", "webauthn"}) == 1


def test_there_are_ten_at_most():
    client, _device, user = holder()
    for _number in range(9):
        assert add(client, Device()).status_code == 302
    assert client.get(ADD)["Location"] == "/accounts/2fa/"
    assert len(factors.passkeys_of(user)) == 10


def test_challenges_run_out():
    cache.clear()
    codes = [
        Client().get(LOGIN, headers={"accept": "application/json"}).status_code for _ in range(61)
    ]
    assert codes == [200] * 60 + [429]


@pytest.mark.parametrize("path", ["/accounts/2fa/", ADD, CONFIRM])
def test_a_page_costs_little_however_many_there_are(path, django_assert_max_num_queries):
    client, _device, _user = holder()
    for _number in range(5):
        add(client, Device())
    with django_assert_max_num_queries(12):
        assert client.get(path).status_code == 200
