"""Where an account is signed in: enough to recognise it, no more, and an end to it by a button."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django.asserts import assertContains

from communications.models import Email
from stepchange import clock, sessions, tasks
from stepchange.models import Event, User
from tests.builders import make_user
from tests.office import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limits_unused")]

LIST, END = "/accounts/sessions/", "/accounts/sessions/end/"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"


@pytest.fixture
def user() -> User:
    user = make_user("ada@users.example", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def enter(
    agent: str = WINDOWS, address: str = "203.0.113.77", email: str = "ada@users.example"
) -> Client:
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    answer = client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (WINDOWS, "Chrome|Windows"),
        (IPHONE, "Safari|iPhone"),
        (f"{WINDOWS} Edg/140.0", "Edge|Windows"),
        (f"{WINDOWS} OPR/99", "Opera|Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox|Linux"),
        (
            "Mozilla/5.0 (Linux; Android 15) Chrome/140 SamsungBrowser/28",
            "Samsung Internet|Android",
        ),
        ("curl/8.1", "|"),
        ("", "|"),
        ("<script>\0" * 50, "|"),
    ],
)
def test_a_browser_is_kept_by_its_name(agent, device):
    assert sessions.device_of(agent) == device
    assert sessions.device_of(device) == device


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("unknown", sessions.NO_NETWORK),
        ("", sessions.NO_NETWORK),
    ],
)
def test_of_an_address_only_the_front_is_kept(address, network):
    assert sessions.network_of(address) == network
    assert sessions.network_of(network) == network


def test_they_are_listed_in_plain_words_and_nothing_more_is_kept(user):
    client = enter()
    enter(IPHONE, "198.51.100.9")
    page = client.get(LIST).content.decode()
    for words in ("Chrome on Windows", "Safari on iPhone", "203.0.113.x", "Now, in this browser"):
        assert words in page
    kept = str(list(UserSession.objects.values_list("user_agent", "ip")))
    for more in ("Mozilla", "203.0.113.77", "198.51.100.9"):
        assert more not in kept + page
    assert client.session.session_key not in page


def test_one_other_is_ended_and_the_rest_stay(user):
    client, phone, third = enter(), enter(IPHONE), enter()
    (row,) = UserSession.objects.filter(user_agent="Safari|iPhone")
    answer = client.post(END, {"place": sessions.handle_of(row)}, follow=True)
    assert "You are signed out in 1 place." in answer.content.decode()
    assert [is_in(each) for each in (client, phone, third)] == [True, False, True]
    event = Event.objects.get(kind="stepchange.user.sessions_ended")
    assert (event.actor, event.facts) == (user, {"count": 1})
    assert Email.objects.get(notice="account:sessions_ended").address == user.email


def test_all_others_are_ended_and_this_one_stays(user):
    client, phone = enter(), enter(IPHONE)
    make_user("other@users.example", password=PASSWORD)
    EmailAddress.objects.create(
        user=User.objects.get(email="other@users.example"),
        email="other@users.example",
        verified=True,
        primary=True,
    )
    other = enter(email="other@users.example")
    client.post(END)
    assert [is_in(each) for each in (client, phone, other)] == [True, False, True]
    assert Email.objects.filter(notice="account:sessions_ended").count() == 1
    client.post(END)  # there is nobody left to warn of
    assert Email.objects.filter(notice="account:sessions_ended").count() == 1


def test_nothing_is_ended_by_a_link_or_by_a_stranger(user):
    client, phone = enter(), enter(IPHONE)
    assert client.get(END).status_code == 405
    assert client.post(LIST).status_code == 405
    make_user("other@users.example", password=PASSWORD)
    stranger = Client()
    stranger.force_login(User.objects.get(email="other@users.example"))
    for row in UserSession.objects.filter(user=user):
        assert stranger.post(END, {"place": sessions.handle_of(row)}).status_code == 404
    assert stranger.post(END, {"place": "x" * 100_000}).status_code == 404
    assert Client().post(END).status_code == 302
    assert is_in(client)
    assert is_in(phone)


def test_what_is_over_is_not_listed(user):
    client, phone = enter(), enter(IPHONE)
    with time_machine.travel(clock.now() + timedelta(minutes=29)):
        client.get("/account/")
    with time_machine.travel(clock.now() + timedelta(minutes=40)):
        assert [place.system for place in sessions.places_of(_request(client))] == ["Windows"]
        assert not is_in(phone)


def test_a_new_password_ends_the_others(user):
    client, phone = enter(), enter(IPHONE)
    new = "four grey herons by a weir"
    answer = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert answer.status_code == 302
    assert [is_in(client), is_in(phone)] == [True, False]
    assert [place.is_this for place in sessions.places_of(_request(client))] == [True]
    assert Email.objects.filter(notice="account:password_changed").count() == 1
    assert Event.objects.filter(kind="stepchange.user.password_changed").count() == 1


def test_what_was_kept_goes_with_the_session(user):
    client, phone = enter(), enter(IPHONE)
    client.post("/accounts/logout/")
    assert UserSession.objects.count() == 1
    Session.objects.filter(session_key=phone.session.session_key).delete()
    tasks.clear_sessions()
    assert not UserSession.objects.exists()


def test_signing_out_says_so_on_a_page_that_needs_no_session(user):
    client = enter()
    assert client.get("/accounts/signed-out/")["Location"] == "/account/"
    answer = client.post("/accounts/logout/", follow=True)
    assert answer.redirect_chain == [("/accounts/signed-out/", 302)]
    assertContains(answer, '<h1 class="govuk-heading-xl">You are signed out</h1>', html=True)
    assert not Client().get("/accounts/signed-out/").cookies


def test_the_list_costs_the_same_however_long_it_is(user, django_assert_max_num_queries):
    client = enter()
    for number in range(12):
        UserSession.objects.create(
            user=user, ip="203.0.113.1", user_agent=IPHONE, session_key=f"key{number}"
        )
        session = Session.objects.get(session_key=client.session.session_key)
        session.pk = f"key{number}"
        session.save(force_insert=True)
    with django_assert_max_num_queries(8):
        page = client.get(LIST).content.decode()
    assert page.count("Safari on iPhone") == 24  # its title, and its button's


def _request(client: Client):
    return client.get(LIST).wsgi_request
