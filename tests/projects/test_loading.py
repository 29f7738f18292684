"""Loading the programme: twice changes nothing, and nobody's edits are lost."""

from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import call_command

from projects.loading import first_call, load_programme
from projects.models import Milestone, Project
from stepchange.models import Event
from workstreams.models import Call, KeyActivity, Passage, WorkStream

pytestmark = pytest.mark.django_db


def everything() -> list:
    return [
        list(model.objects.order_by("pk").values())
        for model in (WorkStream, Project, Milestone, Call, KeyActivity, Passage)
    ]


def test_the_programme_is_what_the_call_to_action_says():
    report = load_programme()

    assert WorkStream.objects.count() == 5
    assert WorkStream.objects.get(slug="cyber").also_called == "Cyber & Finance"
    codes = [
        f"{prefix}{number}" for prefix in ("CP", "SR", "T", "CF", "TT") for number in range(1, 6)
    ]
    assert list(Project.objects.values_list("code", flat=True)) == codes
    assert set(Project.objects.values_list("state", flat=True)) == {"provisional"}
    assert Project.objects.get(code="T3").action.endswith("to support")
    assert KeyActivity.objects.count() == 8
    assert list(Milestone.objects.values_list("slug", "due_on", "first_due_on", "state")) == [
        ("office-established", date(2018, 4, 23), date(2018, 4, 23), "planned"),
        ("projects-shared", date(2018, 4, 23), date(2018, 4, 23), "planned"),
        ("call-sent", date(2018, 5, 1), date(2018, 5, 1), "planned"),
        ("delivery-commences", date(2018, 6, 1), date(2018, 6, 1), "planned"),
    ]
    call = Call.objects.get()
    # 1 May to 25 May 2018, UK time: both in British Summer Time.
    assert call.opens_at == datetime(2018, 4, 30, 23, 0, tzinfo=UTC)
    assert call.closes_at == datetime(2018, 5, 25, 23, 0, tzinfo=UTC)
    assert (call.delivery_on, call.state) == (date(2018, 6, 1), "published")
    assert len(report.created) == 61  # with the three repairs
    assert (report.updated, report.unchanged, report.kept) == ([], [], [])


def test_what_the_programme_does_not_say_stays_empty():
    load_programme()

    assert set(
        Project.objects.values_list(
            "places", "needs", "wants_develop", "wants_lead", "wants_deliver"
        )
    ) == {(None, "", False, False, False)}


def test_loading_twice_changes_nothing():
    load_programme()
    before, events = everything(), Event.objects.count()

    report = load_programme()

    assert everything() == before
    assert Event.objects.count() == events
    assert (report.created, report.updated, report.kept) == ([], [], [])
    assert len(report.unchanged) == 61  # with the three repairs


def pretend_an_older_fixture_was_loaded(code: str) -> Project:
    """A project as an earlier edition of the fixture would have left it."""
    from projects import loading

    project = Project.objects.get(code=code)
    row = next(row for row in loading._rows() if row.key == {"code": code})
    values = row.values | {"title": "An older short name"}
    Project.objects.filter(pk=project.pk).update(
        title="An older short name", loaded_digest=loading._digest(values)
    )
    project.refresh_from_db()
    return project


def test_a_new_edition_replaces_what_nobody_edited():
    load_programme()
    title = Project.objects.get(code="CP1").title
    pretend_an_older_fixture_was_loaded("CP1")

    report = load_programme()

    assert report.updated == ["project CP1"]
    assert Project.objects.get(code="CP1").title == title
    assert Event.objects.filter(kind="projects.project.reloaded", subject_key="CP1").count() == 1


def test_a_new_edition_keeps_what_the_office_edited_and_says_so():
    load_programme()
    pretend_an_older_fixture_was_loaded("CP1")
    Project.objects.filter(code="CP1").update(title="The office's own name")

    out = StringIO()
    call_command("load_programme", stdout=out)

    assert Project.objects.get(code="CP1").title == "The office's own name"
    assert out.getvalue().splitlines() == [
        "The programme: 0 created, 0 updated, 60 unchanged, 1 kept as edited.",
        "  kept as edited in the console: project CP1",
    ]


def test_overwriting_is_said_and_recorded():
    load_programme()
    title = Project.objects.get(code="CP1").title
    Project.objects.filter(code="CP1").update(title="The office's own name")

    report = load_programme(overwrite=True)

    assert report.updated == ["project CP1"]
    assert Project.objects.get(code="CP1").title == title
    assert Event.objects.filter(kind="projects.project.reloaded", subject_key="CP1").count() == 1


def test_repairs_of_line_breaks_are_notes():
    load_programme()

    notes = Project.objects.get(code="TT3").notes
    assert [note["quote"] for note in notes if "line" in note["text"]] == ["z-card"]


def test_the_first_call_is_called_by_no_year_and_keeps_the_key_it_was_loaded_under():
    load_programme()
    assert not any(character.isdigit() for character in first_call().slug)
    Call.objects.update(slug="2018")  # as it was loaded before
    report = load_programme()

    assert (report.created, Call.objects.count(), first_call().slug) == ([], 1, "2018")
