"""Account mail takes the ledger's road, keeps its codes, and tells nobody who has an account."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from pathlib import Path

import allauth
import pytest
import time_machine
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from django.db import connection
from django.test import RequestFactory

from communications import workflow
from communications.models import Email
from communications.notices import NOTICES, account_notice_name
from stepchange import clock, tries
from stepchange.models import User
from tests.communications.cast import put
from tests.communications.sink import SILENCE, Sink

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limits_unused")]


def text_of(letter) -> str:
    return str(letter.get_body(preferencelist=("plain",)).get_content()).replace("\r\n", "\n")


def code_in(letter) -> str:
    found = re.search(r"^ {4}(\S+)$", text_of(letter), re.MULTILINE)
    assert found
    return found[1]


def stored(column: str) -> list[object]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM communications_email")  # noqa: S608 - our own words
        return [row[0] for row in cursor.fetchall()]


def test_signing_up_with_the_mailed_code_opens_an_account(client, sink: Sink):
    client.post("/accounts/signup/", {"email": "new@users.example"})
    assert Email.objects.get().state == "queued"
    assert sink.letters == []
    workflow.sweep()
    client.post("/accounts/confirm-email/", {"code": code_in(sink.letters[0])})
    assert client.session["_auth_user_id"] == str(User.objects.get(email="new@users.example").pk)


def test_a_new_account_is_told_that_it_is_ready_and_a_new_address_that_it_signs_in(
    client, sink: Sink
):
    client.post("/accounts/signup/", {"email": "new@users.example"})
    workflow.sweep()
    client.post("/accounts/confirm-email/", {"code": code_in(sink.letters[-1])})
    page = client.get("/account/").content.decode()
    assert "Your account is ready." in page
    assert "You now sign in with" not in page

    client.post("/accounts/email/", {"action_add": "", "email": "newer@users.example"})
    workflow.sweep()
    client.post("/accounts/confirm-email/", {"code": code_in(sink.letters[-1])})
    page = client.get("/account/").content.decode()
    assert "You now sign in with newer@users.example." in page


RESEND = {"action": "resend"}
ASKED = {
    "/accounts/signup/": "/accounts/confirm-email/",
    "/accounts/login/code/": "/accounts/login/code/confirm/",
    "/accounts/password/reset/": "/accounts/password/reset/confirm/",
}


def ask_for_code(client, path: str) -> None:
    if path != "/accounts/signup/":
        known = User.objects.create_user("new@users.example")
        EmailAddress.objects.create(user=known, email=known.email, verified=True, primary=True)
    client.post(path, {"email": "new@users.example"})


@pytest.mark.parametrize("path", ASKED)
def test_a_newer_code_spends_the_older_and_has_its_own_time_and_tries(
    client, sink: Sink, path: str
):
    with time_machine.travel(clock.now(), tick=False) as moved:
        ask_for_code(client, path)
        workflow.sweep()
        for _try in range(2):
            assert client.post(ASKED[path], {"code": "AAAA-AAAA"}).status_code == 200
        moved.shift(timedelta(minutes=14))
        answer = client.post(ASKED[path], RESEND, follow=True)
        assert "We have sent a new code to new@users.example." in answer.content.decode()
        assert "for 15 minutes" in answer.content.decode()
        workflow.sweep()
        older, newer = (code_in(letter) for letter in sink.letters)
        moved.shift(timedelta(minutes=14))
        assert client.post(ASKED[path], {"code": older}).status_code == 200
        assert client.post(ASKED[path], {"code": newer}).status_code == 302
        assert path == "/accounts/password/reset/" or "_auth_user_id" in client.session


@pytest.mark.parametrize("path", ASKED)
def test_newer_codes_count_like_the_first(client, path: str):
    ask_for_code(client, path)
    for _time in range(tries.CODES_HERE.times + 3):
        answer = client.post(ASKED[path], RESEND, follow=True)
    assert "several codes in the last hour" in answer.content.decode()
    assert Email.objects.filter(address="new@users.example").count() == tries.CODES_HERE.times


def test_a_newer_code_for_a_new_address_spends_the_older(client, sink: Sink):
    user = User.objects.create_user("old@users.example")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client.post("/accounts/login/code/", {"email": user.email})
    workflow.sweep()
    client.post("/accounts/login/code/confirm/", {"code": code_in(sink.letters[-1])})
    client.post("/accounts/email/", {"action_add": "", "email": "newer@users.example"})
    workflow.sweep()
    client.post("/accounts/confirm-email/", RESEND)
    workflow.sweep()
    older, newer = (
        code_in(letter) for letter in sink.letters if letter["To"] == "newer@users.example"
    )
    assert client.post("/accounts/confirm-email/", {"code": older}).status_code == 200
    assert client.post("/accounts/confirm-email/", {"code": newer}).status_code == 302
    user.refresh_from_db()
    assert user.email == "newer@users.example"


@pytest.mark.parametrize("path", ASKED)
def test_from_the_code_one_goes_back_to_type_another_address(client, path: str):
    client.post(f"{path}?next=/projects/", {"email": "mistyped@users.example"})
    page = client.get(f"{ASKED[path]}?next=/projects/").content.decode()
    (start,) = re.findall(r'form="leave" name="next" value="([^"]+)"[^>]*>Use another', page)
    answer = client.post("/accounts/logout/", {"next": html.unescape(start)}, follow=True)
    assert [chain for chain, _status in answer.redirect_chain] == [html.unescape(start)]
    assert "next=" in start
    assert 'type="email"' in answer.content.decode()


def test_a_code_rests_encrypted_and_is_gone_once_sent(client, sink: Sink):
    client.post("/accounts/signup/", {"email": "new@users.example"})
    (waiting,) = stored("payload")
    assert waiting
    workflow.sweep()
    code = code_in(sink.letters[0])
    assert code not in str(waiting)
    assert stored("payload") == [None]
    for column in ("heading", "why", "subject_key", "occurrence", "recipient_key"):
        assert code not in str(stored(column))


def test_a_code_that_can_never_be_sent_is_gone_too(client, sink: Sink):
    sink.at_recipient = "550 Nobody here"
    client.post("/accounts/signup/", {"email": "new@users.example"})
    workflow.sweep()
    assert Email.objects.get().state == "failed"
    assert stored("payload") == [None]


def test_the_ledger_knows_the_recipient_by_no_readable_key(client):
    client.post("/accounts/signup/", {"email": "new@users.example"})
    client.post("/accounts/login/code/", {"email": "NEW@users.example"})
    keys = set(Email.objects.values_list("recipient_key", flat=True))
    assert len(keys) == 1
    assert re.fullmatch(r"address:[0-9a-f]{32}", keys.pop())


@pytest.mark.parametrize(
    ("path", "to_known", "to_unknown"),
    [
        (
            "/accounts/signup/",
            "account:account_already_exists",
            "account:email_confirmation_signup",
        ),
        ("/accounts/login/code/", "account:login_code", "account:unknown_account"),
        ("/accounts/password/reset/", "account:password_reset_code", "account:unknown_account"),
    ],
)
def test_known_and_unknown_addresses_are_answered_alike(
    client, django_assert_max_num_queries, path: str, to_known: str, to_unknown: str
):
    """Only the mail, which the address's owner alone reads, says which it was (law 8)."""
    known = User.objects.create_user("known@users.example")
    EmailAddress.objects.create(user=known, email=known.email, verified=True, primary=True)
    answers = []
    for address in ("known@users.example", "other@users.example"):
        client.cookies.clear()
        response = client.post(path, {"email": address})
        following = client.get(response["Location"])
        body = re.sub(
            r'name="csrfmiddlewaretoken" value="[^"]+"', "", following.content.decode()
        ).replace(address, "ADDRESS")
        answers.append((response.status_code, response["Location"], following.status_code, body))
    assert answers[0] == answers[1]
    assert list(Email.objects.order_by("id").values_list("notice", "address")) == [
        (to_known, "known@users.example"),
        (to_unknown, "other@users.example"),
    ]


