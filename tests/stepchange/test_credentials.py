"""A change of how one signs in is proved afresh, recorded, warned of, and ends other sessions."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.core.cache import cache
from django.test import Client

from communications.accounts import AccountAdapter
from communications.models import Email
from stepchange import clock, codes
from stepchange.models import Event, User
from tests.builders import make_user
from tests.office import PASSWORD, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limits_unused")]

OLD, NEW = "old@users.example", "new@users.example"
CHANGE, CONFIRM = "/accounts/email/", "/accounts/confirm-email/"


def make_account(address: str = OLD, password: str | None = PASSWORD) -> User:
    user = make_user(address, password=password)
    EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    return user


def aged(client: Client, seconds: int = 16 * 60) -> Client:
    """Let what the browser proved be so long ago."""
    session = client.session
    for entry in session["account_authentication_methods"]:
        entry["at"] -= seconds
    session["seen"] = [moment - seconds for moment in session["seen"]]
    session.save()
    return client


def mailed(notice: str) -> Email:
    return Email.objects.get(notice=f"account:{notice}")


def code_of(email: Email) -> str:
    assert isinstance(email.payload, dict)
    return str(email.payload["code"])


def kinds() -> list[str]:
    return [
        kind.rpartition(".")[2]
        for kind in Event.objects.order_by("id").values_list("kind", flat=True)
    ]


def ask(client: Client, address: str) -> Any:
    return client.post(CHANGE, {"action_add": "", "email": address})


# The address ----------------------------------------------------------------------------------------
def test_a_new_address_is_confirmed_the_old_one_warned_and_the_new_one_told():
    user = make_account()
    client = signed_in(user, second_factor=False)
    elsewhere = signed_in(user, second_factor=False)
    assert ask(client, "New@Users.example")["Location"] == CONFIRM
    assert User.objects.get(pk=user.pk).email == OLD  # not before it is confirmed
    code = mailed("email_confirmation")
    assert code.address == NEW
    client.post(CONFIRM, {"code": code_of(code)})
    user.refresh_from_db()
    assert user.email == NEW
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [
        (NEW, True, True)
    ]
    assert mailed("email_changed").address == OLD
    assert mailed("address_is_new").address == NEW
    event = Event.objects.get(kind="stepchange.user.address_changed")
    assert (event.subject_key, event.actor, event.facts, event.personal) == (
        user.record_key,
        user,
        {},
        {},
    )
    assert client.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code in {200, 302}


@pytest.mark.parametrize("verified", [True, False])
def test_an_address_that_has_another_account_is_answered_like_a_free_one(verified):
    make_user("taken@users.example")
    EmailAddress.objects.create(
        user=User.objects.get(email="taken@users.example"),
        email="taken@users.example",
        verified=verified,
        primary=True,
    )
    seen = []
    for address in ("taken@users.example", "free@users.example"):
        cache.clear()
        user = make_account(f"asks-for-{address}")
        client = signed_in(user, second_factor=False)
        asked = ask(client, address)
        page = client.get(CONFIRM).content.decode().replace(address, "ADDRESS")
        page = page.replace(user.email, "MINE")
        wrong = (
            client.post(CONFIRM, {"code": "AAAA-AAAA"}).content.decode().replace(address, "ADDRESS")
        )
        seen.append(
            tuple(
                re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", each)
                for each in (asked["Location"], page, wrong)
            )
        )
    assert seen[0] == seen[1]
    told = dict(Email.objects.values_list("address", "notice"))
    assert told == {
        "taken@users.example": "account:account_already_exists",
        "free@users.example": "account:email_confirmation",
    }


def test_no_code_takes_over_a_taken_address_not_even_the_one_in_the_session():
    make_account("taken@users.example")
    user = make_account()
    client = signed_in(user, second_factor=False)
    ask(client, "taken@users.example")
    code = client.session["account_email_verification_code"]["code"]
    answer = client.post(CONFIRM, {"code": code})
    assert "That code is wrong" in answer.content.decode()
    user.refresh_from_db()
    assert user.email == OLD


def test_an_address_that_is_taken_while_the_code_is_on_its_way_is_not_changed_to():
    user = make_account()
    client = signed_in(user, second_factor=False)
    ask(client, NEW)
    code = code_of(mailed("email_confirmation"))
    make_user(NEW)  # signed up since, and not confirmed: allauth's own check does not see it
    answer = client.post(CONFIRM, {"code": code}, follow=True)
    assert answer.status_code == 200
    user.refresh_from_db()
    assert user.email == OLD
    assert list(EmailAddress.objects.values_list("email", flat=True)) == [OLD]
    assert "address_changed" not in kinds()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (OLD, "You have this address already"),
        ("", "Enter the new email address"),
        ("x" * 300 + "@users.example", "email address"),
        ("a@b\r\nBcc: c@d.example", "email address"),
        ("<script>alert(1)</script>@users.example", "email address"),
    ],
)
def test_a_bad_address_is_told(typed, said):
    client = signed_in(make_account(), second_factor=False)
    answer = ask(client, typed)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert "<script>alert" not in answer.content.decode()
    assert not Email.objects.exists()


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/accounts/signup/", "email"),
        ("/accounts/login/", "login"),
        ("/accounts/login/code/", "email"),
        ("/accounts/password/reset/", "email"),
    ],
)
def test_an_address_longer_than_a_row_holds_is_told_on_every_page(path, field):
    answer = Client().post(path, {field: "x" * 60 + "@" + "y." * 110 + "example"})
    assert answer.status_code == 200
    assert "in the correct format" in answer.content.decode()
    assert not Email.objects.exists()


def test_the_first_address_of_an_account_is_no_change():
    client = Client()
    client.post("/accounts/signup/", {"email": NEW})
    client.post(CONFIRM, {"code": code_of(mailed("email_confirmation_signup"))})
    assert "_auth_user_id" in client.session
    assert "address_changed" not in kinds()
    assert Email.objects.count() == 1


# Proving again who one is ----------------------------------------------------------------------------
PAGES = ("/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/")


@pytest.mark.parametrize("page", PAGES)
def test_right_after_signing_in_nobody_is_asked_again(page):
    make_account()
    client = Client()
    client.post("/accounts/login/", {"login": OLD, "password": PASSWORD})
    assert client.get(page).status_code == 200


def test_right_after_signing_up_nobody_is_asked_again():
    client = Client()
    client.post("/accounts/signup/", {"email": NEW})
    client.post(CONFIRM, {"code": code_of(mailed("email_confirmation_signup"))})
    assert client.get(PAGES[0]).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_after_a_quarter_of_an_hour_the_password_is_asked_for(page):
    client = aged(signed_in(make_account(), second_factor=False))
    asked = client.get(page)
    assert asked["Location"].startswith("/accounts/reauthenticate/?next=")
    client.post(asked["Location"], {"password": PASSWORD})
    assert client.get(page).status_code == 200


def test_who_has_neither_password_nor_factor_is_asked_for_a_code():
    client = aged(signed_in(make_account(password=None), second_factor=False))
    asked = client.get(PAGES[0])
    assert asked["Location"].startswith("/accounts/reauthenticate/code/?next=")
    assert not Email.objects.exists()  # a page that is merely opened sends nothing
    client.post(asked["Location"], {"send": "yes"})
    code = code_of(mailed("access_code"))
    wrong = client.post(asked["Location"], {"code": "AAAA-AAAA"})
    assert "That code is wrong" in wrong.content.decode()
    right = client.post(asked["Location"], {"code": code})
    assert right["Location"] == PAGES[0]
    assert client.get(PAGES[0]).status_code == 200
    # Once, and for these 15 minutes.
    aged(client)
    assert client.post(asked["Location"], {"code": code}).status_code == 200
    assert client.get(PAGES[0]).status_code == 302


BY_CODE = "/accounts/reauthenticate/code/?next=/account/"


def sent_code() -> tuple[Client, str]:
    client = aged(signed_in(make_account(password=None), second_factor=False))
    client.post(BY_CODE, {"send": "yes"})
    return client, code_of(Email.objects.filter(notice="account:access_code").latest("id"))


def test_such_a_code_is_not_in_the_session():
    client, code = sent_code()
    kept = str(dict(client.session))
    assert code not in kept
    assert code.replace("-", "") not in kept


def test_such_a_code_takes_three_tries_which_a_session_written_anew_does_not_give_back():
    client, code = sent_code()
    kept = client.session["confirm_by_code"]
    for _ in range(3):
        client.post(BY_CODE, {"code": "AAAA-AAAA"})
        session = client.session  # as the last of two requests at once leaves it
        session["confirm_by_code"] = kept
        session.save()
    spent = client.post(BY_CODE, {"code": code})
    assert spent.status_code == 200
    page = spent.content.decode()
    assert "one try too many" in page
    assert "Email me a code" in page  # the first button again: no field for a code that is spent
    assert "confirm_by_code" not in client.session


def test_such_a_code_takes_its_third_try():
    client, code = sent_code()
    for _ in range(2):
        client.post(BY_CODE, {"code": "AAAA-AAAA"})
    assert client.post(BY_CODE, {"code": f" {code.lower()} "})["Location"] == "/account/"


@pytest.mark.parametrize(
    ("late", "is_taken"), [(timedelta(seconds=-1), True), (timedelta(), False)]
)
def test_such_a_code_lasts_a_quarter_of_an_hour(late: timedelta, is_taken: bool):
    with time_machine.travel(clock.now(), tick=False) as travel:
        client, code = sent_code()
        travel.shift(codes.LASTS + late)
        assert (client.post(BY_CODE, {"code": code}).status_code == 302) is is_taken


@pytest.mark.parametrize(
    "kept", [{"code": "AAAA-BBBB", "at": 0, "failed": 0}, {}, {"code": "AAAA-BBBB", "until": 9e12}]
)
def test_a_code_kept_by_an_earlier_release_is_spent(kept: dict[str, Any]):
    client, _code = sent_code()
    session = client.session
    session["confirm_by_code"] = kept
    session.save()
    answer = client.post(BY_CODE, {"code": "AAAA-BBBB"})
    assert answer.status_code == 200
    assert "confirm_by_code" not in client.session


def test_no_code_was_sent_and_one_is_typed():
    client = aged(signed_in(make_account(password=None), second_factor=False))
    assert client.post(BY_CODE, {"code": "AAAA-BBBB"}).status_code == 200
    assert client.post(BY_CODE, {"code": "x" * 10_000}).status_code == 200


def test_every_emailed_code_lasts_equally_long(settings):
    for flow in ("EMAIL_VERIFICATION_BY_CODE", "LOGIN_BY_CODE", "PASSWORD_RESET_BY_CODE"):
        assert getattr(settings, f"ACCOUNT_{flow}_TIMEOUT") == codes.LASTS.total_seconds()


def test_such_codes_are_limited_too():
    client = aged(signed_in(make_account(password=None), second_factor=False))
    path = "/accounts/reauthenticate/code/?next=/account/"
    pages = [client.post(path, {"send": "yes"}).content.decode() for _ in range(6)]
    assert ["several codes" in page for page in pages] == [False] * 5 + [True]
    assert Email.objects.count() == 5


# Second factors --------------------------------------------------------------------------------------
def now_shown(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_setting_up_an_app_is_recorded_warned_of_and_its_codes_shown_once(
    django_capture_on_commit_callbacks,
):
    user = make_account()
    client = signed_in(user, second_factor=False)
    client.get(PAGES[0])
    secret = client.session["mfa.totp.secret"]
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(PAGES[0], {"code": now_shown(secret)})
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    assert mailed("totp_activated").address == OLD
    assert set(kinds()) == {"second_factor_added", "recovery_codes_made"}

    page = client.get(answer["Location"]).content.decode()
    assert "sc-secret" not in page
    recovery = RecoveryCodes(Authenticator.objects.get(user=user, type="recovery_codes"))
    first = recovery.get_unused_codes()[0]
    shown = client.post(answer["Location"]).content.decode()
    assert shown.count(first) == 2  # to read, and in the file to save
    again = client.post(answer["Location"]).content.decode()
    assert first not in again
    assert first not in client.get(answer["Location"]).content.decode()
    assert client.get("/accounts/2fa/recovery-codes/download/").status_code == 404


def test_a_used_recovery_code_is_warned_of_and_few_left_are_told():
    user = make_account()
    TOTP.activate(user, generate_totp_secret())
    codes = RecoveryCodes.activate(user)
    unused = codes.get_unused_codes()
    for code in unused[:6]:
        codes.validate_code(code)
    client = Client()
    client.post("/accounts/login/", {"login": OLD, "password": PASSWORD})
    client.post("/accounts/2fa/authenticate/", {"code": unused[6]})
    assert "_auth_user_id" in client.session
    email = mailed("recovery_code_used")
    assert email.payload == {"left": "3", "low": "1"}
    assert "You have 3 recovery codes left" in client.get("/accounts/2fa/").content.decode()
    assert kinds() == ["recovery_code_used"]


def test_making_new_codes_is_recorded_and_warned_of(django_capture_on_commit_callbacks):
    user = make_account()
    TOTP.activate(user, generate_totp_secret())
    client = signed_in(user)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/2fa/recovery-codes/generate/")
    assert mailed("recovery_codes_generated").address == OLD
    assert "recovery_codes_made" in kinds()


def test_taking_the_app_down_ends_other_sessions():
    user = make_account()
    TOTP.activate(user, generate_totp_secret())
    client = signed_in(user)
    assert client.get("/accounts/2fa/totp/deactivate/").status_code == 200
    assert Authenticator.objects.filter(user=user).exists()
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=user).exists()
    assert mailed("totp_deactivated").address == OLD
    assert kinds() == ["second_factor_removed"]


def test_no_event_holds_an_address_or_a_name():
    test_a_new_address_is_confirmed_the_old_one_warned_and_the_new_one_told()
    for event in Event.objects.all():
        assert "@" not in str(event.facts) + str(event.personal) + event.subject_key


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/accounts/login/", "login"),
        ("/accounts/login/", "password"),
        ("/accounts/login/code/", "email"),
        ("/accounts/signup/", "email"),
        ("/accounts/password/reset/", "email"),
    ],
)
def test_characters_that_no_database_holds_are_refused_in_our_words(client, path, field):
    typed = {"login": "ada@users.example", "password": "x"} if path.endswith("login/") else {}
    page = client.post(path, typed | {field: "a\0b"}).content.decode()
    assert "Remove the characters that can" in page
    assert "Null characters" not in page


def test_a_page_for_a_code_says_once_what_is_wrong():
    client = signed_in(make_account(), second_factor=False)
    ask(client, NEW)
    page = client.post(CONFIRM, {"code": "AAAA-AAAA"}).content.decode()
    assert page.count('class="govuk-error-summary"') == 1
    browser = Client()
    browser.post("/accounts/login/", {"login": OLD, "password": ""})
    page = browser.post("/accounts/login/code/confirm/", {"code": "AAAA-AAAA"}).content.decode()
    assert page.count('class="govuk-error-summary"') == 1


def test_a_password_set_outside_a_request_is_recorded_and_remembers_nothing():
    user = make_account()
    AccountAdapter().set_password(user, "three random words again")
    assert kinds() == ["password_changed"]
    assert User.objects.get(pk=user.pk).check_password("three random words again")
