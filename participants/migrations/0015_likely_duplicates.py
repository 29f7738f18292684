"""Find who may be one person with whom, merge them and part them again; those there already come first."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import stepchange.clock

POSTGRESQL = """
CREATE FUNCTION participants_no_chain_of_merges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.merged_into_id IS NOT NULL AND (
        EXISTS (SELECT 1 FROM participants_person
                WHERE id = NEW.merged_into_id AND merged_into_id IS NOT NULL)
        OR EXISTS (SELECT 1 FROM participants_person WHERE merged_into_id = NEW.id)
    ) THEN
        RAISE EXCEPTION 'Merges of people never chain.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER person_merges_never_chain
    BEFORE INSERT OR UPDATE OF merged_into_id ON participants_person
    FOR EACH ROW EXECUTE FUNCTION participants_no_chain_of_merges();
"""

POSTGRESQL_REVERSED = """
DROP TRIGGER person_merges_never_chain ON participants_person;
DROP FUNCTION participants_no_chain_of_merges();
"""

# (A new row was merged into by none; where it is merged itself, it must not be into a merged one.)
SQLITE = (
    """
CREATE TRIGGER person_merges_never_chain
BEFORE UPDATE OF merged_into_id ON participants_person
WHEN NEW.merged_into_id IS NOT NULL AND (
    EXISTS (SELECT 1 FROM participants_person
            WHERE id = NEW.merged_into_id AND merged_into_id IS NOT NULL)
    OR EXISTS (SELECT 1 FROM participants_person WHERE merged_into_id = NEW.id)
)
BEGIN SELECT RAISE(ABORT, 'Merges of people never chain.'); END
""",
    """
CREATE TRIGGER person_is_not_added_to_a_chain
BEFORE INSERT ON participants_person
WHEN EXISTS (SELECT 1 FROM participants_person
             WHERE id = NEW.merged_into_id AND merged_into_id IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'Merges of people never chain.'); END
""",
)


def guard(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in (POSTGRESQL,) if on_postgresql else SQLITE:
        schema_editor.execute(statement, params=None)


def lift(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_REVERSED, params=None)
    else:
        schema_editor.execute("DROP TRIGGER person_merges_never_chain")
        schema_editor.execute("DROP TRIGGER person_is_not_added_to_a_chain")


def compare_all(apps, schema_editor):
    """Let the next sweeps compare everybody who has submitted something."""
    submitted = apps.get_model("participants", "ExpressionOfInterest").objects.exclude(
        state="draft"
    )
    people = apps.get_model("participants", "Person").objects
    people.filter(pk__in=submitted.values("person")).update(likeness_due=True)


class Migration(migrations.Migration):
    # A later migration that remakes the table on SQLite ends with `RunPython(guard, lift)` of its own.

    dependencies = [
        ("participants", "0014_interest_cases"),
        ("workstreams", "0004_name_rows_in_english"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LikelyPair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("score", models.PositiveSmallIntegerField(default=0, verbose_name="points")),
                ("reasons", models.JSONField(default=list, verbose_name="why")),
                ("facts", models.CharField(blank=True, max_length=64)),
                (
                    "suggested_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="suggested"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("suggested", "To be looked at"),
                            ("dismissed", "Not the same person"),
                            ("merged", "Merged"),
                            ("lapsed", "No longer alike"),
                        ],
                        default="suggested",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
            ],
            options={
                "verbose_name": "likely duplicate",
                "verbose_name_plural": "likely duplicates",
            },
        ),
        migrations.CreateModel(
            name="LikenessKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("name", "Name"),
                            ("beginning", "Given name and the first letter of the family name"),
                            ("initial", "Family name and an initial"),
                            ("colleague", "Given name and employer"),
                            ("telephone", "Telephone"),
                            ("address", "Email address"),
                            ("referee", "Referee"),
                        ],
                        max_length=10,
                    ),
                ),
                ("key", models.CharField(max_length=32)),
            ],
            options={
                "verbose_name": "key of a person",
                "verbose_name_plural": "keys of people",
            },
        ),
        migrations.AddField(
            model_name="person",
            name="likeness_due",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="person",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="participants.person",
                verbose_name="merged into",
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(fields=["full_name", "id"], name="people_by_name"),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("likeness_due", True)),
                fields=["id"],
                name="people_to_be_compared",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into__isnull", True),
                    models.Q(("merged_into", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="person_not_merged_into_themself",
            ),
        ),
        migrations.AddField(
            model_name="likelypair",
            name="one",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="likely_as_one",
                to="participants.person",
            ),
        ),
        migrations.AddField(
            model_name="likelypair",
            name="other",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="likely_as_other",
                to="participants.person",
            ),
        ),
        migrations.AddField(
            model_name="likenesskey",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="likeness_keys",
                to="participants.person",
            ),
        ),
        migrations.AddIndex(
            model_name="likelypair",
            index=models.Index(fields=["other", "state"], name="likely_pairs_of_the_other"),
        ),
        migrations.AddIndex(
            model_name="likelypair",
            index=models.Index(
                condition=models.Q(("state", "suggested")),
                fields=["one", "other"],
                name="likely_pairs_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="likelypair",
            constraint=models.UniqueConstraint(
                fields=("one", "other"), name="one_likely_pair_of_two_people"
            ),
        ),
        migrations.AddConstraint(
            model_name="likelypair",
            constraint=models.CheckConstraint(
                condition=models.Q(("one__lt", models.F("other"))),
                name="likely_pair_is_of_two_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="likelypair",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["suggested", "dismissed", "merged", "lapsed"])),
                name="likely_pair_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="likenesskey",
            constraint=models.UniqueConstraint(
                fields=("key", "person"), name="one_likeness_key_a_person"
            ),
        ),
        migrations.RunPython(guard, lift),
        migrations.RunPython(compare_all, migrations.RunPython.noop, elidable=True),
    ]
