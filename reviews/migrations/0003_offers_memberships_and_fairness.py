"""Offers with their last day, reserve lists, memberships, ethics reviews and the settings of fairness."""

import uuid
from typing import Any

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import stepchange.clock
import stepchange.encryption
from stepchange.guards import guarding


def make_settings(apps: Any, _schema_editor: Any) -> None:
    """Make the one row of settings, with the defaults, for the office to change."""
    apps.get_model("reviews", "FairnessSettings").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0019_checks_that_contradict_are_flagged"),
        ("projects", "0002_identity_level_by_project"),
        ("reviews", "0002_guard_decisions"),
        ("workstreams", "0005_register_identifiers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FairnessSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "slug",
                    models.SlugField(
                        default="fairness", editable=False, max_length=20, unique=True
                    ),
                ),
                (
                    "take_up_days",
                    models.PositiveSmallIntegerField(
                        default=14,
                        help_text="UK calendar days after the day of the offer; the last day counts whole.",
                        validators=[
                            django.core.validators.MinValueValidator(3),
                            django.core.validators.MaxValueValidator(90),
                        ],
                        verbose_name="days to take up an offer",
                    ),
                ),
                (
                    "remind_days",
                    models.PositiveSmallIntegerField(
                        default=3,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(30),
                        ],
                        verbose_name="days before an offer lapses to remind",
                    ),
                ),
                (
                    "least_police",
                    models.PositiveSmallIntegerField(
                        default=20,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="police, at least (%)",
                    ),
                ),
                (
                    "most_police",
                    models.PositiveSmallIntegerField(
                        default=50,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="police, at most (%)",
                    ),
                ),
                (
                    "least_private",
                    models.PositiveSmallIntegerField(
                        default=25,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="private sector, at least (%)",
                    ),
                ),
                (
                    "most_private",
                    models.PositiveSmallIntegerField(
                        default=60,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="private sector, at most (%)",
                    ),
                ),
                (
                    "least_government",
                    models.PositiveSmallIntegerField(
                        default=10,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="government, at least (%)",
                    ),
                ),
                (
                    "most_government",
                    models.PositiveSmallIntegerField(
                        default=50,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="government, at most (%)",
                    ),
                ),
                (
                    "least_seats",
                    models.PositiveSmallIntegerField(
                        default=4,
                        help_text="Of fewer seats a share says nothing: one member is all of one.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="seats from which shares count",
                    ),
                ),
                (
                    "most_seats_of_group",
                    models.PositiveSmallIntegerField(
                        default=40,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="seats of a project held by one group, at most (%)",
                    ),
                ),
                (
                    "least_leads",
                    models.PositiveSmallIntegerField(
                        default=3,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="leads from which their shares count",
                    ),
                ),
                (
                    "most_leads_of_group",
                    models.PositiveSmallIntegerField(
                        default=50,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="leads of a work-stream held by one group, at most (%)",
                    ),
                ),
                (
                    "most_herfindahl",
                    models.PositiveSmallIntegerField(
                        default=40,
                        help_text="From 0 to 100 hundredths: 25 is four groups with equal shares, 100 is one alone.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="Herfindahl index of a project, at most (hundredths)",
                    ),
                ),
            ],
            options={
                "verbose_name": "settings of offers and fairness",
                "verbose_name_plural": "settings of offers and fairness",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="one_row_of_fairness_settings"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("least_police__lte", models.F("most_police")),
                            ("least_private__lte", models.F("most_private")),
                            ("least_government__lte", models.F("most_government")),
                        ),
                        name="fairness_bands_not_upside_down",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("take_up_days__gt", models.F("remind_days"))),
                        name="fairness_reminds_before_it_lapses",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Complaint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "about",
                    models.CharField(
                        choices=[
                            ("decision", "How a decision was taken"),
                            ("office", "The coordination office, or somebody of it"),
                            ("co-chair", "A co-chair or deputy"),
                            ("other", "Something else"),
                        ],
                        max_length=10,
                        verbose_name="about",
                    ),
                ),
                ("text", stepchange.encryption.EncryptedTextField(verbose_name="what happened")),
                (
                    "made_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="made"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("made", "Waiting for an answer"), ("answered", "Answered")],
                        default="made",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "answer",
                    stepchange.encryption.EncryptedTextField(blank=True, verbose_name="answer"),
                ),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered"),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="answered by",
                    ),
                ),
                (
                    "concerns",
                    models.ManyToManyField(
                        blank=True,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="whom it is about",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="complaints",
                        to="participants.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "complaint",
                "verbose_name_plural": "complaints",
                "ordering": ("-made_at",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("about__in", ["decision", "office", "co-chair", "other"])
                        ),
                        name="complaint_about_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answer", ""),
                                ("answered_at__isnull", True),
                                ("answered_by__isnull", True),
                                ("state", "made"),
                            ),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                                ("state", "answered"),
                                models.Q(("answer", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="complaint_answered_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EthicsReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("why", models.JSONField(default=list, verbose_name="why")),
                ("seats", models.PositiveSmallIntegerField(verbose_name="seats of the group then")),
                ("figures", models.JSONField(default=dict, verbose_name="figures then")),
                (
                    "opened_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="opened"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("cleared", "Cleared"),
                            ("conditions", "Cleared with conditions"),
                            ("not cleared", "Not cleared"),
                        ],
                        default="open",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "reason",
                    stepchange.encryption.EncryptedTextField(blank=True, verbose_name="reason"),
                ),
                (
                    "conditions",
                    stepchange.encryption.EncryptedTextField(blank=True, verbose_name="conditions"),
                ),
                (
                    "settled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="recorded"),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ethics_reviews",
                        to="workstreams.organisation",
                        verbose_name="group",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ethics_reviews",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
            ],
            options={
                "verbose_name": "ethics review",
                "verbose_name_plural": "ethics reviews",
                "ordering": ("-opened_at",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("project", "organisation"),
                        name="one_open_ethics_review_a_project_and_group",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["open", "cleared", "conditions", "not cleared"])
                        ),
                        name="ethics_review_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("reason", ""),
                                ("settled_at__isnull", True),
                                ("settled_by__isnull", True),
                                ("state", "open"),
                            ),
                            models.Q(
                                models.Q(("state", "open"), _negated=True),
                                ("settled_at__isnull", False),
                                ("settled_by__isnull", False),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="ethics_review_settled_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state", "conditions"), models.Q(("conditions", ""), _negated=True)
                            ),
                            models.Q(
                                models.Q(("state", "conditions"), _negated=True), ("conditions", "")
                            ),
                            _connector="OR",
                        ),
                        name="ethics_review_conditions_said",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "role",
                    models.CharField(
                        choices=[("lead", "Lead"), ("member", "Member")],
                        default="member",
                        max_length=8,
                        verbose_name="role",
                    ),
                ),
                (
                    "starts_on",
                    models.DateField(default=stepchange.clock.today, verbose_name="first day"),
                ),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="last day")),
                ("hours", models.PositiveSmallIntegerField(verbose_name="hours a month")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("suspended", "Suspended"),
                            ("ended", "Ended"),
                        ],
                        default="active",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("why", stepchange.encryption.EncryptedTextField(blank=True, verbose_name="why")),
                (
                    "changed_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="changed"),
                ),
                (
                    "choice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="membership",
                        to="participants.projectchoice",
                        verbose_name="project choice",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="participants.person",
                        verbose_name="person",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
            ],
            options={
                "verbose_name": "membership",
                "verbose_name_plural": "memberships",
                "ordering": ("project", "-starts_on"),
                "indexes": [
                    models.Index(fields=["project", "state"], name="memberships_by_project"),
                    models.Index(
                        condition=models.Q(("state", "ended"), _negated=True),
                        fields=["ends_on"],
                        name="memberships_by_last_day",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "ended"), _negated=True),
                        fields=("person", "project"),
                        name="one_live_membership_a_person_and_project",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("role", "lead"), models.Q(("state", "ended"), _negated=True)
                        ),
                        fields=("project",),
                        name="one_live_lead_a_project",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["active", "suspended", "ended"])),
                        name="membership_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["lead", "member"])),
                        name="membership_role_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_on__isnull", True),
                            ("ends_on__gte", models.F("starts_on")),
                            _connector="OR",
                        ),
                        name="membership_ends_after_it_starts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hours__gte", 1), ("hours__lte", 200)),
                        name="membership_hours_sensible",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NeighbourSuggestion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "suggested_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="suggested"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("suggested", "Waiting for them"),
                            ("taken up", "Taken up"),
                            ("turned down", "Turned down"),
                        ],
                        default="suggested",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered"),
                ),
                (
                    "choice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="neighbours_suggested",
                        to="participants.projectchoice",
                        verbose_name="instead of",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
            ],
            options={
                "verbose_name": "neighbouring project suggested",
                "verbose_name_plural": "neighbouring projects suggested",
                "ordering": ("-suggested_at",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("choice", "project"), name="one_suggestion_a_choice_and_project"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["suggested", "taken up", "turned down"])),
                        name="neighbour_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at__isnull", True), ("state", "suggested")),
                            models.Q(
                                models.Q(("state", "suggested"), _negated=True),
                                ("answered_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="neighbour_answered_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                (
                    "made_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="made"),
                ),
                ("take_up_by", models.DateField(verbose_name="to be taken up by")),
                (
                    "choice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="participants.projectchoice",
                        verbose_name="choice",
                    ),
                ),
            ],
            options={
                "verbose_name": "offer",
                "verbose_name_plural": "offers",
                "ordering": ("choice", "-number"),
                "indexes": [models.Index(fields=["take_up_by"], name="offers_by_last_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("choice", "number"), name="one_offer_a_choice_and_number"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Reconsideration",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "decision_key",
                    models.CharField(max_length=64, unique=True, verbose_name="decision"),
                ),
                (
                    "grounds",
                    stepchange.encryption.EncryptedTextField(verbose_name="what to look at again"),
                ),
                (
                    "asked_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="asked"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Waiting for an answer"),
                            ("stands", "The decision stands"),
                            ("again", "To be decided again"),
                        ],
                        default="asked",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "answer",
                    stepchange.encryption.EncryptedTextField(blank=True, verbose_name="answer"),
                ),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered"),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="answered by",
                    ),
                ),
                (
                    "choice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reconsiderations",
                        to="participants.projectchoice",
                        verbose_name="project choice",
                    ),
                ),
            ],
            options={
                "verbose_name": "request to look at a decision again",
                "verbose_name_plural": "requests to look at decisions again",
                "ordering": ("-asked_at",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["asked", "stands", "again"])),
                        name="reconsideration_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answer", ""),
                                ("answered_at__isnull", True),
                                ("answered_by__isnull", True),
                                ("state", "asked"),
                            ),
                            models.Q(
                                models.Q(("state", "asked"), _negated=True),
                                models.Q(("answer", ""), _negated=True),
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="reconsideration_answered_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReservePlace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("position", models.PositiveIntegerField(verbose_name="order")),
                ("since", models.DateTimeField(default=stepchange.clock.now, verbose_name="since")),
                (
                    "choice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reserve_place",
                        to="participants.projectchoice",
                        verbose_name="project choice",
                    ),
                ),
            ],
            options={
                "verbose_name": "place on a reserve list",
                "verbose_name_plural": "places on reserve lists",
                "indexes": [models.Index(fields=["position"], name="reserve_in_order")],
            },
        ),
        guarding("reviews", "Offer"),
        migrations.RunPython(make_settings, migrations.RunPython.noop),
    ]
