"""Lifting the database's guards over the record: for the flush after a test, and for playing the forger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from django.db import connection, transaction
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


# What `migrate` writes after its last migration, the same each time: a flush would write it anew.
KEPT = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


def _past_the_guards(_case: TransactionTestCase) -> None:
    """Empty what the test filled, in a tenth of the time of Django's own flush of every table."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            _execute("SET LOCAL session_replication_role = replica")  # no trigger, no foreign key
            _empty_tables()
        return
    with lifted(), transaction.atomic():  # foreign keys are asked at the commit
        _empty_tables()


def _empty_tables() -> None:
    _execute(*(f"DELETE FROM {table}" for table in filled_tables()))  # noqa: S608


def filled_tables() -> list[str]:
    """Return the tables in which there is more than `migrate` leaves there."""
    tables = sorted({*connection.introspection.django_table_names()} - KEPT)
    filled = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(filled))
        return [table for (table,) in cursor.fetchall()]
