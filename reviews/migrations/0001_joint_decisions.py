"""Keys, splits, joint decisions, and who stands aside or in."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import stepchange.clock
import stepchange.encryption
import stepchange.references


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("participants", "0019_checks_that_contradict_are_flagged"),
        ("workstreams", "0005_register_identifiers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Key",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("round", models.PositiveSmallIntegerField(default=1, verbose_name="round")),
                (
                    "side",
                    models.CharField(
                        choices=[("business", "Business"), ("police", "Police")],
                        max_length=10,
                        verbose_name="side",
                    ),
                ),
                (
                    "cast_as",
                    models.CharField(
                        choices=[
                            ("co-chair", "Co-chair"),
                            ("deputy", "Deputy"),
                            ("stand-in", "Stand-in"),
                        ],
                        max_length=10,
                        verbose_name="as",
                    ),
                ),
                (
                    "view",
                    models.CharField(
                        choices=[
                            ("accept", "Accept"),
                            ("reserve", "Put on the reserve list"),
                            ("decline", "Decline"),
                        ],
                        max_length=10,
                        verbose_name="recommendation",
                    ),
                ),
                ("reason", stepchange.encryption.EncryptedTextField(verbose_name="reason")),
                (
                    "fit",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="fit"),
                ),
                (
                    "capacity",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="capacity"
                    ),
                ),
                (
                    "risk",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="risk"),
                ),
                (
                    "notes",
                    stepchange.encryption.EncryptedTextField(blank=True, verbose_name="notes"),
                ),
                (
                    "salt",
                    models.CharField(
                        default=stepchange.references.new_salt, editable=False, max_length=32
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=16)),
                (
                    "cast_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="cast"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "void_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("amended", "The expression of interest was amended"),
                            ("redeclared", "The volunteer declared their interests anew"),
                            ("withdrawn", "The volunteer withdrew"),
                            ("conflicted", "Whoever cast it has to stand aside since"),
                            ("recused", "Whoever cast it stood aside since"),
                        ],
                        max_length=12,
                        verbose_name="because",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("cast", "Cast"), ("replaced", "Replaced"), ("void", "Void")],
                        default="cast",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "caster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="cast by",
                    ),
                ),
                (
                    "choice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="participants.projectchoice",
                        verbose_name="project choice",
                    ),
                ),
                (
                    "declaration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="participants.declaration",
                        verbose_name="rests on",
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="participants.snapshot",
                        verbose_name="rests on",
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="workstreams.term",
                    ),
                ),
            ],
            options={
                "verbose_name": "recommendation",
                "verbose_name_plural": "recommendations",
                "ordering": ("choice", "round", "side", "id"),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("round", models.PositiveSmallIntegerField(verbose_name="round")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("offered", "Offered"),
                            ("reserve", "Reserve"),
                            ("declined", "Declined"),
                        ],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("joint", "Both sides agreed"),
                            ("settled", "Settled by the board"),
                        ],
                        max_length=10,
                        verbose_name="basis",
                    ),
                ),
                ("relied_on", models.JSONField(default=dict, verbose_name="facts relied on")),
                ("digest", models.CharField(editable=False, max_length=16)),
                (
                    "decided_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="decided"),
                ),
                (
                    "choice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="participants.projectchoice",
                        verbose_name="project choice",
                    ),
                ),
                (
                    "declaration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="participants.declaration",
                        verbose_name="rests on",
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="participants.snapshot",
                        verbose_name="rests on",
                    ),
                ),
                (
                    "business_key",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reviews.key",
                    ),
                ),
                (
                    "police_key",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reviews.key",
                    ),
                ),
            ],
            options={
                "verbose_name": "joint decision",
                "verbose_name_plural": "joint decisions",
                "ordering": ("-decided_at", "-id"),
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Reopening",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
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
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reopening",
                        to="reviews.decision",
                    ),
                ),
            ],
            options={
                "verbose_name": "decision looked at anew",
                "verbose_name_plural": "decisions looked at anew",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="SettlementView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "sector",
                    models.CharField(
                        choices=[
                            ("police", "Police"),
                            ("private", "Private sector"),
                            ("government", "Government"),
                        ],
                        max_length=12,
                        verbose_name="sector",
                    ),
                ),
                (
                    "view",
                    models.CharField(
                        choices=[
                            ("accept", "Accept"),
                            ("reserve", "Put on the reserve list"),
                            ("decline", "Decline"),
                        ],
                        max_length=10,
                        verbose_name="view",
                    ),
                ),
                ("reason", stepchange.encryption.EncryptedTextField(verbose_name="reason")),
                (
                    "salt",
                    models.CharField(
                        default=stepchange.references.new_salt, editable=False, max_length=32
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=16)),
                (
                    "cast_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="cast"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "state",
                    models.CharField(
                        choices=[("cast", "Cast"), ("replaced", "Replaced"), ("void", "Void")],
                        default="cast",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "declaration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="participants.declaration",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlement_views",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="member of the board",
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="participants.snapshot",
                    ),
                ),
            ],
            options={
                "verbose_name": "view on a split",
                "verbose_name_plural": "views on splits",
                "ordering": ("split", "id"),
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="decision",
            name="one_view",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="reviews.settlementview",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="other_view",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="reviews.settlementview",
            ),
        ),
        migrations.CreateModel(
            name="Split",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("round", models.PositiveSmallIntegerField(verbose_name="round")),
                (
                    "opened_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="since"),
                ),
                (
                    "mediation",
                    stepchange.encryption.EncryptedTextField(
                        blank=True, verbose_name="how it was mediated"
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "void_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("amended", "The expression of interest was amended"),
                            ("redeclared", "The volunteer declared their interests anew"),
                            ("withdrawn", "The volunteer withdrew"),
                            ("conflicted", "Whoever cast it has to stand aside since"),
                            ("recused", "Whoever cast it stood aside since"),
                        ],
                        max_length=12,
                        verbose_name="because",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("mediated", "Mediated: both keys are cast anew"),
                            ("settled", "Settled by the board"),
                            ("void", "Void: both keys are cast anew"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "business_key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reviews.key",
                    ),
                ),
                (
                    "choice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="splits",
                        to="participants.projectchoice",
                        verbose_name="project choice",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="ended by",
                    ),
                ),
                (
                    "police_key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reviews.key",
                    ),
                ),
            ],
            options={
                "verbose_name": "split",
                "verbose_name_plural": "splits",
                "ordering": ("choice", "round"),
            },
        ),
        migrations.AddField(
            model_name="settlementview",
            name="split",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="views",
                to="reviews.split",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="split",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decision",
                to="reviews.split",
            ),
        ),
        migrations.CreateModel(
            name="StandIn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "side",
                    models.CharField(
                        choices=[("business", "Business"), ("police", "Police")],
                        max_length=10,
                        verbose_name="side",
                    ),
                ),
                (
                    "starts_on",
                    models.DateField(default=stepchange.clock.today, verbose_name="first day"),
                ),
                ("ends_on", models.DateField(verbose_name="last day")),
                ("reason", stepchange.encryption.EncryptedTextField(verbose_name="reason")),
                (
                    "named_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="named"),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stand_ins",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="stand-in",
                    ),
                ),
                (
                    "named_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="named by",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stand_ins",
                        to="workstreams.organisation",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "work_stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stand_ins",
                        to="workstreams.workstream",
                        verbose_name="work-stream",
                    ),
                ),
            ],
            options={
                "verbose_name": "stand-in",
                "verbose_name_plural": "stand-ins",
                "ordering": ("work_stream", "side", "starts_on", "id"),
            },
        ),
        migrations.AddField(
            model_name="key",
            name="stand_in",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="keys",
                to="reviews.standin",
            ),
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("round", models.PositiveSmallIntegerField(default=1, verbose_name="round")),
                (
                    "side",
                    models.CharField(
                        choices=[("business", "Business"), ("police", "Police")],
                        max_length=10,
                        verbose_name="side",
                    ),
                ),
                ("text", stepchange.encryption.EncryptedTextField(verbose_name="question")),
                (
                    "asked_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="asked"),
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
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
                    ),
                ),
                (
                    "choice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="questions",
                        to="participants.projectchoice",
                        verbose_name="project choice",
                    ),
                ),
            ],
            options={
                "verbose_name": "question to a volunteer",
                "verbose_name_plural": "questions to volunteers",
                "ordering": ("choice", "id"),
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("side__in", ["business", "police"])),
                        name="question_side_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", ""), ("answered_at__isnull", True)),
                            models.Q(
                                ("answered_at__isnull", False),
                                models.Q(("answer", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="question_answered_in_words",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reassignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "side",
                    models.CharField(
                        choices=[("business", "Business"), ("police", "Police")],
                        max_length=10,
                        verbose_name="side",
                    ),
                ),
                (
                    "to",
                    models.CharField(
                        choices=[
                            ("co-chair", "Co-chair"),
                            ("deputy", "Deputy"),
                            ("stand-in", "Stand-in"),
                        ],
                        max_length=10,
                        verbose_name="to",
                    ),
                ),
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
                    "choice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reassignments",
                        to="participants.projectchoice",
                    ),
                ),
            ],
            options={
                "verbose_name": "key given to another",
                "verbose_name_plural": "keys given to another",
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("side__in", ["business", "police"])),
                        name="reassignment_side_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("to__in", ["co-chair", "deputy", "stand-in"])),
                        name="reassignment_to_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Recusal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "side",
                    models.CharField(
                        blank=True,
                        choices=[("business", "Business"), ("police", "Police")],
                        max_length=10,
                        verbose_name="side",
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        choices=[("declared", "Declared"), ("computed", "Computed")],
                        max_length=10,
                        verbose_name="basis",
                    ),
                ),
                ("reason", stepchange.encryption.EncryptedTextField(verbose_name="reason")),
                (
                    "recused_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="since"),
                ),
                (
                    "choice",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recusals",
                        to="participants.projectchoice",
                        verbose_name="project choice",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recusals",
                        to="participants.person",
                        verbose_name="volunteer",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recusals",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who stands aside",
                    ),
                ),
            ],
            options={
                "verbose_name": "recusal",
                "verbose_name_plural": "recusals",
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("basis", "declared"),
                            models.Q(("basis", "computed"), ("choice__isnull", False)),
                            _connector="OR",
                        ),
                        name="recusal_basis_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("side__in", ["", "business", "police"])),
                        name="recusal_side_known",
                    ),
                    models.UniqueConstraint(
                        fields=("user", "choice", "basis"), name="one_recusal_a_choice_and_basis"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("choice__isnull", True)),
                        fields=("user", "person"),
                        name="one_recusal_from_a_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "batch",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, verbose_name="released together"
                    ),
                ),
                (
                    "released_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="released"),
                ),
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="release",
                        to="reviews.decision",
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="released by",
                    ),
                ),
            ],
            options={
                "verbose_name": "release",
                "verbose_name_plural": "releases",
                "ordering": ("-id",),
                "default_permissions": ("view", "add"),
                "indexes": [models.Index(fields=["batch"], name="releases_by_batch")],
            },
        ),
        migrations.AddConstraint(
            model_name="split",
            constraint=models.UniqueConstraint(
                fields=("choice", "round"), name="one_split_a_round"
            ),
        ),
        migrations.AddConstraint(
            model_name="split",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "mediated", "settled", "void"])),
                name="split_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="split",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at__isnull", True),
                        ("mediation", ""),
                        ("state", "open"),
                        ("void_because", ""),
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state", "mediated"),
                        ("void_because", ""),
                        models.Q(("mediation", ""), _negated=True),
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("mediation", ""),
                        ("state", "settled"),
                        ("void_because", ""),
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("mediation", ""),
                        ("state", "void"),
                        models.Q(("void_because", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="split_ended_in_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "cast")),
                fields=("split", "member"),
                name="one_cast_view_a_split_and_member",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "cast")),
                fields=("split", "sector"),
                name="one_cast_view_a_split_and_sector",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementview",
            constraint=models.CheckConstraint(
                condition=models.Q(("view__in", ["accept", "reserve", "decline"])),
                name="settlement_view_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementview",
            constraint=models.CheckConstraint(
                condition=models.Q(("sector__in", ["police", "private", "government"])),
                name="settlement_sector_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("state", "cast")),
                    models.Q(("ended_at__isnull", False), ("state__in", ["replaced", "void"])),
                    _connector="OR",
                ),
                name="settlement_view_ended_when_not_cast",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.UniqueConstraint(
                fields=("choice", "round"), name="one_decision_a_round"
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["offered", "reserve", "declined"])),
                name="decision_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("basis", "joint"),
                        ("business_key__isnull", False),
                        ("one_view__isnull", True),
                        ("other_view__isnull", True),
                        ("police_key__isnull", False),
                        ("split__isnull", True),
                    ),
                    models.Q(
                        ("basis", "settled"),
                        ("business_key__isnull", True),
                        ("one_view__isnull", False),
                        ("other_view__isnull", False),
                        ("police_key__isnull", True),
                        ("split__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="decision_made_by_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("business_key__isnull", True),
                        models.Q(("business_key", models.F("police_key")), _negated=True),
                        _connector="OR",
                    ),
                    models.Q(
                        ("one_view__isnull", True),
                        models.Q(("one_view", models.F("other_view")), _negated=True),
                        _connector="OR",
                    ),
                ),
                name="decision_of_two_different_keys",
            ),
        ),
        migrations.AddConstraint(
            model_name="standin",
            constraint=models.CheckConstraint(
                condition=models.Q(("side__in", ["business", "police"])), name="stand_in_side_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="standin",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                name="stand_in_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="standin",
            constraint=models.CheckConstraint(
                condition=models.Q(("holder", models.F("named_by")), _negated=True),
                name="stand_in_named_by_another",
            ),
        ),
        migrations.AddIndex(
            model_name="key",
            index=models.Index(fields=["caster", "state"], name="keys_by_caster"),
        ),
        migrations.AddConstraint(
            model_name="key",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "cast")),
                fields=("choice", "round", "side"),
                name="one_cast_key_a_round_and_side",
            ),
        ),
        migrations.AddConstraint(
            model_name="key",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "cast")),
                fields=("choice", "round", "caster"),
                name="one_cast_key_a_round_and_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="key",
            constraint=models.CheckConstraint(
                condition=models.Q(("round__gte", 1)), name="key_round_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="key",
            constraint=models.CheckConstraint(
                condition=models.Q(("side__in", ["business", "police"])), name="key_side_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="key",
            constraint=models.CheckConstraint(
                condition=models.Q(("view__in", ["accept", "reserve", "decline"])),
                name="key_view_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="key",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("cast_as__in", ["co-chair", "deputy"]),
                        ("term__isnull", False),
                        ("stand_in__isnull", True),
                    ),
                    models.Q(
                        ("cast_as", "stand-in"), ("stand_in__isnull", False), ("term__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="key_cast_by_a_holder",
            ),
        ),
        migrations.AddConstraint(
            model_name="key",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("state", "cast"), ("void_because", "")),
                    models.Q(
                        ("ended_at__isnull", False), ("state", "replaced"), ("void_because", "")
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state", "void"),
                        models.Q(("void_because", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="key_ended_when_not_cast",
            ),
        ),
        migrations.AddConstraint(
            model_name="key",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("fit__isnull", True),
                        models.Q(("fit__gte", 1), ("fit__lte", 5)),
                        _connector="OR",
                    ),
                    models.Q(
                        ("capacity__isnull", True),
                        models.Q(("capacity__gte", 1), ("capacity__lte", 5)),
                        _connector="OR",
                    ),
                    models.Q(
                        ("risk__isnull", True),
                        models.Q(("risk__gte", 1), ("risk__lte", 5)),
                        _connector="OR",
                    ),
                ),
                name="key_scales_from_one_to_five",
            ),
        ),
    ]
