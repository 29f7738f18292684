"""One entry a name, unit and sector: a port's police and a port's authority may bear one name."""

from importlib import import_module

from django.db import migrations, models

register = import_module("workstreams.migrations.0002_register_by_names_domains_and_merges")


def guard_again(apps, schema_editor):
    """Put back the triggers that go with the table which SQLite remakes; PostgreSQL keeps them."""
    if schema_editor.connection.vendor == "sqlite":
        register.guard(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [
        ("workstreams", "0002_register_by_names_domains_and_merges"),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, guard_again),
        migrations.RemoveConstraint(
            model_name="organisation",
            name="one_organisation_a_name_and_unit",
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.UniqueConstraint(
                fields=("name", "unit", "sector"), name="one_organisation_a_name_unit_and_sector"
            ),
        ),
        migrations.RunPython(guard_again, migrations.RunPython.noop),
    ]
