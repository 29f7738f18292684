"""What happened, in words: every kind that the apps record has its own, and none shows its code name."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from communications import workflow as communications_workflow
from communications.notices import EVENT_KINDS, NOTICES
from participants import workflow as participants_workflow
from projects import workflow as projects_workflow
from reviews import workflow as reviews_workflow
from stepchange.console.event_words import (
    FACTS,
    KINDS,
    kinds_of,
    register,
    words_of_fact,
    words_of_kind,
    words_of_value,
)
from stepchange.transitions import Table
from workstreams import workflow as workstreams_workflow

APPS = ("stepchange", "workstreams", "projects", "participants", "reviews", "communications")
KIND = re.compile(rf"({'|'.join(APPS)})(\.[a-z_]+){{2}}")
RECORDS = {"record", "change"}


def sources() -> Iterator[ast.Module]:
    for app in APPS:
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            yield ast.parse(path.read_text())


def called(node: ast.expr) -> str:
    """Return what a name is called, its own or another module's: `kind`, `ENTERED.move`."""
    return getattr(node, "id", "") or getattr(node, "attr", "")


def calls(source: ast.Module, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(source):
        if isinstance(node, ast.Call) and called(node.func) in names:
            yield node


def assigned(source: ast.Module) -> dict[str, list[ast.expr]]:
    """Return what each name of a module is given, as a constant or inside a function."""
    found: dict[str, list[ast.expr]] = defaultdict(list)
    for node in ast.walk(source):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found[called(target)].append(node.value)
        elif isinstance(node, ast.AnnAssign) and node.value:
            found[called(node.target)].append(node.value)
        elif isinstance(node, ast.FunctionDef):
            found[node.name] += [
                each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value
            ]
    return found


def kinds_in(node: ast.AST) -> set[str]:
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant)
        and isinstance(each.value, str)
        and KIND.fullmatch(each.value)
    }


def kinds_written() -> set[str]:
    """Return the kinds that are recorded, as they stand or by a name that any module gives them."""
    read = list(sources())
    by_name: dict[str, set[str]] = defaultdict(set)
    for source in read:
        for name, values in assigned(source).items():
            by_name[name] |= {kind for value in values for kind in kinds_in(value)}
    found: set[str] = set()
    for call in (call for source in read for call in calls(source, *RECORDS)):
        found |= kinds_in(call)
        for argument in [*call.args[:2], *(given.value for given in call.keywords)]:
            for node in ast.walk(argument):
                found |= (
                    by_name[called(node)] if isinstance(node, (ast.Name, ast.Attribute)) else set()
                )
    return found


def keys_of(node: ast.expr, names: dict[str, list[ast.expr]]) -> Iterator[str]:
    """Yield the keys of a dictionary: written, joined, by a name, or returned by a function."""
    if isinstance(node, ast.Dict):
        yield from (str(key.value) for key in node.keys if isinstance(key, ast.Constant))
    elif isinstance(node, ast.BinOp):
        yield from (*keys_of(node.left, names), *keys_of(node.right, names))
    elif isinstance(node, ast.IfExp):
        yield from (*keys_of(node.body, names), *keys_of(node.orelse, names))
    elif isinstance(node, (ast.Name, ast.Call)):
        name = called(node.func if isinstance(node, ast.Call) else node)
        for value in names.get(name, ()):
            if not isinstance(value, (ast.Name, ast.Call)):
                yield from keys_of(value, names)


def tables() -> Iterator[Table]:
    for module in (
        workstreams_workflow,
        projects_workflow,
        participants_workflow,
        reviews_workflow,
        communications_workflow,
    ):
        yield from {value for value in vars(module).values() if isinstance(value, Table)}


def recorded() -> set[str]:
    """Return every kind that the sources name, where they record it or where they wait for it."""
    moved = {
        table.kind(move.name)
        for table in tables()
        for move in table
        if table.subject != "communications.email" or move.asks_reason
    }
    return kinds_written() | moved | EVENT_KINDS


def test_every_kind_of_event_has_words():
    found = recorded()
    assert len(found) > 50
    assert found - KINDS.keys() == set()


@pytest.mark.parametrize("app", APPS)
def test_each_app_has_the_words_of_its_own_kinds_and_knows_no_others(app):
    """The platform above all, which knows none of the apps that stand on it."""
    places = [*(Path(settings.BASE_DIR) / app).rglob("event_words.py")]
    named = {kind for place in places for kind in kinds_in(ast.parse(place.read_text()))}

    assert named == {kind for kind in KINDS if kind.startswith(f"{app}.")}


def test_no_kind_is_given_words_twice():
    with pytest.raises(ValueError, match=r"projects\.project\.agreed"):
        register({"projects.project.agreed": "Agreed anew"})


def test_every_fact_that_is_recorded_has_words():
    named = {
        name
        for source in sources()
        for call in calls(source, "record", "change", "move")
        for keyword in call.keywords
        if keyword.arg in {"facts", "personal"}
        for name in keys_of(keyword.value, assigned(source))
    }
    assert named
    assert named - FACTS.keys() == set()


@pytest.mark.parametrize("words", [*KINDS.values(), *(n.label for n in NOTICES.values())], ids=str)
def test_words_are_for_people(words):
    assert re.fullmatch(r"[A-Z][^._]+", str(words))


def test_words_tell_kinds_apart():
    said = [str(words) for words in KINDS.values()]
    assert len(said) == len(set(said))
    # What is told in one letter's words on purpose, whatever it is, is called the same too.
    letters = {(notice.template(""), str(notice.label)) for notice in NOTICES.values()}
    assert len(letters) == len({label for _template, label in letters})


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
