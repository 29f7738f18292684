"""Letters about outcomes, written once with the release."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import stepchange.clock
import stepchange.encryption
from stepchange.guards import guarding


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0003_offers_memberships_and_fairness"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Letter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("fits", "What they offer fits what the project needs"),
                            ("more than places", "More people fit than there are places"),
                            ("later", "The project may need it at a later stage"),
                            ("other experience", "The project needs other experience"),
                            ("time", "The time offered does not match what the project needs"),
                            ("balance", "The project needs more people of other sectors"),
                            ("other", "Another reason, in your own words"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                (
                    "words",
                    stepchange.encryption.EncryptedTextField(
                        blank=True, verbose_name="in the office’s own words"
                    ),
                ),
                (
                    "written_at",
                    models.DateTimeField(default=stepchange.clock.now, verbose_name="written"),
                ),
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letter",
                        to="reviews.decision",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="written by",
                    ),
                ),
            ],
            options={
                "verbose_name": "letter about an outcome",
                "verbose_name_plural": "letters about outcomes",
                "ordering": ("-id",),
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "code__in",
                                [
                                    "fits",
                                    "more than places",
                                    "later",
                                    "other experience",
                                    "time",
                                    "balance",
                                    "other",
                                ],
                            )
                        ),
                        name="letter_code_known",
                    )
                ],
            },
        ),
        guarding("reviews", "Letter"),
    ]
