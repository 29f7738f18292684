"""Make the record append-only in the database itself, whoever goes past the models (law 6).

Events and seals are never deleted (nor truncated), seals never changed; an event changes once, to
erase its personal words. A later migration that remakes one of the tables on SQLite (any AlterField
there) drops its triggers: it ends with `RunPython(guard, lift)` of its own. `manage.py verify_audit`
and a test tell when one is missing.
"""

from django.db import migrations

ERASED = ("personal", "salt", "erased_at")
REFUSAL = "The record is append-only"

POSTGRESQL = f"""
CREATE FUNCTION stepchange_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{REFUSAL}: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION stepchange_only_erase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL
        AND NEW.salt = '' AND NEW.personal = '{{}}'::jsonb
        AND to_jsonb(NEW) - ARRAY['personal', 'salt', 'erased_at']
          = to_jsonb(OLD) - ARRAY['personal', 'salt', 'erased_at']
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '{REFUSAL}: an event changes only to erase its personal words.'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER event_changed_only_to_erase BEFORE UPDATE ON stepchange_event
    FOR EACH ROW EXECUTE FUNCTION stepchange_only_erase();
CREATE TRIGGER event_never_deleted BEFORE DELETE ON stepchange_event
    FOR EACH ROW EXECUTE FUNCTION stepchange_refuse();
CREATE TRIGGER event_never_emptied BEFORE TRUNCATE ON stepchange_event
    FOR EACH STATEMENT EXECUTE FUNCTION stepchange_refuse();
CREATE TRIGGER seal_never_changed BEFORE UPDATE ON stepchange_seal
    FOR EACH ROW EXECUTE FUNCTION stepchange_refuse();
CREATE TRIGGER seal_never_deleted BEFORE DELETE ON stepchange_seal
    FOR EACH ROW EXECUTE FUNCTION stepchange_refuse();
CREATE TRIGGER seal_never_emptied BEFORE TRUNCATE ON stepchange_seal
    FOR EACH STATEMENT EXECUTE FUNCTION stepchange_refuse();
"""

POSTGRESQL_REVERSED = """
DROP TRIGGER event_changed_only_to_erase ON stepchange_event;
DROP TRIGGER event_never_deleted ON stepchange_event;
DROP TRIGGER event_never_emptied ON stepchange_event;
DROP TRIGGER seal_never_changed ON stepchange_seal;
DROP TRIGGER seal_never_deleted ON stepchange_seal;
DROP TRIGGER seal_never_emptied ON stepchange_seal;
DROP FUNCTION stepchange_only_erase();
DROP FUNCTION stepchange_refuse();
"""


def sqlite_guards(event):
    """Yield the triggers for SQLite, which has to name each column that stays."""
    kept = [field.column for field in event._meta.concrete_fields if field.name not in ERASED]
    unchanged = " AND ".join(f'NEW."{column}" IS OLD."{column}"' for column in kept)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}.'); END"
    yield (
        "CREATE TRIGGER event_changed_only_to_erase BEFORE UPDATE ON stepchange_event "
        "WHEN NOT (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL "
        f"AND NEW.salt = '' AND NEW.personal = '{{}}' AND {unchanged}) {refuse}"
    )
    yield f"CREATE TRIGGER event_never_deleted BEFORE DELETE ON stepchange_event {refuse}"
    yield f"CREATE TRIGGER seal_never_changed BEFORE UPDATE ON stepchange_seal {refuse}"
    yield f"CREATE TRIGGER seal_never_deleted BEFORE DELETE ON stepchange_seal {refuse}"


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL, params=None)
    else:
        for statement in sqlite_guards(apps.get_model("stepchange", "Event")):
            schema_editor.execute(statement)


def lift(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_REVERSED, params=None)
    else:
        for name in (
            "event_changed_only_to_erase",
            "event_never_deleted",
            "seal_never_changed",
            "seal_never_deleted",
        ):
            schema_editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("stepchange", "0001_initial")]

    operations = [migrations.RunPython(guard, lift)]
