"""The database's own guard over append-only rows: triggers for whoever goes past the models (law 6).

Rows are never deleted, nor is a table emptied; a row never changes, save that its encrypted columns can
be written anew: new keys do that (`stepchange.rotation`), and erasing will blank them. What a snapshot or
a declaration with its interests held is named by the row's digest, and that by the event that recorded
it: `manage.py verify_audit` makes it again (`settings.RECORD_HELD`). An extension has no digest: its
reason in the event's personal words is what to hold it against.

A migration guards new tables by `guarding(...)`. SQLite remakes a table for any AlterField, and its
triggers go with the old one: such a migration guards it again. `manage.py verify_audit` and a test tell
when one is missing.
"""

from collections.abc import Callable
from typing import Any

from django.apps import apps as installed
from django.db import connection, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython

from stepchange.encryption import EncryptedTextField
from stepchange.models import AppendOnlyModel

REFUSAL = "The record is append-only"
REKEYED = f"""
CREATE OR REPLACE FUNCTION stepchange_only_rekey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '{REFUSAL}: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
"""On PostgreSQL; its arguments are the encrypted columns. `stepchange_refuse` is of migration 0002."""


def guarding(app: str, *names: str) -> RunPython:
    """Return the step of a migration that guards the tables of an app's models, by their names."""
    return RunPython(_for_each(app, names, _guard), _for_each(app, names, _lift))


def _for_each(
    app: str, names: tuple[str, ...], act: Callable[[Any, BaseDatabaseSchemaEditor], None]
) -> Callable[[Any, BaseDatabaseSchemaEditor], None]:
    def step(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(REKEYED, params=None)
        for name in names:
            act(apps.get_model(app, name), schema_editor)

    return step


def _guard(model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the triggers of a table; those that are there already are made anew."""
    _lift(model, schema_editor)
    table, name = model._meta.db_table, model._meta.model_name
    encrypted = _encrypted_columns(model)
    if schema_editor.connection.vendor == "postgresql":
        arguments = ", ".join(f"'{column}'" for column in encrypted)
        changing = f"stepchange_only_rekey({arguments})" if encrypted else "stepchange_refuse()"
        for guard, event, each, does in (
            ("never_changed", "UPDATE", "ROW", changing),
            ("never_deleted", "DELETE", "ROW", "stepchange_refuse()"),
            ("never_emptied", "TRUNCATE", "STATEMENT", "stepchange_refuse()"),
        ):
            schema_editor.execute(
                f"CREATE TRIGGER {name}_{guard} BEFORE {event} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION {does}",
                params=None,
            )
        return
    kept = [f.column for f in model._meta.concrete_fields if f.column not in encrypted]
    unchanged = " AND ".join(f'NEW."{column}" IS OLD."{column}"' for column in kept)
    when = f"WHEN NOT ({unchanged}) " if encrypted else ""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}.'); END"
    schema_editor.execute(
        f"CREATE TRIGGER {name}_never_changed BEFORE UPDATE ON {table} {when}{refuse}"
    )
    schema_editor.execute(f"CREATE TRIGGER {name}_never_deleted BEFORE DELETE ON {table} {refuse}")


def _lift(model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> None:
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for guard in ("never_changed", "never_deleted", "never_emptied"):
        where = f" ON {model._meta.db_table}" if on_postgresql else ""
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {model._meta.model_name}_{guard}{where}")


def _encrypted_columns(model: type[models.Model]) -> list[str]:
    fields = model._meta.concrete_fields
    return [str(field.column) for field in fields if isinstance(field, EncryptedTextField)]


# What stands guard ----------------------------------------------------------------------------------
def guarded_models() -> list[type[AppendOnlyModel]]:
    """Return every model whose rows are written once."""
    return [model for model in installed.get_models() if issubclass(model, AppendOnlyModel)]


def missing_guards() -> list[str]:
    """Return which triggers that keep rows append-only are absent or switched off."""
    expected, tables = set(), []
    for model in guarded_models():
        name = model._meta.model_name
        tables.append(model._meta.db_table)
        expected |= {f"{name}_{model.guarded_as}", f"{name}_never_deleted"}
        if connection.vendor == "postgresql":  # SQLite has no TRUNCATE
            expected.add(f"{name}_never_emptied")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
                "WHERE NOT tgisinternal AND tgenabled <> 'D' AND pg_table_is_visible(tgrelid) "
                "AND relname = ANY(%s)",
                [tables],
            )
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        present = {name for (name,) in cursor.fetchall()}
    return sorted(expected - present)
