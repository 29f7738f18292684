"""`next` never leaves the portal, and the Host header reaches no link and no redirect."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from tests.builders import make_user
from tests.office import PASSWORD, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limits_unused")]

HOSTILE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://127.0.0.1@evil.example/",
    "http://testserver/account/",
    "http://localhost/account/",
    " //evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "evil.example",
    "%2f%2fevil.example",
    "/%0d%0aLocation: https://evil.example",
    "https:/evil.example",
    "/account/\r\nX: y",
)
USER = "ada@users.example"


def make_account() -> None:
    user = make_user(USER, password=PASSWORD)
    EmailAddress.objects.create(user=user, email=USER, verified=True, primary=True)


def leads_home(location: str) -> bool:
    parts = urlsplit(location)
    return (
        not parts.netloc
        and not parts.scheme
        and location.startswith("/")
        and location[1:2] not in {"/", "\\"}
    )


@pytest.mark.parametrize("wanted", HOSTILE)
def test_next_stays_on_the_portal(wanted: str, settings):
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1", "evil.example"]
    make_account()
    asked = f"?next={quote(wanted)}"

    client = Client()
    for answer in (
        client.post(f"/accounts/login/{asked}", {"login": USER, "password": PASSWORD}),
        client.get(f"/accounts/login/{asked}"),  # signed in already
        client.get(f"/accounts/signup/{asked}"),
        client.post(f"/accounts/reauthenticate/{asked}", {"password": PASSWORD}),
        client.post(f"/accounts/logout/{asked}"),
    ):
        assert answer.status_code == 302
        assert leads_home(answer["Location"]), answer["Location"]

    office = signed_in(make_user("totp@users.example"), second_factor=False)
    office.get(f"/accounts/2fa/totp/activate/{asked}")
    kept = office.session.get("wanted_before_second_factor", "")
    assert kept == "" or leads_home(kept)
    stranger = Client()
    failed = stranger.post(f"/accounts/2fa/webauthn/login/{asked}", {"credential": "{}"})
    assert failed.status_code == 302
    assert urlsplit(failed["Location"]).netloc == ""
    assert failed["Location"].startswith("/accounts/login/")


def test_a_page_of_the_portal_is_gone_on_to():
    make_account()
    client = Client()
    answer = client.post(
        "/accounts/login/?next=/projects/%3Fq%3D1", {"login": USER, "password": PASSWORD}
    )
    assert answer["Location"] == "/projects/?q=1"


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/2fa/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/2fa/webauthn/reauthenticate/",
        "/accounts/sessions/",
        "/accounts/email/",
        "/account/",
    ],
)
def test_the_host_header_reaches_no_link(path: str, settings):
    settings.ALLOWED_HOSTS = ["evil.example"]
    make_account()
    user = make_user("other@users.example", password=PASSWORD)
    client = Client() if path.endswith("login/") else signed_in(user)
    answer = client.get(path, headers={"host": "evil.example"})
    assert "evil.example" not in answer.content.decode()
    assert "evil.example" not in str(answer.headers)
