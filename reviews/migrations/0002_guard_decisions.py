"""Let the database itself keep what was decided as it was, and what a key or a view says."""

from typing import Any

from django.db import migrations

from stepchange.guards import REFUSAL, guarding

CHANGING = {
    "key": ("state", "ended_at", "void_because", "reason", "notes"),
    "settlementview": ("state", "ended_at", "reason"),
}
"""What may change of a key and of a view: how it ended, and the keys its words rest encrypted with."""


def guard(apps: Any, schema_editor: Any) -> None:
    """Refuse to change what a key or a view says, or to delete it."""
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for name, changing in CHANGING.items():
        model = apps.get_model("reviews", name)
        table = model._meta.db_table
        if on_postgresql:
            named = ", ".join(f"'{column}'" for column in changing)
            for event, each, does in (
                ("UPDATE", "ROW", f"stepchange_only_rekey({named})"),
                ("DELETE", "ROW", "stepchange_refuse()"),
                ("TRUNCATE", "STATEMENT", "stepchange_refuse()"),
            ):
                schema_editor.execute(
                    f"CREATE TRIGGER {name}_no_{event.lower()} BEFORE {event} ON {table} "
                    f"FOR EACH {each} EXECUTE FUNCTION {does}",
                    params=None,
                )
            continue
        kept = [f.column for f in model._meta.concrete_fields if f.column not in changing]
        unchanged = " AND ".join(f'NEW."{column}" IS OLD."{column}"' for column in kept)
        refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}.'); END"
        schema_editor.execute(
            f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {table} "
            f"WHEN NOT ({unchanged}) {refuse}"
        )
        schema_editor.execute(f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {table} {refuse}")


def lift(apps: Any, schema_editor: Any) -> None:
    """Take the guards away again."""
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for name in CHANGING:
        table = apps.get_model("reviews", name)._meta.db_table
        for event in ("update", "delete", "truncate"):
            where = f" ON {table}" if on_postgresql else ""
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}_no_{event}{where}")


class Migration(migrations.Migration):
    # On SQLite a later migration that remakes one of these tables ends with the same steps again.

    dependencies = [
        ("reviews", "0001_joint_decisions"),
        ("stepchange", "0002_guard_the_record"),
    ]

    operations = [
        guarding("reviews", "Recusal", "Reassignment", "Decision", "Release", "Reopening"),
        migrations.RunPython(guard, lift),
    ]
