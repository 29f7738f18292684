"""The database itself refuses to change what was submitted, accepted, declared or given (law 6)."""

from __future__ import annotations

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.executor import MigrationExecutor

from participants import workflow
from participants.models import Declaration, Extension, Interest, Snapshot, Undertaking
from participants.workflow import declarations
from participants.workflow.declarations import InterestGiven
from stepchange import clock, guards, rotation
from stepchange.encryption import EncryptedTextField
from stepchange.querysets import AppendOnly
from tests.builders import make_submitted

pytestmark = pytest.mark.django_db
GUARDED = (Snapshot, Extension, Undertaking, Declaration, Interest)
OTHER_VALUES = {
    models.CharField: "'x'",
    models.DateTimeField: "'2018-05-01 00:00:00+00'",
    models.BooleanField: "NOT is_nil",
    models.UUIDField: f"'{'0' * 32}'",
    models.JSONField: """'{"other": "words"}'""",
}


@pytest.fixture(autouse=True)
def _one_row_of_each() -> None:
    sent = make_submitted()
    person = sent.person
    user = person.user
    assert user is not None
    workflow.undertakings.accept(person, by=user)
    declarations.sign(
        person,
        by=user,
        source=Declaration.Source.OWN,
        interests=[
            InterestGiven(kind="financial", party="Harbour Ltd", gain="A fee", since="2016")
        ],
    )
    given = {"until": clock.now(), "reason": "Flood", "by": user}
    Extension.objects.create(person=person, call=sent.call, **given)


def refused(*statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        connection.cursor().execute(" ".join(statement))


def plain_columns(model: type[models.Model]) -> list[models.Field]:
    fields = model._meta.concrete_fields
    return [field for field in fields if not isinstance(field, EncryptedTextField)]


def other_value(field: models.Field) -> str:
    """Return SQL for a value that the column could hold and does not."""
    for kind, value in OTHER_VALUES.items():
        if isinstance(field, kind):
            return value
    return f"coalesce({field.column}, 0) + 90"


@pytest.mark.parametrize(
    ("model", "column"),
    [(model, field.column) for model in GUARDED for field in plain_columns(model)],
)
def test_no_plain_column_changes(model, column):
    field = next(each for each in plain_columns(model) if each.column == column)
    refused("UPDATE", model._meta.db_table, "SET", column, "=", other_value(field))


@pytest.mark.parametrize("model", GUARDED)
def test_no_row_is_deleted(model):
    refused("DELETE FROM", model._meta.db_table)


@pytest.mark.postgresql
@pytest.mark.parametrize("model", GUARDED)
def test_no_table_is_emptied(model):
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")  # else it waits for those first
    refused("TRUNCATE", model._meta.db_table, "CASCADE")


@pytest.mark.parametrize("model", GUARDED)
def test_nothing_beside_the_encrypted_columns_changes_with_them(model):
    encrypted = [f.column for f in model._meta.concrete_fields if isinstance(f, EncryptedTextField)]
    for column in encrypted:
        refused("UPDATE", model._meta.db_table, "SET", column, "=", column, ", id = id + 90")


def test_new_keys_write_the_encrypted_columns_anew(settings):
    before = Snapshot.objects.get().answers
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]

    written = {outcome.name: outcome.written for outcome in rotation.rotate_all()}

    for name in ("Interest.party", "Interest.gain", "Snapshot.answers", "Extension.reason"):
        assert written[f"participants.{name}"] >= 1
    assert Interest.objects.get().party == "Harbour Ltd"
    assert Snapshot.objects.get().answers == before


@pytest.mark.parametrize("model", GUARDED)
def test_the_models_refuse_before_the_database_does(model):
    row = model._default_manager.all()[0]
    for attempt in (row.save, row.delete, model.objects.all().delete, model.objects.update):
        with pytest.raises(AppendOnly):
            attempt()


def test_whatever_is_written_once_is_guarded():
    assert set(GUARDED) <= set(guards.guarded_models())
    assert guards.missing_guards() == []


@pytest.mark.parametrize("model", GUARDED)
def test_verifying_the_record_names_a_guard_that_is_missing(model):
    name = f"{model._meta.model_name}_never_changed"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER {name}")
        else:
            cursor.execute(f"DROP TRIGGER {name}")

    with pytest.raises(CommandError, match=rf"no {name}\.$"):
        call_command("verify_audit", stdout=StringIO(), stderr=StringIO())


def test_guarding_twice_is_guarding_once():
    """A migration that remakes a table on SQLite guards it again."""
    apps = MigrationExecutor(connection).loader.project_state().apps
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    step = guards.guarding("participants", "Undertaking")
    editor = connection.schema_editor(atomic=False)
    step.reverse_code(apps, editor)
    missing = guards.missing_guards()
    step.code(apps, editor)
    step.code(apps, editor)

    assert {name.partition("_")[0] for name in missing} == {"undertaking"}
    assert guards.missing_guards() == []
