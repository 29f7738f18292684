"""A referee's answer keeps its state, a flag for a domain nobody vouches for, and what a case relied on."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import stepchange.encryption
from stepchange.guards import guarding

ANSWERED = ("confirmed", "contested", "unknown person")


def give_back_answers(apps: Any, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give each request that was answered and then replaced the state that its answer had, by the record."""
    requests = apps.get_model("participants", "RefereeRequest")._default_manager
    events = apps.get_model("stepchange", "Event")._default_manager
    for asking in requests.filter(state="replaced", answered_at__isnull=False):
        replaced = events.filter(
            kind="participants.referee.replaced",
            subject_kind="participants.refereerequest",
            subject_key=str(asking.public_id),
        )
        event = replaced.order_by("-id").first()
        state = event.facts.get("from") if event else None
        if state in ANSWERED:
            requests.filter(pk=asking.pk).update(state=state)
        else:  # what it answered is not known any more: neither is when
            requests.filter(pk=asking.pk).update(answered_at=None)


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0016_conflict_suggestions"),
        ("stepchange", "0005_name_rows_in_english"),
    ]

    operations = [
        migrations.RunPython(give_back_answers, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="refereerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["confirmed", "contested", "unknown person"]),
                    ("answered_at__isnull", True),
                    _connector="OR",
                ),
                name="referee_answer_stays",
            ),
        ),
        migrations.AddField(
            model_name="validation",
            name="relied_on_words",
            field=stepchange.encryption.EncryptedJSONField(
                blank=True, default=dict, verbose_name="what it relied on, in words"
            ),
        ),
        migrations.AlterField(
            model_name="flagsettlement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("free mail", "Works from an address that anybody can have"),
                    ("other domain", "The work address is not of the organisation’s domains"),
                    ("referee free mail", "The referee’s address is one that anybody can have"),
                    (
                        "referee other domain",
                        "The referee’s address is not of the organisation’s domains",
                    ),
                    ("self-referee", "The referee may be the person themself"),
                    ("shared referee", "The referee speaks for others, too"),
                    ("shared telephone", "Others gave the same telephone number"),
                    ("duplicate", "Likely the same as another person"),
                    ("referee contests", "The referee contested what the person said"),
                    ("referee denies", "The referee does not know the person"),
                ],
                max_length=20,
                verbose_name="what was flagged",
            ),
        ),
        migrations.RemoveConstraint(model_name="flagsettlement", name="flag_kind_known"),
        migrations.AddConstraint(
            model_name="flagsettlement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "free mail",
                            "other domain",
                            "referee free mail",
                            "referee other domain",
                            "self-referee",
                            "shared referee",
                            "shared telephone",
                            "duplicate",
                            "referee contests",
                            "referee denies",
                        ],
                    )
                ),
                name="flag_kind_known",
            ),
        ),
        guarding("participants", "FlagSettlement"),
    ]
