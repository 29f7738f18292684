"""The numbers by which other registers know an organisation."""

from importlib import import_module

from django.db import migrations, models

guard_again = import_module(
    "workstreams.migrations.0003_one_organisation_a_name_unit_and_sector"
).guard_again


class Migration(migrations.Migration):
    dependencies = [
        ("workstreams", "0004_name_rows_in_english"),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, guard_again),
        migrations.AddField(
            model_name="organisation",
            name="identifier",
            field=models.CharField(
                blank=True,
                help_text="As that register writes it, like 01234567, SC123456, 48 or EA75.",
                max_length=8,
                verbose_name="number or code",
            ),
        ),
        migrations.AddField(
            model_name="organisation",
            name="identifier_kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("companies house", "Companies House number"),
                    ("police force", "Code of a police force"),
                    ("government", "Key of a government body"),
                ],
                help_text="The register that knows it by a number. Never shown to the public.",
                max_length=15,
                verbose_name="identifier",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("identifier", ""), ("identifier_kind", "")),
                    models.Q(
                        models.Q(("identifier", ""), _negated=True),
                        models.Q(
                            models.Q(
                                ("identifier_kind", "companies house"),
                                ("sector__in", ["private", "government"]),
                            ),
                            models.Q(("identifier_kind", "police force"), ("sector", "police")),
                            models.Q(("identifier_kind", "government"), ("sector", "government")),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="organisation_identifier_of_its_sector",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("identifier_kind", "companies house"), ("state__in", ("proposed", "published"))
                ),
                fields=("identifier",),
                name="one_organisation_a_company_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("identifier_kind__in", ["police force", "government"]),
                    ("state__in", ("proposed", "published")),
                ),
                fields=("identifier_kind", "identifier", "unit"),
                name="one_organisation_a_code_and_unit",
            ),
        ),
        migrations.RunPython(guard_again, migrations.RunPython.noop),
    ]
