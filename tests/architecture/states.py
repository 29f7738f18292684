"""Finds in the source what writes a state, and what moves one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module

import pytest
from django.apps import apps
from django.db import models

from stepchange.transitions import Table
from tests.architecture.source import APPS, ROOT, Module

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


def moves_in(function: ast.FunctionDef, table: str, how: str = "move") -> Iterator[str]:
    """Yield the names of the transitions of a table that a function makes."""
    for node in ast.walk(function):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=named), attr=attribute),
                args=[_, ast.Constant(value=str() as transition), *_],
            ) if (named, attribute) == (table, how):
                yield transition
