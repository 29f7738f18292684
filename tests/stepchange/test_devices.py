"""A sign-in on a new device is recorded and told by mail; a device that is known says nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import signing
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.test import Client

from communications import workflow as ledger
from communications.models import Email
from participants.workflow import invitations
from stepchange import clock, credentials, devices
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.session_store import SessionStore
from tests.builders import make_invitation, make_user
from tests.office import PASSWORD, make_holder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limits_unused")]

LOGIN, NOTICE = "/accounts/login/", "account:new_device"


def make_account(address: str = "ada@users.example", *, is_new: bool = False) -> User:
    before = None if is_new else clock.now() - timedelta(days=90)
    user = make_user(address, password=PASSWORD, last_login=before)
    EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    return user


@pytest.fixture
def user() -> User:
    return make_account()


def enter(client: Client | None = None, address: str = "ada@users.example") -> Client:
    """Sign in by password, in a new browser or one that has been here."""
    cache.clear()
    client = client or Client()
    client.cookies.pop("sessionid", None)
    assert client.post(LOGIN, {"login": address, "password": PASSWORD}).status_code == 302
    return client


def told() -> list[str]:
    return list(
        Email.objects.filter(notice=NOTICE).order_by("id").values_list("address", flat=True)
    )


def test_a_new_device_is_told_of_once_and_recorded_without_a_word_of_it(user):
    client = enter()
    assert told() == [user.email]
    event = Event.objects.get(kind=credentials.NEW_DEVICE)
    assert (event.subject_key, event.actor, event.facts, event.personal) == (
        user.record_key,
        user,
        {},
        {},
    )
    enter(client)
    assert told() == [user.email]
    enter()
    assert told() == [user.email] * 2


def test_the_first_sign_in_of_an_account_is_on_no_new_device_and_is_remembered():
    make_account(is_new=True)
    client = enter()
    enter(client)
    assert told() == []
    enter()
    assert len(told()) == 1


def test_the_cookie_is_for_signing_in_alone_and_names_nobody(user):
    cookie = enter().cookies[devices.COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (
        "/accounts/",
        True,
        "Lax",
        365 * 24 * 3600,
    )
    (mark,) = signing.loads(cookie.value, salt="stepchange.devices")
    for named in (user.email, user.public_id.hex, str(user.public_id)):
        assert named not in mark
    assert devices.COOKIE not in Client().get(LOGIN).cookies
    wrong = Client().post(LOGIN, {"login": user.email, "password": "wrong"})
    assert devices.COOKIE not in wrong.cookies


@pytest.mark.parametrize("days", [364, 366])
def test_a_device_is_known_for_a_year(user, days: int):
    client = enter()
    with time_machine.travel(clock.now() + timedelta(days=days)):
        enter(client)
    assert len(told()) == (1 if days < 365 else 2)


@pytest.mark.parametrize("forged", ["", "x", "{}", "a:b:c", "\\x00", "9" * 4000])
def test_a_cookie_that_is_not_ours_makes_nothing_known_and_breaks_nothing(user, forged: str):
    client = Client()
    client.cookies[devices.COOKIE] = forged
    enter(client)
    assert len(told()) == 1


def test_anothers_cookie_makes_nothing_known_and_several_share_a_browser(user):
    other = make_account("ben@users.example")
    client = enter()
    enter(client, other.email)
    assert told() == [user.email, other.email]
    enter(client)
    enter(client, other.email)
    assert len(told()) == 2


def test_a_browser_keeps_the_accounts_last_signed_in_to(user, rf):
    request = rf.get(devices.PATH)
    for number in range(devices.MOST_ACCOUNTS + 2):
        devices.remember(request, make_user(f"p{number}@users.example"))
        request.COOKIES[devices.COOKIE] = signing.dumps(
            request.device_marks, salt="stepchange.devices"
        )
    assert len(request.device_marks) == devices.MOST_ACCOUNTS


def test_a_sign_in_whose_warning_cannot_be_written_leaves_the_device_new(user, monkeypatch):
    def cannot(*_given: object, **_named: object) -> None:
        raise DatabaseError

    cache.clear()
    client = Client(raise_request_exception=False)
    with monkeypatch.context() as broken:
        broken.setattr(credentials, "record", cannot)
        failed = client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    assert (failed.status_code, devices.COOKIE in failed.cookies) == (500, False)

    enter(client)
    assert told() == [user.email]


def test_the_device_is_remembered_after_the_warning_is_written(user, rf, monkeypatch):
    def cannot(*_given: object, **_named: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(credentials, "record", cannot)
    request = rf.get(devices.PATH)
    with pytest.raises(DatabaseError):
        credentials.signed_in(request, user, is_new_device=True)
    assert not hasattr(request, "device_marks")


@pytest.mark.parametrize(
    ("status", "is_set"), [(200, True), (302, True), (500, False), (503, False)]
)
def test_an_answer_that_failed_has_the_browser_remember_nothing(user, rf, status, is_set):
    def answers(request: HttpRequest) -> HttpResponse:
        devices.remember(request, user)
        return HttpResponse(status=status)

    request = rf.get(devices.PATH)
    request.session = SessionStore()
    answer = devices.RemembersDevices(answers)(request)
    assert (devices.COOKIE in answer.cookies) is is_set


class Browser(Client):
    """Sends the cookie where a browser does: under its path."""

    def request(self, **request: Any) -> Any:
        if not request["PATH_INFO"].startswith(devices.PATH):
            sent = [each for each in self.cookies.values() if each.key != devices.COOKIE]
            request["HTTP_COOKIE"] = "; ".join(f"{each.key}={each.value}" for each in sent)
        return super().request(**request)


@pytest.mark.parametrize("then", ["/accounts/2fa/totp/activate/", "/accounts/logout/"])
def test_taking_up_an_invitation_on_a_shared_browser_makes_nobody_else_new(user, then: str):
    manager = make_holder(Role.OFFICE_MANAGER)
    invited = make_invitation(by=manager, email="desmond@public.example")
    browser = Browser()
    enter(browser)
    before = told()
    del browser.cookies["sessionid"]

    browser.get(f"/invitation/{invitations.mint_link(invited)}/")
    answer = browser.post("/invitation/")
    desmond = User.objects.get(email="desmond@public.example")
    assert browser.session["_auth_user_id"] == str(desmond.pk)
    assert devices.COOKIE not in answer.cookies
    browser.get(then)
    desmond.set_password(PASSWORD)
    desmond.save()

    enter(browser)
    enter(browser, desmond.email)
    assert told() == before


def test_a_device_stays_known_when_the_secret_key_is_replaced(user, settings):
    client = enter()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one, that signs from now on"
    enter(client)
    assert len(told()) == 1
    settings.SECRET_KEY_FALLBACKS = []
    enter(client)
    assert len(told()) == 1
    assert len(signing.loads(client.cookies[devices.COOKIE].value, salt="stepchange.devices")) == 1


@pytest.mark.parametrize("change", ["sessions ended", "password changed"])
def test_whoever_was_thrown_out_is_new_again_and_who_did_it_is_not(user, change: str):
    intruder, mine = enter(), enter()
    assert len(told()) == 2
    if change == "sessions ended":
        mine.post("/accounts/sessions/end/")
    else:
        mine.post(
            "/accounts/password/change/",
            {"oldpassword": PASSWORD, "password1": PASSWORD + "s", "password2": PASSWORD + "s"},
        )
        user.refresh_from_db()
        user.set_password(PASSWORD)  # as before, so that both can try
        user.save()
    assert Event.objects.filter(kind__in=credentials.THROWS_OUT).count() == 1
    enter(mine)
    assert len(told()) == 2
    enter(intruder)
    assert len(told()) == 3


@pytest.mark.parametrize("known", [True, False])
def test_a_password_reset_where_one_is_known_leaves_one_known(user, known: bool):
    client = enter() if known else Client()
    before = len(told())
    client.post("/accounts/logout/")
    asked = client.post("/accounts/password/reset/", {"email": user.email})
    payload = Email.objects.get(notice="account:password_reset_code").payload
    assert isinstance(payload, dict)
    page = client.post(asked["Location"], {"code": payload["code"]})
    client.post(page["Location"], {"password1": PASSWORD + "s", "password2": PASSWORD + "s"})
    assert Event.objects.filter(kind=credentials.PASSWORD_CHANGED).exists()
    client.post(LOGIN, {"login": user.email, "password": PASSWORD + "s"})
    assert len(told()) - before == (0 if known else 1)


def test_the_mail_says_what_to_do_and_names_neither_device_nor_network(user, mailoutbox):
    Client(headers={"user-agent": "Chrome/140 (Windows)"}, REMOTE_ADDR="203.0.113.77").post(
        LOGIN, {"login": user.email, "password": PASSWORD}
    )
    ledger.sweep()

    (letter,) = mailoutbox
    assert letter.subject == "Somebody signed in to your account on a new device"
    text = " ".join(str(letter.body).split())
    for words in (
        "sign out everywhere else, change your password",
        "If you did this, you do not need to do anything.",
        "/accounts/sessions/",
        "How to check that this email is genuine",
        "You get this because it is about how you sign in to your account.",
    ):
        assert words in text
    for words in ("203.0", "Chrome", "Windows", user.email):
        assert words not in text
