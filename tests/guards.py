"""Lifting the database's guards over the record: for the flush after a test, and for playing the forger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from django.db import connection
from django.test import TransactionTestCase

from stepchange import guards


@contextmanager
def lifted() -> Iterator[None]:
    """Let anything be done to the record, as whoever owns the database could; then guard it again."""
    if connection.vendor == "postgresql":
        tables = [model._meta.db_table for model in guards.guarded_models()]
        # Outside the flush we are in the test's transaction, whose deferred checks would refuse.
        _execute("SET CONSTRAINTS ALL IMMEDIATE")
        _execute(*(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables))
        yield
        _execute("SET CONSTRAINTS ALL IMMEDIATE")
        _execute(*(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables))
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    _execute(*(f"DROP TRIGGER {name}" for name, _sql in triggers))
    yield
    _execute(*(sql for _name, sql in triggers))


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def lifted_by_flushes() -> Iterator[None]:
    """Let Django empty the tables after each test that commits: the guards stand during every test."""
    with patch.object(TransactionTestCase, "_fixture_teardown", _past_the_guards):
        yield


_tear_down: Callable[[TransactionTestCase], None] = vars(TransactionTestCase)["_fixture_teardown"]


def _past_the_guards(case: TransactionTestCase) -> None:
    with lifted():
        _tear_down(case)
