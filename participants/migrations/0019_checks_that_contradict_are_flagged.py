"""A check that contradicts what somebody said is flagged, as a referee who contests is."""

from django.db import migrations, models

from stepchange.guards import guarding


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0017_keep_referees_answers_and_what_was_relied_on"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="flagsettlement",
            name="flag_kind_known",
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
                    ("check contradicts", "A check contradicted what the person said"),
                ],
                max_length=20,
                verbose_name="what was flagged",
            ),
        ),
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
                            "check contradicts",
                        ],
                    )
                ),
                name="flag_kind_known",
            ),
        ),
        guarding("participants", "FlagSettlement"),
    ]
