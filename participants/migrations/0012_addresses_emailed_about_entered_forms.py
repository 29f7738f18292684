"""Count emails about entered forms by the address, and take along what was sent within the last day."""

from datetime import datetime, timedelta
from typing import Any

from django.db import migrations, models
from django.utils.crypto import salted_hmac

import stepchange.clock


def take_along(apps: Any, _schema_editor: Any) -> None:
    """Write a row for each address that a form was emailed to less than a day ago."""
    lately = stepchange.clock.now() - timedelta(days=1)
    newest: dict[str, datetime] = {}
    for form in apps.get_model("participants", "EnteredForm").objects.iterator():
        before = {each: datetime.fromisoformat(at) for each, at in form.asked_before.items()}
        for email, at in (*before.items(), (form.email, form.asked_at)):
            if at and at > newest.get(email.lower(), lately):
                newest[email.lower()] = at
    asked = apps.get_model("participants", "AskedAddress")
    asked.objects.bulk_create(
        asked(digest=_digest_of(email), asked_at=at) for email, at in newest.items()
    )


def _digest_of(email: str) -> str:
    salt = "participants.asked_address"
    return salted_hmac(salt, email, algorithm="sha256").hexdigest()


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0011_when_corrected_addresses_were_emailed"),
    ]

    operations = [
        migrations.CreateModel(
            name="AskedAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("asked_at", models.DateTimeField(default=stepchange.clock.now)),
            ],
            options={
                "verbose_name": "address emailed about entered forms",
                "verbose_name_plural": "addresses emailed about entered forms",
            },
        ),
        migrations.RunPython(take_along, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(
            model_name="enteredform",
            name="asked_before",
        ),
    ]
