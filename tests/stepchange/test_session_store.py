"""The portal's store answers as Django's does, for whatever row there is or is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import RequestFactory

from stepchange import clock
from stepchange.authentication import AccountBackend
from stepchange.middleware import AccountOfSession
from stepchange.models import User
from stepchange.session_store import SessionStore
from tests.builders import make_user
from tests.signing_in import browser_of

pytestmark = pytest.mark.django_db

HELD = {"seen": [1.5, 2.5], "words": "à la carte"}


def make_session(**columns: object) -> str:
    store = DatabaseStore()
    store.update(HELD)
    store.save()
    Session.objects.filter(pk=store.session_key).update(**columns)
    return str(store.session_key)


def tampered() -> str:
    sealed = Session.objects.get(pk=make_session()).session_data
    return sealed[:-2] + ("xx" if sealed[-2:] != "xx" else "yy")


ROWS = {
    "live": lambda: make_session(expire_date=clock.now() + timedelta(minutes=1)),
    "ended": lambda: make_session(expire_date=clock.now() - timedelta(seconds=1)),
    "absent": lambda: "0" * 32,
    "no key": lambda: None,
    "tampered": lambda: make_session(session_data=tampered()),
    "not ours": lambda: make_session(session_data="nonsense"),
    "empty": lambda: make_session(session_data=""),
}


@pytest.mark.parametrize("row", ROWS)
def test_both_stores_load_the_same_keep_the_same_key_and_log_the_same(row, caplog):
    caplog.set_level("WARNING", logger="django.security.SuspiciousSession")  # quiet else
    key = ROWS[row]()
    answers = []
    for kind in (DatabaseStore, SessionStore):
        caplog.clear()
        store = kind(key)
        held = store.load()
        logged = [(each.name, each.getMessage()) for each in caplog.records]
        answers.append((held, store.session_key, logged))

    theirs, ours = answers
    assert ours == theirs
    assert bool(ours[0]) == (row == "live")
    if row in ("tampered", "not ours"):
        assert ours[2] == [("django.security.SuspiciousSession", "Session data corrupted")]


def test_the_account_comes_with_the_session_and_is_the_one_that_the_session_says(
    django_assert_num_queries,
):
    mine, other = make_user(), make_user()
    key = browser_of(mine).session.session_key

    with django_assert_num_queries(1):
        assert account_of(key) == mine

    # allauth's row of whose it is may lag or lie: the session decides.
    UserSession.objects.filter(session_key=key).update(user=other)
    assert account_of(key) == mine
    UserSession.objects.all().delete()
    assert account_of(key) == mine


def test_an_account_read_with_a_session_is_forgotten_with_the_request(django_assert_num_queries):
    user = make_user()
    assert account_of(browser_of(user).session.session_key) == user

    with django_assert_num_queries(1):
        assert AccountBackend().get_user(user.pk) == user


@pytest.mark.parametrize("how", ["closed", "gone", "another password", "ended"])
def test_what_ended_is_nobodys_session(how):
    user = make_user()
    key = browser_of(user).session.session_key
    if how == "closed":
        User.objects.update(is_active=False)
    if how == "gone":
        Session.objects.filter(pk=key).delete()
    if how == "another password":
        user.set_password("a longer walk by the harbour")
        user.save()
    if how == "ended":
        Session.objects.update(expire_date=clock.now())

    assert account_of(key) == AnonymousUser()


def account_of(key: str | None) -> object:
    """Return who a request in this session is."""
    request = RequestFactory().get("/")
    request.session = SessionStore(key)
    AccountOfSession(lambda _request: HttpResponse()).process_request(request)
    return request.user
