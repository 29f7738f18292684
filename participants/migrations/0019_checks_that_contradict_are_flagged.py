"""A check that contradicts is flagged, as a referee who contests is; since when is part of an interest."""

import json
import unicodedata
from typing import Any

from django.db import migrations, models
from django.utils.crypto import salted_hmac

from stepchange.guards import guarding


def open_cases_by_since(apps: Any, _schema_editor: Any) -> None:
    """Open a case for each interest of a newest declaration that differed from another by its since alone.

    They had one case together. The cases that there are keep their outcome: their keys are made again of
    their words when these are said again.
    """
    cases = apps.get_model("participants", "InterestCase")._default_manager
    said = apps.get_model("participants", "Interest")._default_manager
    declarations = apps.get_model("participants", "Declaration")._default_manager
    held = cases.select_related("interest__declaration__person", "interest__project")
    known = {(case.person_id, _key_of(case.interest)) for case in held.iterator()}
    newest = dict(declarations.order_by("number").values_list("person", "pk"))
    opened = []
    interests = said.filter(declaration__in=newest.values()).order_by("pk")
    for interest in interests.select_related("declaration__person", "project"):
        declaration = interest.declaration
        key = declaration.person_id, _key_of(interest)
        if key not in known:
            known.add(key)
            opened.append(
                cases.model(
                    person=declaration.person,
                    key=key[1],
                    interest=interest,
                    first_interest=interest,
                    opened_at=declaration.signed_at,
                )
            )
    cases.bulk_create(opened, batch_size=500)


def _key_of(interest: Any) -> str:
    said = [
        str(interest.declaration.person.public_id),
        interest.kind,
        interest.project.code if interest.project else "",
        _plainly(interest.party),
        _plainly(interest.gain),
        _plainly(interest.since),
    ]
    salt, text = "participants.interest_case", json.dumps(said)
    return salted_hmac(salt, text, algorithm="sha256").hexdigest()


def _plainly(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0018_remember_whom_people_worked_for"),
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
        migrations.RunPython(open_cases_by_since, migrations.RunPython.noop, elidable=True),
    ]
