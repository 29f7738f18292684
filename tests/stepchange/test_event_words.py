"""What happened, in words: every kind that the apps record has its own, and none shows its code name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from communications import workflow as communications_workflow
from communications.notices import EVENT_KINDS, NOTICES
from participants import workflow as participants_workflow
from projects import workflow as projects_workflow
from stepchange.console.event_words import (
    FACTS,
    KINDS,
    kinds_of,
    words_of_fact,
    words_of_kind,
    words_of_value,
)
from stepchange.transitions import Table
from workstreams import workflow as workstreams_workflow

APPS = ("stepchange", "workstreams", "projects", "participants", "communications")
KIND = re.compile(rf"({'|'.join(APPS)})(\.[a-z_]+){{2}}")
RECORDS = {"record", "change"}


def calls(*names: str) -> Iterator[ast.Call]:
    for app in APPS:
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                    yield node


def tables() -> Iterator[Table]:
    for module in (
        workstreams_workflow,
        projects_workflow,
        participants_workflow,
        communications_workflow,
    ):
        yield from {value for value in vars(module).values() if isinstance(value, Table)}


def recorded() -> set[str]:
    """Return every kind that the sources name, where they record it or where they wait for it."""
    written = {
        node.value
        for call in calls(*RECORDS)
        for node in ast.walk(call)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and KIND.fullmatch(node.value)
    }
    moved = {
        table.kind(move.name)
        for table in tables()
        for move in table
        if table.subject != "communications.email" or move.asks_reason
    }
    return written | moved | EVENT_KINDS


def test_every_kind_of_event_has_words():
    found = recorded()
    assert len(found) > 50
    assert found - KINDS.keys() == set()


def test_every_fact_that_is_recorded_has_words():
    named = {
        key.value
        for call in calls("record", "change", "move")
        for keyword in call.keywords
        if keyword.arg in {"facts", "personal"} and isinstance(keyword.value, ast.Dict)
        for key in keyword.value.keys
        if isinstance(key, ast.Constant)
    }
    assert named
    assert named - FACTS.keys() == set()


@pytest.mark.parametrize("words", [*KINDS.values(), *(n.label for n in NOTICES.values())], ids=str)
def test_words_are_for_people(words):
    assert re.fullmatch(r"[A-Z][^._]+", str(words))


def test_words_tell_kinds_apart():
    said = [str(words) for words in KINDS.values()]
    assert len(said) == len(set(said))
    labels = [str(notice.label) for notice in NOTICES.values()]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("workstreams.call.published", "Call published"),
        ("projects.project.edited", "Project edited"),
        ("workstreams.keyactivity.loaded", "Key activity loaded from the Call to Action"),
        ("workstreams.key_activity.added", "Key activity added"),
        ("projects.project.noted", "Project: noted"),
    ],
)
def test_what_happened_is_said(kind, words):
    assert words_of_kind(kind) == words


def test_kinds_are_found_by_their_words():
    assert kinds_of(" call Published ") == ["workstreams.call.published"]
    assert kinds_of("") == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "-"),
        ("", "-"),
        (True, "Yes"),
        (3, "3"),
        (["title", "places"], "title, places"),
        ({"holder": None}, "Holder: -"),
        ("2018-05-25T14:04:00Z", "3:04pm on Friday 25 May 2018 (UK time)"),
        ("2018-06-01", "1 June 2018"),
        ("2018-99-01", "2018-99-01"),
        ("2018-05-99T14:04:00Z", "2018-05-99T14:04:00Z"),
        ("7fbb8e8f-6df0-4b3c-a228-3b5fd8e7ca9b", "7FBB8E8F"),
        ("Ten <b>years</b>", "Ten <b>years</b>"),
    ],
)
def test_what_a_fact_holds_is_said(value, words):
    assert words_of_value(value) == words


def test_a_closing_instant_is_told_by_its_last_minute():
    closes = "2018-05-25T23:00:00Z"
    said = "11:59pm on Friday 25 May 2018 (UK time)"
    assert words_of_value(closes, "closes_at") == words_of_value(closes, "until") == said
    assert words_of_value({"closes_at": closes}) == f"Closes: {said}"


def test_a_field_is_named_without_its_underscores():
    assert words_of_fact("interest_prompt") == "Interest prompt"
    assert words_of_fact("snapshot") == "Version"
