"""The second factor that an invitation asks for: a passkey or an app, and the way back."""

import json

import pytest
from pytest_django.asserts import assertRedirects

from tests.builders import make_user
from tests.office import signed_in
from tests.participants.invitations.invited import HERE, opens, token_of
from tests.reading import read
from tests.webauthn_device import ORIGIN, Device, options_of

pytestmark = pytest.mark.django_db


def test_the_second_factor_is_a_passkey_or_an_app_and_leads_back(invited, client):
    opens(client, token_of(invited))
    client.post(HERE)
    choose = "/accounts/2fa/?next=%2Finvitation%2F"
    assert choose in read(client.get(HERE)).hrefs

    page = read(client.get(choose))
    assert {"/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/activate/", HERE} <= set(page.hrefs)
    assert page.says("Set up one of the two")
    options = options_of(client.get("/accounts/2fa/webauthn/add/").content.decode())
    made = {"name": "Phone", "credential": json.dumps(Device(origin=ORIGIN).make(options))}
    answer = client.post("/accounts/2fa/webauthn/add/", made)
    assertRedirects(answer, "/accounts/2fa/recovery-codes/")
    assert read(client.get("/accounts/2fa/")).says("Go on to the page that you came from")
    assert HERE in read(client.post("/accounts/2fa/recovery-codes/")).hrefs
    assert HERE not in read(client.get("/accounts/2fa/")).hrefs  # once
    assert read(client.get(HERE)).says("Set up a second factor for signing in Completed")


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example/", "https://evil.example/", "/\\evil.example"]
)
def test_the_page_of_second_factors_leads_back_to_no_other_site(elsewhere):
    client = signed_in(make_user(), second_factor=False)

    page = read(client.get("/accounts/2fa/", {"next": elsewhere}))
    assert not [href for href in page.hrefs if "evil" in href]
