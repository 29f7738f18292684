"""The embedded default's cache counts over processes, and lets nothing that lives fall out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from stepchange import clock, tasks
from stepchange.cache import SharedCache

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = "cache_under_test"
ROOT = Path(__file__).parents[2]
PROCESSES, KEYS = 3, 60
RACE = f"""
import sys, time, django
django.setup()
from stepchange.cache import SharedCache
cache = SharedCache({TABLE!r}, {{}})
cache.get("warm")
print("ready", flush=True)
sys.stdin.readline()
won = [number for number in range({KEYS}) if cache.add(f"slot{{number}}", 1, 60)]
print(",".join(map(str, won)), flush=True)
"""


@pytest.fixture(autouse=True)
def table(settings) -> Iterator[None]:
    settings.CACHES = {"default": {"BACKEND": "stepchange.cache.SharedCache", "LOCATION": TABLE}}
    call_command("createcachetable", verbosity=0)
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")


def test_of_many_processes_that_add_over_an_expired_key_one_wins():
    with time_machine.travel(clock.now() - timedelta(hours=1)):
        for number in range(KEYS):
            cache.set(f"slot{number}", 0, 60)
    runners = [
        subprocess.Popen(
            [sys.executable, "-c", RACE],
            cwd=ROOT,
            env=os.environ | _where(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for runner in runners:
        assert runner.stdout
        assert runner.stdout.readline() == "ready\n"
    for runner in runners:
        assert runner.stdin
        runner.stdin.write("go\n")
        runner.stdin.flush()
    won = [runner.communicate(timeout=60)[0].strip() for runner in runners]
    numbers = [int(each) for line in won for each in line.split(",") if each]
    assert sorted(numbers) == list(range(KEYS))


def _where() -> dict[str, str]:
    """Say to another process where this test's database is."""
    place = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{place['NAME']}"
    else:
        url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**place)
    return {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "stepchange.settings",
        "STEPCHANGE_MODE": "test",
    }


def test_it_keeps_what_a_cache_keeps():
    assert cache.add("a", [1, "é"], 60)
    assert not cache.add("a", 2, 60)
    assert cache.get("a") == [1, "é"]
    cache.set("a", 3, 60)
    assert cache.get_many(["a", "b"]) == {"a": 3}
    assert cache.touch("a", 600)
    assert not cache.touch("b", 600)
    with time_machine.travel(clock.now() + timedelta(seconds=601)):
        assert cache.get("a") is None
        assert not cache.touch("a", 600)
        assert cache.add("a", 4, 60)
    cache.delete("a")
    assert cache.get("a") is None
    cache.set("forever", 1, None)
    with time_machine.travel(clock.now() + timedelta(days=4000)):
        assert cache.get("forever") == 1


def test_nothing_that_lives_falls_out_however_much_is_put_in():
    cache.set("0_first_by_its_key", "kept", 3600)
    for number in range(400):  # Django's own keeps 300
        cache.set(f"flood{number}", 1, 60)
    assert cache.get("0_first_by_its_key") == "kept"


def test_what_has_expired_is_dropped_by_the_sweep():
    cache.set("long", 1, 3600)
    cache.set("short", 1, 60)
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        tasks.clear_cache()
    kept = SharedCache(TABLE, {})
    assert kept.get("long") == 1
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {TABLE}")  # noqa: S608 - our own name
        assert cursor.fetchone() == (1,)
