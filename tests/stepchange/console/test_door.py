"""Who comes into the console, and where everybody else is sent."""

from http import HTTPStatus

import pytest
from django.conf import settings
from django.test import Client

from stepchange.roles import Role
from tests.builders import make_user
from tests.office import make_holder, office, signed_in
from tests.stepchange.console.rows import CALLS, INDEX, where

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", [INDEX, CALLS, CALLS + "no-such/change/", "/admin/no/such/page/", "/admin/jsi18n/"]
)
def test_who_is_not_signed_in_is_sent_to_the_log_in_page_whatever_there_is(path):
    assert where(Client().get(path)) == ("/accounts/login/", path)


@pytest.mark.parametrize("path", [INDEX, CALLS, "/admin/no/such/page/", "/admin/login/"])
@pytest.mark.parametrize("is_posted", [False, True])
def test_a_stranger_signed_in_finds_nothing(path, is_posted):
    client = signed_in(make_user())
    response = client.post(path) if is_posted else client.get(path)

    assert response.status_code == HTTPStatus.NOT_FOUND


def test_a_co_chair_finds_nothing_even_behind_a_second_factor():
    assert signed_in(make_holder(Role.CO_CHAIR)).get(INDEX).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("path", [INDEX, CALLS, "/admin/login/"])
def test_office_staff_without_a_second_factor_are_sent_to_set_one_up(path):
    client = signed_in(make_holder(Role.OFFICE_MANAGER), second_factor=False)

    assert where(client.get(path)) == ("/accounts/2fa/totp/activate/", path)


def test_the_console_asks_for_the_second_factor_itself_too(settings):
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if not name.endswith("middleware.SecondFactor")
    ]
    client = signed_in(make_holder(Role.OFFICE_MANAGER), second_factor=False)

    assert where(client.get(CALLS)) == ("/accounts/2fa/totp/activate/", CALLS)


def test_office_staff_with_a_second_factor_come_in():
    assert office().get(INDEX).status_code == HTTPStatus.OK


def test_losing_the_role_acts_on_the_next_click():
    user = make_holder(Role.OFFICE_MANAGER)
    client = signed_in(user)
    assert client.get(CALLS).status_code == HTTPStatus.OK

    user.groups.clear()
    assert client.get(CALLS).status_code == HTTPStatus.NOT_FOUND
    type(user).objects.filter(pk=user.pk).update(is_staff=False)
    assert client.get(INDEX).status_code == HTTPStatus.NOT_FOUND
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert where(client.get(INDEX)) == ("/accounts/login/", INDEX)


def test_idle_for_a_quarter_of_an_hour_one_signs_in_again(time_machine):
    time_machine.move_to("2026-11-23T10:00:00Z", tick=False)
    client = office()
    assert client.get(CALLS).status_code == HTTPStatus.OK

    time_machine.shift(settings.SESSION_IDLE_SECONDS_OFFICE + 1)
    assert where(client.get(CALLS)) == ("/accounts/login/", CALLS)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.example/admin/",
        "//elsewhere.example/",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        "http:///elsewhere.example",
        "https://127.0.0.1.elsewhere.example/",
        "",
    ],
)
def test_sign_in_never_leads_off_the_site(wanted):
    path = f"/admin/login/?{'next=' + wanted if wanted else ''}"

    assert where(Client().get(path)) == ("/accounts/login/", INDEX)
    assert where(office().get(path)) == (INDEX, "")


def test_sign_in_leads_back_to_the_page_that_was_wanted():
    path = f"/admin/login/?next={CALLS}?state__exact=draft"

    assert where(Client().get(path)) == ("/accounts/login/", f"{CALLS}?state__exact=draft")
    assert where(office().get(path))[0] == CALLS


def test_there_is_no_password_page_of_its_own():
    assert where(office().get("/admin/password_change/")) == ("/accounts/password/change/", "")
    assert Client().post("/admin/login/", {"username": "a", "password": "b"}).status_code == 302
