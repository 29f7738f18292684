"""Who may ask the time: by reading the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import ROOT, Module, modules

ASKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "timezone": {"now", "localdate"},
    "time": {"time", "time_ns", "localtime", "gmtime", "perf_counter", "monotonic"},
}
STOPWATCH = {("stepchange/middleware.py", "perf_counter")}


def askings_of_the_time(module: Module) -> Iterator[str]:
    """Yield each place where a module asks the time itself."""
    for node in module.walk():
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                asked = name in ASKS.get(owner, ()) and (module.place, name) not in STOPWATCH
            case ast.ImportFrom(module=source, names=names):
                imported = {alias.name for alias in names}
                owner = (source or "").rpartition(".")[2]
                asked = bool(
                    (owner in {"time", "timezone"} and ASKS[owner] & imported)
                    or (source == "django.db.models.functions" and "Now" in imported)
                )
            case _:
                continue
        if asked:
            yield module.at(node)


def test_only_the_clock_asks_the_time():
    found = [
        place
        for module in modules()
        if module.place != "stepchange/clock.py"
        for place in askings_of_the_time(module)
    ]

    assert found == []


def test_only_the_cast_tells_the_clock_what_time_it_is():
    """Whoever could set the clock could be in time for anything (law 4)."""
    telling = {
        module.place
        for module in modules()
        for node in module.walk()
        if "set_to"
        in {getattr(node, "attr", ""), getattr(node, "id", ""), getattr(node, "name", "")}
    }

    assert telling == {
        "stepchange/clock.py",
        "participants/cast.py",
        "participants/cast_compliance.py",
        "participants/cast_forms.py",
        "participants/cast_validation.py",
    }


@pytest.mark.parametrize(
    "line",
    [
        "datetime.now(UTC)",
        "datetime.datetime.now(UTC)",
        "date.today()",
        "timezone.now()",
        "default=timezone.now",
        "time.time()",
        "from django.utils.timezone import now",
        "from time import time",
        "from django.db.models.functions import Lower, Now",
    ],
)
def test_the_reading_finds_each_way_to_ask_the_time(line):
    module = Module(ROOT / "workstreams" / "views.py", ast.parse(line))

    assert list(askings_of_the_time(module)) == ["workstreams/views.py:1"]


def test_templates_do_not_ask_the_time():
    found = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.is_file() and b"{% now " in path.read_bytes()
    ]

    assert found == []