def test_links_come_from_the_public_address_not_from_the_host_header(client, sink: Sink, settings):
    settings.ALLOWED_HOSTS = ["evil.example", "127.0.0.1"]
    client.post(
        "/accounts/login/code/", {"email": "x@users.example"}, headers={"host": "evil.example"}
    )
    workflow.sweep()
    assert "evil.example" not in sink.letters[0].as_string()
    assert f"{settings.PUBLIC_URL}/accounts/signup/" in text_of(sink.letters[0])


def test_a_code_that_ran_out_is_not_sent(client, sink: Sink):
    client.post("/accounts/signup/", {"email": "new@users.example"})
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        workflow.sweep()
    email = Email.objects.get()
    assert (email.state, email.payload, sink.letters) == ("suppressed", None, [])


def test_of_two_codes_only_the_newer_is_sent(client, sink: Sink):
    User.objects.create_user("known@users.example")
    for _ in range(2):
        client.cookies.clear()
        client.post("/accounts/login/code/", {"email": "known@users.example"})
    workflow.sweep()
    assert list(Email.objects.order_by("id").values_list("state", flat=True)) == [
        "suppressed",
        "sent",
    ]


def test_security_mail_in_doubt_goes_again_by_itself_twice_at_most(client, sink: Sink):
    sink.at_dot = SILENCE
    client.post("/accounts/signup/", {"email": "new@users.example"})
    start = clock.now()
    states = []
    for minutes in (0, 2, 5, 9):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            workflow.sweep()
            states.append(Email.objects.get().state)
    assert states == ["queued", "queued", "uncertain", "uncertain"]
    assert len({letter["Message-ID"] for letter in sink.letters}) == 1
    assert len(sink.letters) == 3


