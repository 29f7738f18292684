"""Who may write a state, ask the time, or know of a request: by reading the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from stepchange.transitions import Table
from tests.architecture.source import APPS, ROOT, Module, modules

WRITERS = {"update", "create", "get_or_create", "update_or_create", "acreate", "aupdate"}
WITH_FIELDS = {"bulk_update", "save", "bulk_create", "abulk_update", "asave"}


def state_tables() -> dict[str, dict[str, Table]]:
    """Return each workflow's tables by the name they have in it."""
    found = {}
    for app in APPS:
        if (ROOT / app / "workflow.py").exists() or (ROOT / app / "workflow").is_dir():
            module = import_module(f"{app}.workflow")
            found[app] = {
                name: value for name, value in vars(module).items() if isinstance(value, Table)
            }
    return found


ALL = [
    pytest.param(app, name, table, id=f"{app}.{name}")
    for app, tables in state_tables().items()
    for name, table in tables.items()
]
FIELDS = {table.field for tables in state_tables().values() for table in tables.values()}


def model_of(table: Table) -> type[models.Model]:
    """Return the model whose states a table moves."""
    return apps.get_model(table.model)


def with_states() -> set[str]:
    """Return the names of models that have a state."""
    return {
        model.__name__
        for model in apps.get_models()
        if FIELDS & {field.name for field in model._meta.fields}
    }


def called(call: ast.Call) -> str:
    """Return the last name of what is called."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def writes_of_states(module: Module, stateful: set[str]) -> Iterator[str]:
    """Yield each place where a module writes a state."""
    for node in module.walk():
        match node:
            case ast.Assign(targets=targets):
                written = targets
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target, value=ast.expr()):
                written = [target]
            case ast.Call() if _call_writes_a_state(node, stateful):
                yield module.at(node)
                continue
            case _:
                continue
        if any(
            isinstance(inner, ast.Attribute) and inner.attr in FIELDS
            for target in written
            for inner in ast.walk(target)
        ):
            yield module.at(node)


def _call_writes_a_state(call: ast.Call, stateful: set[str]) -> bool:
    name = called(call)
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if name in WRITERS | stateful and FIELDS & set(keywords):
        return True
    # defaults={"state": ...}, **{"state": ...}, update_fields=["state"], setattr(row, "state", ...)
    said = [
        value for key, value in keywords.items() if key in {None, "defaults", "create_defaults"}
    ]
    if name in WITH_FIELDS:
        said += [*call.args, *keywords.values()]
    if name == "setattr":
        said += call.args[1:2]
    return name in WRITERS | WITH_FIELDS | stateful | {"setattr"} and any(
        isinstance(inner, ast.Constant) and inner.value in FIELDS
        for value in said
        for inner in ast.walk(value)
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


def owners() -> dict[str, str]:
    """Return the app of each model that has a state, by the model's name."""
    return {
        model.__name__: model._meta.app_label
        for model in apps.get_models()
        if FIELDS & {field.name for field in model._meta.fields}
    }


def writes_of_another_apps_states(module: Module, owner: dict[str, str]) -> Iterator[str]:
    """Yield each place where a workflow writes a state that is not its app's, or past its table."""
    foreign, tables = foreign_names(module, owner), own_tables(module)
    for node in module.walk():
        match node:
            case ast.Call(func=ast.Name(id="change")):
                found = bool(FIELDS & constants_in(node))
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Name(id=table) | ast.Attribute(attr=table), attr="move" | "advance"
                )
            ):
                found = table.isupper() and table not in tables
            case ast.Call() if _call_writes_a_state(node, set(owner)):
                written = [node.func, *(node.args[:1] if called(node) == "setattr" else [])]
                found = any(foreign & names_in(part) for part in written)
            case ast.Attribute(attr=name, value=value, ctx=ast.Store()):
                found = name in FIELDS and bool(foreign & names_in(value))
            case _:
                continue
        if found:
            yield module.at(node)


