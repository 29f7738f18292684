"""A lost second factor: two others of the office, the owner told of each step and able to stop it."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertRedirects

from communications import workflow as ledger
from communications.models import Email
from participants import tasks
from participants.models import SecondFactorReset
from participants.workflow import resets
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Overtaken, Refused
from tests.builders import make_user
from tests.office import PASSWORD, grown_old, make_holder, seen, signed_in
from tests.reading import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limits_unused")]

ASK = "/account/lost-second-factor/"
CODE = f"{ASK}code/"
LIST = "/admin/participants/secondfactorreset/"
HOW = "Called the switchboard of Ostrelle Bank, from its website."


@pytest.fixture
def user() -> User:
    # A high number: allauth writes it in another base where a sign-in waits for its second step.
    user = make_holder(Role.BOARD, pk=4021, email="desmond@public.example", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    TOTP.activate(user, generate_totp_secret())
    return user


@pytest.fixture
def reset(user) -> SecondFactorReset:
    return resets.ask(user)


@pytest.fixture
def first() -> User:
    return make_holder(Role.OFFICE_MANAGER)


@pytest.fixture
def second() -> User:
    return make_holder(Role.CASEWORKER)


def vouched(reset: SecondFactorReset, by: User) -> SecondFactorReset:
    resets.vouch(reset, how=HOW, by=by, reason="Their phone was stolen")
    return reset


def mailed_code() -> str:
    ledger.sweep()
    found = re.search(r"^ {4}(\S+)$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found
    return found[1]


def test_a_code_kept_by_an_earlier_release_is_spent(client, user):
    client.post(ASK, {"email": user.email})
    session = client.session
    kept = session["lost_second_factor"]
    session["lost_second_factor"] = {name: kept[name] for name in ("user", "code", "until")}
    session.save()

    answer = client.post(CODE, {"code": mailed_code()}, follow=True)

    assertRedirects(answer, ASK)
    assert "Ask for a new code" in answer.content.decode()
    assert "lost_second_factor" not in client.session


# Asking -----------------------------------------------------------------------------------------------
def test_who_proves_the_address_asks_the_office(client, user):
    assertRedirects(client.post(ASK, {"email": "Desmond@public.example"}), CODE)
    code = mailed_code()
    answer = client.post(CODE, {"code": code.lower().replace("-", " ")}, follow=True)

    assert read(answer).says("The office has been asked")
    reset = SecondFactorReset.objects.get()
    assert (reset.user, reset.state) == (user, "asked")
    assert Authenticator.objects.filter(user=user).exists()
    assertRedirects(client.post(CODE, {"code": code}), ASK)  # the code was good once


def test_known_and_unknown_answer_alike(user):
    answers = []
    for address in (user.email, "nobody@public.example"):
        client = Client()
        with CaptureQueriesContext(connection) as asked:
            response = client.post(ASK, {"email": address})
        page = client.get(CODE)
        wrong = client.post(CODE, {"code": "WRNG-CODE"})
        answers.append(
            (
                response.status_code,
                response.headers["Location"],
                [query["sql"].split(" ")[0] for query in asked],
                *(_without_token(each) for each in (page, wrong)),
            )
        )
    assert answers[0] == answers[1]
    assert set(Email.objects.values_list("notice", flat=True)) == {
        "account:second_factor_lost_code",
        "account:unknown_account",
    }


def _without_token(response: Any) -> tuple[int, str]:
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    return response.status_code, body


def test_neither_code_nor_its_fingerprint_by_itself_rests_readable(client, user):
    client.post(ASK, {"email": user.email})
    kept = str(client.session["lost_second_factor"])
    code = mailed_code()

    assert code not in kept
    assert code.replace("-", "") not in kept
    assert code not in str([*Email.objects.values(), *Event.objects.values()])


def test_a_code_is_good_for_15_minutes_and_five_tries(client, user):
    client.post(ASK, {"email": user.email})
    code = mailed_code()
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1)):
        assert read(client.post(CODE, {"code": code})).says("That code is wrong, or too old")
    for _ in range(4):
        client.post(CODE, {"code": "WRNG-CODE"})
    assertRedirects(client.post(CODE, {"code": "WRNG-CODE"}), ASK)
    assertRedirects(client.post(CODE, {"code": code}), ASK)
    assert not SecondFactorReset.objects.exists()


def test_a_code_works_only_where_it_was_asked_for(client, user):
    client.post(ASK, {"email": user.email})
    code = mailed_code()

    assertRedirects(Client().post(CODE, {"code": code}), ASK)


def test_one_address_is_sent_five_codes_an_hour_from_one_network_and_its_owner_is_not_shut_out(
    user,
):
    def ask(address: str) -> int:
        return Client().post(ASK, {"email": user.email}, REMOTE_ADDR=address).status_code

    one_network = [ask(f"2001:db8::{number}") for number in range(1, 7)]

    assert one_network == [302] * 5 + [429]
    assert Email.objects.count() == 5
    assert ask("2001:db8:0:1::1") == 302


def test_without_a_second_factor_there_is_nothing_to_remove(client):
    plain = make_user("plain@users.example")
    EmailAddress.objects.create(user=plain, email=plain.email, verified=True, primary=True)
    client.post(ASK, {"email": plain.email})
    page = read(client.post(CODE, {"code": mailed_code()}, follow=True))

    assert page.says("Your account has no second factor")
    assert not SecondFactorReset.objects.exists()


def test_asking_twice_is_one_request(user):
    assert resets.ask(user) == resets.ask(user)
    assert Event.objects.of_kind("participants.second_factor_reset.asked").count() == 1


@pytest.mark.parametrize("typed", ["", "no address", "x" * 300, "a\x00@x.example", "<b>@x.example"])
def test_what_is_no_address_gets_a_message(client, typed):
    page = read(client.post(ASK, {"email": typed}))

    assert page.title.startswith("Error: ")
    assert not Email.objects.exists()


@pytest.mark.parametrize("typed", ["", "x" * 9000, "\x00", "‮", "👩‍🚒"])
def test_what_is_no_code_gets_a_message(client, user, typed):
    client.post(ASK, {"email": user.email})

    assert read(client.post(CODE, {"code": typed})).title.startswith("Error: ")


# Two of the office ------------------------------------------------------------------------------------
def test_two_people_remove_it_and_everything_that_opened_the_account(user, first, second):
    elsewhere = signed_in(user)
    reset = resets.ask(user)
    half_way = Client()
    half_way.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert "account_login" in half_way.session
    vouched(reset, first)
    assert Authenticator.objects.filter(user=user).exists()
    resets.approve(reset, by=second, reason="As vouched")

    assert not Authenticator.objects.filter(user=user).exists()
    assert elsewhere.get("/account/").status_code == 302
    assert "account_login" not in half_way.session
    user.refresh_from_db()
    assert not user.has_usable_password()
    assert [event.actor for event in Event.objects.about(reset)] == [user, first, second]
    # At the next sign-in, by a code to their address, a new factor comes before anything else.
    again = signed_in(user, second_factor=False)
    assert "/2fa/totp/activate/" in again.get("/account/").headers["Location"]


def test_other_peoples_sessions_go_on(user, reset, first, second):
    other = signed_in(make_user())
    resets.approve(vouched(reset, first), by=second, reason="As vouched")

    assert other.get("/account/").status_code == 200


def test_one_person_is_not_two(reset, first):
    with pytest.raises(Refused, match="somebody else of the office"):
        resets.approve(vouched(reset, first), by=first, reason="Me again")


def test_nothing_is_approved_that_nobody_vouched_for(reset, second):
    with pytest.raises(Refused):
        resets.approve(reset, by=second, reason="Looks right")


def test_nobody_vouches_for_or_approves_themself(first, second):
    TOTP.activate(first, generate_totp_secret())
    mine = resets.ask(first)
    with pytest.raises(Refused, match="Nobody does this for themselves"):
        vouched(mine, first)
    vouched(mine, second)
    with pytest.raises(Refused, match="Nobody does this for themselves"):
        resets.approve(mine, by=first, reason="It is me")


@pytest.mark.parametrize(
    "role", [Role.COMMUNICATIONS_OFFICER, Role.AUDITOR, Role.BOARD, Role.CO_CHAIR]
)
def test_only_managers_and_caseworkers_may(reset, role):
    with pytest.raises(Refused, match="Only an office manager or a caseworker"):
        vouched(reset, make_holder(role))


def test_the_database_holds_the_two_apart(reset, first):
    for one, other in ((first, first), (first, None), (reset.user, first), (first, reset.user)):
        with pytest.raises(IntegrityError), transaction.atomic():
            SecondFactorReset.objects.filter(pk=reset.pk).update(
                state="approved", vouched_by=one, approved_by=other
            )


def test_it_runs_out_after_72_hours(reset, first, second):
    vouched(reset, first)
    with time_machine.travel(reset.expires_at, tick=False):
        with pytest.raises(Refused, match="It has run out"):
            resets.approve(reset, by=second, reason="As vouched")
        tasks.record_run_out()
        tasks.record_run_out()
    reset.refresh_from_db()

    assert reset.state == "expired"
    assert reset.expires_at - reset.asked_at == pytest.approx(
        timedelta(hours=72), abs=timedelta(seconds=1)
    )


def test_after_it_ran_out_one_can_ask_again(user, reset):
    with time_machine.travel(reset.expires_at, tick=False):
        assert resets.ask(user) != reset


def test_refusing_leaves_the_factor(user, reset, first, second):
    vouched(reset, first)
    resets.refuse(reset, by=second, reason="The switchboard does not know them")

    assert Authenticator.objects.filter(user=user).exists()
    with pytest.raises(Refused):
        resets.approve(reset, by=second, reason="On second thoughts")


# The owner --------------------------------------------------------------------------------------------
def test_signing_in_with_the_factor_cancels_it(user, reset, first):
    vouched(reset, first)
    signed_in(user)
    reset.refresh_from_db()

    assert reset.state == "cancelled"


def test_the_first_half_of_signing_in_cancels_nothing(user, reset):
    Client().post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    reset.refresh_from_db()

    assert reset.state == "asked"


def test_the_account_page_of_an_open_session_tells_and_stops_it(user):
    client = signed_in(user)
    resets.ask(user)
    assert read(client.get("/account/")).says("Somebody asked to remove your second factor")
    assertRedirects(client.post(f"{ASK}cancel/"), "/account/")
    assert SecondFactorReset.objects.get().state == "cancelled"
    assert read(client.post(f"{ASK}cancel/", follow=True)).says("Nothing waits")


def test_nobody_cancels_anothers(reset):
    client = signed_in(make_user())
    client.post(f"{ASK}cancel/")
    reset.refresh_from_db()

    assert reset.state == "asked"
    with pytest.raises(Refused):
        resets.cancel(reset, by=make_user())


def test_of_a_cancel_and_an_approval_the_first_counts(user, reset, first, second):
    stale = SecondFactorReset.objects.get(pk=vouched(reset, first).pk)
    resets.cancel(reset, by=user)
    with pytest.raises(Overtaken):
        resets.approve(stale, by=second, reason="As vouched")
    assert Authenticator.objects.filter(user=user).exists()
    user.refresh_from_db()
    assert user.has_usable_password()


def test_the_owner_is_told_of_each_step_and_the_office_of_the_first(user, reset, first, second):
    resets.approve(vouched(reset, first), by=second, reason="As vouched")
    ledger.sweep()
    told = [letter.subject for letter in mail.outbox if letter.to == [user.email]]

    assert told == [
        "Somebody asked to remove your second factor",
        "The first of two people has agreed to remove your second factor",
        "Your second factor was removed",
    ]
    assert Email.objects.filter(notice="second_factor_reset_office").exists()
    for letter in mail.outbox:
        assert HOW not in str(letter.message())
        assert first.email not in str(letter.body)


# The console ------------------------------------------------------------------------------------------
def test_the_office_settles_it_in_the_console(user, reset, first, second):
    page = f"{LIST}{reset.public_id}/"
    client = signed_in(first)
    assert "Lost second factors" in client.get("/admin/").content.decode()
    short = client.post(f"{page}vouch/", seen(reset) | {"how": "I know", "reason": "x"})
    assert "Say in a sentence" in short.content.decode()
    client.post(f"{page}vouch/", seen(reset) | {"how": HOW, "reason": "Stolen"})
    reset.refresh_from_db()
    assert reset.state == "vouched"
    assert "You vouched for them" in client.get(f"{page}change/").content.decode()
    other = signed_in(second)
    assert HOW in other.get(f"{page}change/").content.decode()
    other.post(f"{page}approve/", seen(reset) | {"reason": "As vouched"})

    assert not Authenticator.objects.filter(user=user).exists()


@pytest.mark.parametrize("step", ["vouch", "approve"])
def test_the_console_asks_who_one_is_again(reset, first, second, step):
    if step == "approve":
        vouched(reset, first)
    TOTP.activate(second, generate_totp_secret())
    client = grown_old(signed_in(second), minutes=16)
    answer = client.get(f"{LIST}{reset.public_id}/{step}/")

    assert "/reauthenticate" in answer.headers["Location"]
