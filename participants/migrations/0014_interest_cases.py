"""Give each declared interest its case, and open one for what was declared so far."""

import json
import unicodedata
import uuid
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils.crypto import salted_hmac

import stepchange.clock
import stepchange.encryption


def open_cases(apps: Any, _schema_editor: Any) -> None:
    """Open a case for each interest ever declared: at the newest row that says it in the same words."""
    cases = apps.get_model("participants", "InterestCase")
    said = apps.get_model("participants", "Interest").objects.select_related(
        "declaration__person", "project"
    )
    opened: dict[tuple[int, str], Any] = {}
    for interest in said.order_by(
        "declaration__person", "declaration__number", "position"
    ).iterator():
        declaration = interest.declaration
        key = declaration.person_id, _key_of(interest)
        if key in opened:
            opened[key].interest = interest
        else:
            opened[key] = cases(
                person=declaration.person,
                key=key[1],
                interest=interest,
                first_interest=interest,
                opened_at=declaration.signed_at,
            )
    cases.objects.bulk_create(opened.values(), batch_size=500)


def _key_of(interest: Any) -> str:
    said = [
        str(interest.declaration.person.public_id),
        interest.kind,
        interest.project.code if interest.project else "",
        _plainly(interest.party),
        _plainly(interest.gain),
    ]
    salt, text = "participants.interest_case", json.dumps(said)
    return salted_hmac(salt, text, algorithm="sha256").hexdigest()


def _plainly(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0013_validations_checks_and_referees"),
        ("projects", "0001_initial"),
        ("workstreams", "0004_name_rows_in_english"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="InterestCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("key", models.CharField(editable=False, max_length=64)),
                (
                    "opened_at",
                    models.DateTimeField(
                        default=stepchange.clock.now, verbose_name="first declared"
                    ),
                ),
                (
                    "nature",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("actual", "Actual conflict"),
                            ("potential", "Potential conflict"),
                            ("perceived", "Perceived conflict"),
                            ("none", "No conflict"),
                        ],
                        max_length=10,
                        verbose_name="nature",
                    ),
                ),
                (
                    "reason",
                    stepchange.encryption.EncryptedTextField(blank=True, verbose_name="reason"),
                ),
                (
                    "relied_on",
                    models.CharField(blank=True, max_length=16, verbose_name="version assessed"),
                ),
                (
                    "assessed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="assessed"),
                ),
                (
                    "mitigation",
                    stepchange.encryption.EncryptedTextField(
                        blank=True, verbose_name="what is to be done"
                    ),
                ),
                (
                    "check_on",
                    models.DateField(blank=True, null=True, verbose_name="to be checked by"),
                ),
                (
                    "proof",
                    stepchange.encryption.EncryptedTextField(
                        blank=True, verbose_name="what shows that it is done"
                    ),
                ),
                (
                    "proved_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="shown to be done"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("declared", "Declared"),
                            ("assessed", "Assessed"),
                            ("no action", "No action needed"),
                            ("managed", "Managed"),
                            ("excluded", "Excluded"),
                        ],
                        default="declared",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "assessed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assessed by",
                    ),
                ),
                (
                    "excluded_stream",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workstreams.workstream",
                        verbose_name="excluded from the whole of",
                    ),
                ),
                (
                    "first_interest",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="participants.interest",
                        verbose_name="first said as",
                    ),
                ),
                (
                    "interest",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="participants.interest",
                        verbose_name="interest",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="interest_cases",
                        to="participants.person",
                        verbose_name="person",
                    ),
                ),
                (
                    "proved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proof recorded by",
                    ),
                ),
            ],
            options={
                "verbose_name": "declared interest",
                "verbose_name_plural": "declared interests",
                "ordering": ("-opened_at",),
            },
        ),
        migrations.CreateModel(
            name="InterestExclusion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exclusions",
                        to="participants.interestcase",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
            ],
            options={
                "verbose_name": "exclusion from a project",
                "verbose_name_plural": "exclusions from projects",
            },
        ),
        migrations.AddField(
            model_name="interestcase",
            name="excluded_from",
            field=models.ManyToManyField(
                related_name="+",
                through="participants.InterestExclusion",
                to="projects.project",
                verbose_name="excluded from",
            ),
        ),
        migrations.AddConstraint(
            model_name="interestexclusion",
            constraint=models.UniqueConstraint(
                fields=("case", "project"), name="one_exclusion_a_case_and_project"
            ),
        ),
        migrations.AddIndex(
            model_name="interestcase",
            index=models.Index(fields=["state", "check_on"], name="interest_cases_by_check"),
        ),
        migrations.AddIndex(
            model_name="interestcase",
            index=models.Index(fields=["opened_at"], name="interest_cases_by_age"),
        ),
        migrations.AddConstraint(
            model_name="interestcase",
            constraint=models.UniqueConstraint(
                fields=("person", "key"), name="one_interest_case_a_person_and_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="interestcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["declared", "assessed", "no action", "managed", "excluded"])
                ),
                name="interest_case_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="interestcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("assessed_at__isnull", True),
                        ("assessed_by__isnull", True),
                        ("nature", ""),
                        ("relied_on", ""),
                        ("state", "declared"),
                    ),
                    models.Q(
                        models.Q(("state", "declared"), _negated=True),
                        ("nature__in", ["actual", "potential", "perceived", "none"]),
                        models.Q(("relied_on", ""), _negated=True),
                        models.Q(("reason", ""), _negated=True),
                        ("assessed_at__isnull", False),
                        ("assessed_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="interest_case_assessed_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="interestcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("check_on__isnull", False),
                        ("owner__isnull", False),
                        ("state", "managed"),
                        models.Q(("mitigation", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state", "managed"), _negated=True),
                        ("check_on__isnull", True),
                        ("mitigation", ""),
                        ("owner__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="interest_case_managed_by_an_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="interestcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("proof", ""), ("proved_at__isnull", True), ("proved_by__isnull", True)
                    ),
                    models.Q(
                        ("proved_at__isnull", False),
                        ("proved_by__isnull", False),
                        ("state", "managed"),
                        models.Q(("proof", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="interest_case_proved_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="interestcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "excluded"), ("excluded_stream__isnull", True), _connector="OR"
                ),
                name="interest_case_excludes_when_excluded",
            ),
        ),
        migrations.RunPython(open_cases, migrations.RunPython.noop, elidable=True),
    ]
