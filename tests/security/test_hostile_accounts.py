"""Hostile input on every field of the account pages and in declarations: never a 500, drawn inert."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from pytest_django.asserts import assertContains

from tests.builders import make_call, make_project, make_submitted, make_user
from tests.office import PASSWORD, office, signed_in
from tests.participants.test_hostile_input import DANGER, PAYLOADS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limits_unused")]

ANONYMOUS = (
    "/accounts/signup/",
    "/accounts/login/",
    "/accounts/login/code/",
    "/accounts/password/reset/",
    "/account/lost-second-factor/",
)
SIGNED_IN = (
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
    "/accounts/2fa/totp/activate/",
    "/declarations/declare/",
    "/declarations/declare/interests/add/",
)
EVERY = 6  # of the payloads is sent in each field alone too
FIELD = re.compile(r'<(?:input|textarea|select|button)[^>]*\sname="([^"]+)"')


def names_of(page: Any) -> list[str]:
    """Return what a page's forms send."""
    return sorted(set(FIELD.findall(page.content.decode())) - {"csrfmiddlewaretoken"})


def sent(names: list[str], payload: str, alone: str) -> tuple[str, str]:
    """Return what a hostile browser sends, and as what: also what is no valid UTF-8."""
    typed = {name: payload for name in names if alone in {name, ""}}
    return urlencode(typed, errors="surrogatepass"), "application/x-www-form-urlencoded"


def assert_inert(client: Client, path: str) -> None:
    """Send each payload in all fields, and some in each alone; whatever comes is a page, and inert."""
    page = client.get(path)
    assert page.status_code == 200, (path, page.headers.get("Location"))
    names = names_of(page)
    assert names, path
    for number, payload in enumerate(PAYLOADS):
        for alone in ("", *(names if number % EVERY == 0 else ())):
            cache.clear()
            answer = client.post(path, *sent(names, payload, alone))
            where = f"{path} {alone or 'all'}: {payload[:30]!r}"
            assert answer.status_code in {200, 302, 409, 413}, where
            assert not DANGER.search(answer.content.decode()), where
            assert not answer.headers.get("Location", "/").startswith(("//", "h", "j")), where


@pytest.mark.parametrize("path", ANONYMOUS)
def test_whoever_is_nobody_breaks_no_page(path: str) -> None:
    assert_inert(Client(raise_request_exception=False), path)


@pytest.mark.parametrize("path", SIGNED_IN)
def test_whoever_is_signed_in_breaks_no_page(path: str) -> None:
    user = make_user("amina@users.example", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    make_submitted(make_project(), user=user, call=make_call())
    assert_inert(signed_in(user, second_factor=False, raise_request_exception=False), path)


def test_a_reason_for_withdrawing_is_kept_literally_and_shown_inert() -> None:
    user, call, project = make_user("amina@users.example"), make_call(), make_project()
    client = signed_in(user, second_factor=False, raise_request_exception=False)
    manager = office()
    for payload in PAYLOADS[::4]:
        sent_form = make_submitted(project, user=user, call=call)
        path = f"/expression-of-interest/submitted/{sent_form}/withdraw/"
        answer = client.post(path, *sent(["reason"], payload, ""))
        assert answer.status_code in {200, 302}, payload[:30]
        assert not DANGER.search(answer.content.decode()), payload[:30]
        if answer.status_code == 200:  # refused in words: withdrawn without a reason
            assertContains(answer, "There is a problem")
            client.post(path, {})
        shown = manager.get(f"/admin/participants/expressionofinterest/{sent_form}/change/")
        assertContains(shown, "Withdrawn by the participant")
        assert not DANGER.search(shown.content.decode()), payload[:30]
