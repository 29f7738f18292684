"""Verifying the record finds a snapshot or a declaration that is not what was recorded (law 6)."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Model, QuerySet

from participants.models import Declaration, Interest, Snapshot
from participants.texts import INTERESTS, VERSIONS
from participants.workflow import declarations, held
from participants.workflow.declarations import InterestGiven
from participants.workflow.working_copy import digest_of_answers
from projects.models import Project
from stepchange.events import fingerprint
from tests.builders import make_submitted
from tests.guards import lifted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _recorded() -> None:
    sent = make_submitted()
    assert sent.person.user
    given = {"kind": "financial", "party": "Harbour Ltd", "gain": "A fee", "since": "2016"}
    code = Project.objects.values_list("code", flat=True)[0]
    for interests in ([InterestGiven(**given), InterestGiven(**given, project=code)], []):
        declarations.sign(
            sent.person,
            by=sent.person.user,
            source=Declaration.Source.OWN,
            interests=interests,
            is_nil=not interests,
        )


def forge(row: Model, **values: Any) -> None:
    """Change a row as somebody who owns the database could."""
    with lifted():
        QuerySet(type(row)).filter(pk=row.pk).update(**values)


def verify() -> None:
    call_command("verify_audit", stdout=StringIO(), stderr=StringIO())


def first(model: type[Any]) -> Any:
    return model.objects.order_by("pk")[0]


def test_what_was_recorded_is_whole_whatever_the_texts_say_today(monkeypatch):
    verify()
    monkeypatch.setattr(declarations, "INTERESTS", replace(INTERESTS, version="2031-01"))
    monkeypatch.setitem(VERSIONS, "ethics", "2031-01")
    verify()


@pytest.mark.parametrize(
    "values",
    [{"answers": {"about": {}}}, {"shown": []}, {"texts": {"ethics": "1"}}, {"digest": "0" * 16}],
)
def test_a_snapshot_that_was_changed_is_named(values):
    row = first(Snapshot)
    forge(row, **values)
    with pytest.raises(CommandError, match=f"BROKEN: snapshot {row.pk}: it does not hold"):
        verify()


def test_a_snapshot_whose_digest_was_made_anew_is_named():
    row = first(Snapshot)
    forge(row, shown=[], digest=digest_of_answers(row.answers, [], row.texts))
    with pytest.raises(CommandError, match=f"snapshot {row.pk}: the event .* says otherwise"):
        verify()


def test_a_snapshot_that_no_event_recorded_is_named():
    row = first(Snapshot)
    forge(row, number=9)
    with pytest.raises(CommandError, match=f"snapshot {row.pk}: no event recorded it"):
        verify()


@pytest.mark.parametrize("values", [{"is_nil": True}, {"text_version": "1"}, {"digest": "0" * 16}])
def test_a_declaration_that_was_changed_is_named(values):
    row = Declaration.objects.filter(is_nil=False).latest("pk")
    forge(row, **values)
    with pytest.raises(CommandError, match=f"BROKEN: declaration {row.pk}: it does not hold"):
        verify()


@pytest.mark.parametrize(
    "values",
    [{"party": "Quay Ltd"}, {"gain": ""}, {"since": "2020"}, {"kind": "other"}, {"position": 7}],
)
def test_an_interest_that_was_changed_is_found_by_its_declaration(values):
    row = Interest.objects.filter(project=None).latest("pk")
    forge(row, **values)
    with pytest.raises(CommandError, match=f"declaration {row.declaration_id}: it does not hold"):
        verify()


def test_a_declaration_signed_otherwise_than_recorded_is_named():
    row = Declaration.objects.latest("pk")
    forge(row, source=Declaration.Source.INVITATION)
    with pytest.raises(CommandError, match=f"declaration {row.pk}: the event .* says otherwise"):
        verify()


def test_a_row_that_cannot_be_decrypted_is_named():
    row = first(Snapshot)
    with lifted(), connection.cursor() as cursor:
        cursor.execute("UPDATE participants_snapshot SET shown = 'x' WHERE id = %s", [row.pk])
    with pytest.raises(CommandError, match=f"snapshot {row.pk} opens with none of the keys"):
        verify()


def test_many_rows_are_read_a_few_at_a_time(monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(held, "AT_ONCE", 1)
    row = Declaration.objects.latest("pk")
    forge(row, digest=fingerprint("other"))
    with django_assert_max_num_queries(24):
        assert held.first_that_differs().startswith(f"declaration {row.pk}:")
