"""Who may write a state: by reading the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.source import APPS, ROOT, Module, modules
from tests.architecture.states import (
    ALL,
    model_of,
    moves_in,
    owners,
    with_states,
    writes_of_another_apps_states,
    writes_of_states,
)


def test_only_workflow_writes_states():
    stateful = with_states()
    found = [
        place
        for module in modules()
        if module.role != "workflow"
        for place in writes_of_states(module, stateful)
    ]

    assert found == []


def test_a_workflow_writes_only_its_own_apps_states():
    owner = owners()
    found = [
        place
        for module in modules()
        if module.role == "workflow"
        for place in writes_of_another_apps_states(module, owner)
    ]

    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "Call.objects.filter(pk=1).update(state='closed')",
        "Call.objects.create(name='x', state='closed')",
        "Call(name='x', state='closed')",
        "def close(call: Call): call.state = 'closed'",
        "def close(call: 'Call', other: Call): other.save(update_fields=['state'])",
        "def close(call: Call | None): setattr(call, 'state', 'closed')",
        "def close(calls: QuerySet[Call]): calls.update(state='closed')",
        "def close(call): change(call, 'x', expected={}, values={'state': 'closed'})",
        "def close(call): programme_workflow.CALL.move(call, 'close', by=None)",
        "from workstreams.workflow import CALL\nCALL.move(call, 'close', by=None)",
    ],
)
def test_the_reading_finds_a_write_of_another_apps_state(line):
    module = Module(ROOT / "participants" / "workflow.py", ast.parse(line))

    assert list(writes_of_another_apps_states(module, owners()))


@pytest.mark.parametrize(
    "line",
    [
        "Organisation.objects.create(name='x')",
        "ProjectChoice.objects.filter(pk=1).update(state='pending')",
        "CHOICE = Table('x')\ndef f(call: Call): CHOICE.move(choice, 'withdraw', by=None)",
        "def f(call: Call, choice: ProjectChoice): choice.state = 'pending'",
    ],
)
def test_the_reading_lets_a_workflow_write_its_own_apps_states(line):
    module = Module(ROOT / "participants" / "workflow.py", ast.parse(line))

    assert list(writes_of_another_apps_states(module, owners())) == []


@pytest.mark.parametrize(("app", "name", "table"), ALL)
def test_a_table_is_of_its_own_app(app, name, table):
    assert {table.model.partition(".")[0], table.subject.partition(".")[0]} == {app}


@pytest.mark.parametrize(
    "line",
    [
        "call.state = 'closed'",
        "call.state: str = 'closed'",
        "call.name, call.state = 'x', 'closed'",
        "Call.objects.filter(pk=1).update(state='closed')",
        "Call.objects.update(**{'state': 'closed'})",
        "Call.objects.create(name='x', state='closed')",
        "Call.objects.get_or_create(slug='x', defaults={'state': 'closed'})",
        "Call.objects.bulk_create([Call(state='closed')])",
        "Call.objects.bulk_update(calls, ['name', 'state'])",
        "call.save(update_fields=['state'])",
        "setattr(call, 'state', 'closed')",
        "models.Call(**{'state': 'closed'})",
    ],
)
def test_the_reading_finds_each_way_to_write_a_state(line):
    module = Module(ROOT / "workstreams" / "views.py", ast.parse(line))

    assert list(writes_of_states(module, {"Call"}))[:1] == ["workstreams/views.py:1"]


@pytest.mark.parametrize(
    "line",
    [
        "Call.objects.filter(state='closed').exclude(state='draft')",
        "Q(state='closed')",
        "state = models.CharField(default='draft')",
        "print(call.state == 'closed')",
        "call.save(update_fields=['name'])",
        "state: str",
    ],
)
def test_the_reading_lets_what_only_reads_pass(line):
    module = Module(ROOT / "workstreams" / "views.py", ast.parse(line))

    assert list(writes_of_states(module, {"Call"})) == []


@pytest.mark.parametrize(("app", "name", "table"), ALL)
def test_each_move_has_a_plain_function(app, name, table):
    moved = set()
    for module in modules():
        if not (module.place.startswith(f"{app}/") and module.role == "workflow"):
            continue
        for function in (n for n in module.tree.body if isinstance(n, ast.FunctionDef)):
            for move in moves_in(function, name):
                assert "by" in {arg.arg for arg in function.args.kwonlyargs}, (
                    f"{module.at(function)}: {function.name} takes no keyword `by`"
                )
                moved.add(move)
            moved.update(moves_in(function, name, "advance"))  # by nobody, and unrecorded

    assert moved == set(table.transitions)


def test_only_workflow_makes_moves():
    found = [
        module.at(node)
        for module in modules()
        if module.role not in {"workflow", "transitions"}
        for node in module.walk()
        if isinstance(node, ast.Attribute)
        and node.attr in {"move", "advance"}
        and isinstance(node.value, ast.Name)
        and node.value.id.isupper()
    ]

    assert found == []


@pytest.mark.parametrize(("app", "name", "table"), ALL)
def test_a_table_knows_only_states_that_the_model_has(app, name, table):
    model = model_of(table)
    known = {value for value, _label in model._meta.get_field(table.field).choices}
    used = {state for row in table for state in (*row.sources, row.target)}

    assert used <= known


@pytest.mark.parametrize(("app", "name", "table"), ALL)
def test_the_record_can_name_what_a_table_moves(app, name, table):
    assert hasattr(model_of(table), "record_key")


# The request ---------------------------------------------------------------------------------------


def test_the_whole_source_is_read():
    assert {Path(module.place).parts[0] for module in modules()} >= set(APPS)
