"""What happens to every request: how long one stays in, the second factor, and whom to believe."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client, RequestFactory

from stepchange.clock import UK
from stepchange.middleware import TrustedProxies
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_user
from tests.signing_in import browser_of

pytestmark = pytest.mark.urls("tests.stepchange.failing_urls")

# Spring's clocks go forward within the twelve hours: they count in real time.
MORNING = datetime(2026, 3, 28, 20, 0, tzinfo=UK)


def signed_in(user: User, *, second_factor: bool = False) -> Client:
    """Return a browser in which the account is signed in, with its second factor if asked."""
    client = browser_of(user)
    if second_factor:
        request = RequestFactory().get("/")
        request.session, request.user = client.session, user
        record_authentication(request, user, "password", email=user.email)
        record_authentication(request, user, "mfa", type="totp")
        request.session.save()
    return client


def with_second_factor(user: User) -> User:
    """Give the account a second factor."""
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    return user


def is_in(client: Client) -> bool:
    """Say whether the browser's session still stands."""
    response = client.get("/who/")
    assert response.status_code == 200
    return response.content != b"nobody"


@pytest.mark.django_db
class TestSessionLimits:
    @pytest.mark.parametrize(
        ("staff", "idle", "stays"),
        [
            (False, timedelta(minutes=30), True),
            (False, timedelta(minutes=30, seconds=1), False),
            (True, timedelta(minutes=15), True),
            (True, timedelta(minutes=15, seconds=1), False),
        ],
    )
    def test_idle(self, staff, idle, stays):
        with time_machine.travel(MORNING, tick=False) as clock:
            client = signed_in(make_user(is_staff=staff), second_factor=True)
            assert is_in(client)
            clock.shift(idle)

            assert is_in(client) is stays

    @pytest.mark.parametrize(
        ("turns", "stays"), [(12 * 60 // 10, True), (12 * 60 // 10 + 1, False)]
    )
    def test_twelve_hours_whatever_one_does(self, turns, stays):
        with time_machine.travel(MORNING, tick=False) as clock:
            client = signed_in(make_user())
            assert is_in(client)
            for _turn in range(turns - 1):
                clock.shift(timedelta(minutes=10))
                assert is_in(client)
            clock.shift(timedelta(minutes=10))

            assert is_in(client) is stays

    def test_signing_in_anew_begins_twelve_new_hours(self):
        user = make_user()
        with time_machine.travel(MORNING, tick=False) as clock:
            client = signed_in(user)
            assert is_in(client)
            clock.shift(timedelta(hours=13))
            assert not is_in(client)
            client.force_login(user)

            assert is_in(client)

    def test_an_ended_session_is_gone_from_the_server_too(self):
        with time_machine.travel(MORNING, tick=False) as clock:
            client = signed_in(make_user())
            assert is_in(client)
            kept = client.cookies["sessionid"].value
            clock.shift(timedelta(hours=1))
            assert not is_in(client)
            client.cookies["sessionid"] = kept

            assert not is_in(client)

    def test_it_writes_at_most_once_a_minute(self, django_assert_num_queries):
        with time_machine.travel(MORNING, tick=False) as clock:
            client = signed_in(make_user())
            is_in(client)
            clock.shift(timedelta(seconds=59))
            with django_assert_num_queries(1):  # the session with its account and its roles
                is_in(client)

    def test_a_visitor_gets_no_cookie(self):
        assert not Client().get("/who/").cookies


@pytest.mark.django_db
class TestSecondFactor:
    def members(self) -> list[User]:
        """Return an account of every kind that must have a second factor."""
        members = [make_user(is_staff=True), make_user(is_superuser=True)]
        for role in Role:
            members.append(make_user())
            members[-1].groups.add(Group.objects.get(name=role.value))
        return members

    def test_whoever_acts_for_the_programme_is_sent_to_set_one_up(self):
        for user in self.members():
            response = signed_in(user).get("/who/?page=2")

            assert urlsplit(response["Location"]).path == "/accounts/2fa/totp/activate/"
            assert parse_qs(urlsplit(response["Location"]).query) == {"next": ["/who/?page=2"]}

    def test_whoever_has_one_is_asked_for_it(self):
        for user in self.members():
            response = signed_in(with_second_factor(user)).get("/who/")

            assert urlsplit(response["Location"]).path == "/accounts/2fa/reauthenticate/"

    def test_a_post_changes_nothing_on_the_way(self):
        response = signed_in(make_user(is_staff=True)).post("/post-only/")

        assert response.status_code == 302

    def test_with_it_the_page_opens(self):
        for user in self.members():
            client = signed_in(with_second_factor(user), second_factor=True)

            assert client.get("/who/").content == user.email.encode()

    def test_somebody_elses_second_factor_does_not_count(self):
        client = signed_in(with_second_factor(make_user()), second_factor=True)
        client.force_login(make_user(is_staff=True))

        assert client.get("/who/").status_code == 302

    def test_others_are_not_asked(self):
        user = make_user()

        assert signed_in(user).get("/who/").content == user.email.encode()

    def test_a_role_given_or_taken_acts_on_the_next_click(self):
        user = make_user()
        client, board = signed_in(user), Group.objects.get(name=Role.BOARD.value)
        assert client.get("/who/").status_code == 200

        user.groups.add(board)
        assert client.get("/who/").status_code == 302

        user.groups.remove(board)
        assert client.get("/who/").status_code == 200

    def test_an_account_that_was_closed_is_out_on_the_next_click(self):
        user = make_user()
        client = signed_in(user)
        User.objects.filter(pk=user.pk).update(is_active=False)

        assert not is_in(client)

    def test_the_pages_that_set_it_up_are_open(self):
        client = signed_in(make_user(is_staff=True))

        assert client.get("/accounts/2fa/totp/activate/").status_code in {200, 302}
        assert "/who/" not in client.get("/accounts/2fa/totp/activate/").get("Location", "")
        assert client.get("/health/live").status_code == 200


class TestTrustedProxies:
    PROXIES = ("10.0.0.0/8", "fd00::/8", "192.0.2.7")

    @pytest.mark.parametrize(
        ("peer", "forwarded", "seen"),
        [
            # Not a proxy of ours: whatever it claims is dropped.
            ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
            ("198.51.100.1", "10.0.0.1", "198.51.100.1"),
            ("", "203.0.113.9", ""),
            # A proxy of ours: the nearest hop that is not ours.
            ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("192.0.2.7", "203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "203.0.113.9, 10.2.0.1", "203.0.113.9"),
            ("fd00::1", "2001:db8::5, fd00::2", "2001:db8::5"),
            # What the client itself put before it is not believed.
            ("10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "1.1.1.1, 10.0.0.5, 203.0.113.9, 10.2.0.1", "203.0.113.9"),
            # Nothing to believe: the proxy itself.
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "10.2.0.1", "10.0.0.1"),
            ("10.0.0.1", "unknown", "10.0.0.1"),
            ("10.0.0.1", "203.0.113.9:4711", "10.0.0.1"),
            ("10.0.0.1", "<script>, ,", "10.0.0.1"),
        ],
    )
    def test_whose_address_it_is(self, settings, peer, forwarded, seen):
        settings.TRUSTED_PROXIES = self.PROXIES
        request = self.passed(peer, X_FORWARDED_FOR=forwarded)

        assert request.META["REMOTE_ADDR"] == seen
        assert "HTTP_X_FORWARDED_FOR" not in request.META

    @pytest.mark.parametrize(
        ("peer", "protocol", "secure"),
        [
            ("10.0.0.1", "https", True),
            ("10.0.0.1", "http", False),
            ("198.51.100.1", "https", False),
        ],
    )
    def test_whether_it_is_secure(self, settings, peer, protocol, secure):
        settings.TRUSTED_PROXIES = self.PROXIES

        assert self.passed(peer, X_FORWARDED_PROTO=protocol).is_secure() is secure

    @pytest.mark.parametrize("peer", ["10.0.0.1", "198.51.100.1"])
    def test_nobody_says_what_the_host_is(self, settings, peer):
        settings.TRUSTED_PROXIES = self.PROXIES
        settings.USE_X_FORWARDED_HOST = True

        assert self.passed(peer, X_FORWARDED_HOST="evil.example").get_host() == "testserver"

    def test_without_proxies_nobody_is_believed(self, settings):
        settings.TRUSTED_PROXIES = ()
        request = self.passed("10.0.0.1", X_FORWARDED_FOR="203.0.113.9", X_FORWARDED_PROTO="https")

        assert (request.META["REMOTE_ADDR"], request.is_secure()) == ("10.0.0.1", False)

    def passed(self, peer: str, **headers: str):
        """Return a request as it leaves the middleware."""
        request = RequestFactory().get("/", REMOTE_ADDR=peer)
        request.META.update({f"HTTP_{name}": value for name, value in headers.items()})
        TrustedProxies(lambda _request: HttpResponse())(request)
        return request
