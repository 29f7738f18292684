"""So many times in so long, however many ask at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection

from stepchange import clock
from stepchange.limits import Limit

pytestmark = pytest.mark.usefixtures("limits_unused")

LIMIT = Limit("test", times=3, window=timedelta(hours=1))


def test_it_can_be_used_so_often_and_then_not():
    assert [LIMIT.take("a") for _ in range(3)] == [None, None, None]
    wait = LIMIT.take("a")
    assert wait
    assert timedelta(minutes=59) < wait <= timedelta(hours=1)


def test_each_has_its_own():
    for _ in range(4):
        LIMIT.take("a")
    assert LIMIT.take("b") is None
    assert Limit("other", times=1, window=timedelta(hours=1)).take("a") is None


def test_a_use_comes_free_when_its_own_window_has_passed(settings):
    # A cache whose clock the test can move, as it can't move that of Redis.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    start = clock.now()
    for minutes in (0, 30, 40):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            assert LIMIT.take("a") is None
    with time_machine.travel(start + timedelta(minutes=50)):
        wait = LIMIT.take("a")
        assert wait
        assert abs(wait - timedelta(minutes=10)) < timedelta(seconds=5)
    with time_machine.travel(start + timedelta(minutes=61)):
        assert LIMIT.take("a") is None
        assert LIMIT.take("a") is not None


def test_the_cache_holds_no_address(monkeypatch):
    keys: list[str] = []
    monkeypatch.setattr(cache, "add", lambda key, *_args, **_named: not keys.append(key))
    LIMIT.take("203.0.113.7")
    assert keys
    assert not any("203" in key for key in keys)


def test_an_address_can_not_be_guessed_from_the_cache_without_the_portals_secret(settings):
    assert LIMIT.take("203.0.113.7") is None
    before = LIMIT._slot("203.0.113.7", 0)
    settings.SECRET_KEY = "another secret, of another portal"
    assert LIMIT._slot("203.0.113.7", 0) != before


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_take_no_more_than_there_are() -> None:
    def take(_number: int) -> bool:
        try:
            return LIMIT.take("a") is None
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(take, range(20))) == 3
