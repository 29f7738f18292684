"""The portal's store answers as Django's does, for whatever row there is or is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session

from stepchange import clock
from stepchange.session_store import SessionStore

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