def test_security_mail_that_a_dead_worker_was_sending_goes_again(client, sink: Sink):
    client.post("/accounts/signup/", {"email": "new@users.example"})
    (email,) = workflow.claim_due(1)
    put(email, "sending")
    with time_machine.travel(clock.now() + workflow.SENDING_LASTS + timedelta(seconds=1)):
        workflow.sweep()
    with time_machine.travel(clock.now() + workflow.SENDING_LASTS + timedelta(minutes=2)):
        workflow.sweep()
    assert (Email.objects.get().state, len(sink.letters)) == ("sent", 1)


def test_every_mail_that_allauth_can_send_is_a_notice():
    """Links to keys gave way to codes; what allauth has no mail for is ours."""
    unused = {"password_reset_key"}
    ours = {
        "access_code",
        "address_is_new",
        "new_device",
        "recovery_code_used",
        "second_factor_lost_code",
        "sessions_ended",
    }
    folder = Path(allauth.__file__).parent / "templates"
    sent = {
        path.name.removesuffix("_subject.txt")
        for app in ("account", "mfa")
        for path in (folder / app / "email").glob("*_subject.txt")
    }
    assert {account_notice_name(name) for name in sent - unused | ours} == {
        name for name in NOTICES if name.startswith("account:")
    }


def test_tries_are_counted_by_the_address_that_the_proxies_middleware_left():
    request = RequestFactory().post("/", REMOTE_ADDR="203.0.113.7", HTTP_X_FORWARDED_FOR="6.6.6.6")
    assert get_adapter().get_client_ip(request) == "203.0.113.7"


def test_tries_from_one_address_run_out_whatever_it_claims_to_be(client):
    answers = []
    for number in range(22):
        client.cookies.clear()
        response = client.post(
            "/accounts/login/code/",
            {"email": f"x{number}@users.example"},
            REMOTE_ADDR="203.0.113.7",
            HTTP_X_FORWARDED_FOR=f"198.51.100.{number}",
        )
        answers.append(response.status_code)
    assert answers == [302] * 20 + [200] * 2  # then the form says to wait
    assert Email.objects.count() == 20


def test_the_second_factors_secret_rests_encrypted_under_the_portals_name():
    adapter = get_mfa_adapter()
    secret = "JBSWY3DPEHPK3PXP"
    kept = adapter.encrypt(secret)
    assert secret not in kept
    assert adapter.decrypt(kept) == secret
    assert adapter.get_totp_issuer() == "Step-Change"