def foreign_names(module: Module, owner: dict[str, str]) -> set[str]:
    """Return the other apps' models with a state, and each name that an annotation says is one."""
    app = module.place.partition("/")[0]
    found = {name for name, label in owner.items() if label != app}
    for node in module.walk():
        match node:
            case (
                ast.arg(arg=name, annotation=ast.expr() as said)
                | ast.AnnAssign(target=ast.Name(id=name), annotation=said)
            ) if found & names_in(said):
                found.add(name)
    return found


def own_tables(module: Module) -> set[str]:
    """Return the names that the module, or another of its own workflow, gives a value."""
    workflow = f"{module.place.partition('/')[0]}.workflow"
    own = set()
    for node in module.tree.body:
        match node:
            case ast.Assign(targets=targets):
                own |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.ImportFrom(module=str(source)) if source.startswith(f"{workflow}."):
                own |= {alias.asname or alias.name for alias in node.names}
    return own


def names_in(node: ast.AST) -> set[str]:
    """Return the names that stand in a piece of source."""
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def constants_in(node: ast.Call) -> set[object]:
    """Return the keys that a call's `values` name."""
    return {
        inner.value
        for keyword in node.keywords
        if keyword.arg == "values"
        for inner in ast.walk(keyword.value)
        if isinstance(inner, ast.Constant)
    }


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


def moves_in(function: ast.FunctionDef, table: str, how: str = "move") -> Iterator[str]:
    """Yield the names of the transitions of a table that a function makes."""
    for node in ast.walk(function):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=named), attr=attribute),
                args=[_, ast.Constant(value=str() as transition), *_],
            ) if (named, attribute) == (table, how):
                yield transition


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


# The time ------------------------------------------------------------------------------------------

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
    """Whoever could stand the clock elsewhere could be in time for anything (law 4)."""
    telling = {
        module.place
        for module in modules()
        for node in module.walk()
        if "standing_at"
        in {getattr(node, "attr", ""), getattr(node, "id", ""), getattr(node, "name", "")}
    }

    assert telling == {
        "stepchange/clock.py",
        "participants/cast.py",
        "participants/cast_forms.py",
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


# The request ---------------------------------------------------------------------------------------

KNOW_OF_REQUESTS = {
    "views",
    "admin",
    "middleware",
    "errors",
    "context",
    "console",
    "account_forms",  # allauth's forms save by the request
    "accounts",
    "health",
    "second_factor",
    "caching",
    "kept_typing",  # reads a form that no view came to see
    "templatetags",
}
PLATFORM_KNOWS = {
    # Pages, under the names of what they show.
    "stepchange/confirm_by_code.py",
    "stepchange/passkeys.py",
    "stepchange/session_pages.py",
    # What allauth's views, adapter and signals hand a request to: how somebody signs in is a matter of
    # this session, from this network, and no workflow's. By path, so that no app below gets the leave.
    "stepchange/credentials.py",  # allauth's signals bring the request; ends the other sessions
    "stepchange/factors.py",  # the host that was asked for, and the page to go back to
    "stepchange/limits.py",  # the visitor's network
    "stepchange/sessions.py",  # which session is this one
    "stepchange/tries.py",  # guesses and codes, by address and network
}


def takes_a_request(module: Module) -> Iterator[str]:
    """Yield each function that has a parameter called `request`."""
    for node in module.walk():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            taken = node.args
            if "request" in {
                arg.arg for arg in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs)
            }:
                yield module.at(node)


def test_no_request_goes_below_the_views():
    found = [
        place
        for module in modules()
        if module.role not in KNOW_OF_REQUESTS and module.place not in PLATFORM_KNOWS
        for place in takes_a_request(module)
    ]

    assert found == []


def test_each_platform_module_that_may_know_of_requests_does():
    know = {module.place for module in modules() if list(takes_a_request(module))}

    assert know >= PLATFORM_KNOWS


def test_the_reading_finds_a_request():
    module = Module(ROOT / "workstreams" / "workflow.py", ast.parse("def f(a, *, request): ..."))

    assert list(takes_a_request(module)) == ["workstreams/workflow.py:1"]


def test_the_whole_source_is_read():
    assert {Path(module.place).parts[0] for module in modules()} >= set(APPS) - {"reviews"}
