"""Who must declare, the register of interests, and the conflicts that the portal suggests."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import stepchange.clock
import stepchange.encryption
from stepchange.guards import guarding


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0015_likely_duplicates"),
        ("projects", "0001_initial"),
        ("stepchange", "0005_name_rows_in_english"),
        ("workstreams", "0004_name_rows_in_english"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Uncompared",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="uncompared",
                        serialize=False,
                        to="stepchange.event",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Declarant",
            fields=[],
            options={
                "verbose_name": "person who must declare",
                "verbose_name_plural": "people who must declare",
                "proxy": True,
                "default_permissions": ("view",),
                "indexes": [],
                "constraints": [],
            },
            bases=("stepchange.user",),
        ),
        migrations.CreateModel(
            name="RegisterHolder",
            fields=[],
            options={
                "verbose_name": "entry in the register of interests",
                "verbose_name_plural": "entries in the register of interests",
                "proxy": True,
                "default_permissions": ("view", "change"),
                "indexes": [],
                "constraints": [],
            },
            bases=("stepchange.user",),
        ),
        migrations.CreateModel(
            name="RegisterWithholding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("is_lifted", models.BooleanField(default=False, verbose_name="let in")),
                ("reason", stepchange.encryption.EncryptedTextField(verbose_name="reason")),
                ("at", models.DateTimeField(default=stepchange.clock.now, verbose_name="when")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "interest",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withholdings",
                        to="participants.interest",
                    ),
                ),
            ],
            options={
                "verbose_name": "mark in the register of interests",
                "verbose_name_plural": "marks in the register of interests",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="ConflictSuggestion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("reasons", models.JSONField(default=list, verbose_name="reasons")),
                ("facts_digest", models.CharField(max_length=16, unique=True)),
                (
                    "raised_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="suggested"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("suggested", "Waiting"),
                            ("accepted", "Accepted as a conflict"),
                            ("dismissed", "Dismissed"),
                            ("lapsed", "No longer so"),
                        ],
                        default="suggested",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suggestions",
                        to="workstreams.organisation",
                        verbose_name="in common",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suggestions_with",
                        to="participants.person",
                        verbose_name="and",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suggestions",
                        to="participants.person",
                        verbose_name="person",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suggestions",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "work_stream",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suggestions",
                        to="workstreams.workstream",
                        verbose_name="work-stream",
                    ),
                ),
            ],
            options={
                "verbose_name": "suggested conflict",
                "verbose_name_plural": "suggested conflicts",
                "ordering": ("-raised_at", "-id"),
                "indexes": [
                    models.Index(fields=["state", "-raised_at"], name="suggestion_by_state")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["suggested", "accepted", "dismissed", "lapsed"])
                        ),
                        name="suggestion_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("other__isnull", True),
                                ("project__isnull", False),
                                ("work_stream__isnull", True),
                            ),
                            models.Q(
                                ("other__isnull", False),
                                ("project__isnull", True),
                                ("work_stream__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="suggestion_for_a_project_or_a_work_stream",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("other__isnull", True),
                            models.Q(("other", models.F("person")), _negated=True),
                            _connector="OR",
                        ),
                        name="suggestion_between_two",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InterestParty",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_whole", models.BooleanField()),
                (
                    "interest",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parties",
                        to="participants.interest",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="declared_in",
                        to="workstreams.organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "organisation named in an interest",
                "verbose_name_plural": "organisations named in interests",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("interest", "organisation"),
                        name="one_link_an_interest_and_organisation",
                    )
                ],
            },
        ),
        guarding("participants", "RegisterWithholding"),
    ]
