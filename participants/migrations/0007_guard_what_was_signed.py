"""Let the database itself refuse to change what was submitted, accepted, declared or given (law 6)."""

from django.db import migrations

from stepchange.guards import guarding


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0006_undertakings_declarations_invitations_resets"),
        ("stepchange", "0002_guard_the_record"),
    ]

    operations = [
        guarding("participants", "Snapshot", "Extension", "Undertaking", "Declaration", "Interest"),
    ]
