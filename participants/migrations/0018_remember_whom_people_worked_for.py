"""Whom people gave as their employer outlives what they say later: law 3 asks it."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from stepchange import clock


def remember(apps: Any, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remember whom each person works for, and whom a validation, a check or a referee of theirs was about.

    Until when they worked for the latter is not known any more: it counts for a year from today.
    """
    people = apps.get_model("participants", "Person")._default_manager
    validations = apps.get_model("participants", "Validation")._default_manager
    checks = apps.get_model("participants", "Check")._default_manager
    requests = apps.get_model("participants", "RefereeRequest")._default_manager
    worked_for = apps.get_model("participants", "WorkedFor")
    now = dict(people.exclude(organisation=None).values_list("pk", "organisation"))
    then = {
        *validations.exclude(organisation=None).values_list("person", "organisation"),
        *requests.exclude(organisation=None).values_list("validation__person", "organisation"),
        *checks.exclude(organisation=None).values_list("validation__person", "organisation"),
    } - set(now.items())
    instant = clock.now()
    worked_for._default_manager.bulk_create(
        [
            *(worked_for(person_id=one, organisation_id=entry) for one, entry in now.items()),
            *(
                worked_for(person_id=one, organisation_id=entry, until=instant)
                for one, entry in sorted(then)
            ),
        ],
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0017_keep_referees_answers_and_what_was_relied_on"),
        ("workstreams", "0005_register_identifiers"),
    ]

    operations = [
        migrations.CreateModel(
            name="WorkedFor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("until", models.DateTimeField(blank=True, null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="people_then",
                        to="workstreams.organisation",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="worked_for",
                        to="participants.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "employer given",
                "verbose_name_plural": "employers given",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("person", "organisation"), name="one_row_a_person_and_employer"
                    )
                ],
            },
        ),
        migrations.RunPython(remember, migrations.RunPython.noop, elidable=True),
    ]
