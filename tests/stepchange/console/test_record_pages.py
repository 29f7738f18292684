"""A row's page in the console: its edit, its record and its address."""

import re
from http import HTTPStatus

import pytest
from django.contrib.admin.models import LogEntry

from projects.models import Project
from stepchange.console import ConsoleAdmin, row_page
from stepchange.models import Event
from stepchange.roles import Role
from tests.builders import make_project, make_stream
from tests.office import make_holder, office, seen, signed_in
from tests.stepchange.console.rows import edit_project, last_event

pytestmark = pytest.mark.django_db


# Editing ------------------------------------------------------------------------------------------
def test_an_edit_writes_what_changed_and_why_in_the_record():
    user = make_holder(Role.OFFICE_MANAGER)
    project = make_project(title="Before", places=2)

    response = edit_project(signed_in(user), project, title="After", places=5, why="The team grew.")

    assert response.status_code == HTTPStatus.FOUND
    event = last_event()
    assert (event.kind, event.subject_key, event.actor) == (
        "projects.project.edited",
        project.code,
        user,
    )
    assert event.facts == {"fields": ["title", "places"]}
    assert {name: event.personal[name] for name in ("before", "after")} == {
        "before": {"title": "Before", "places": 2},
        "after": {"title": "After", "places": 5},
    }
    assert event.reason == "The team grew."
    project.refresh_from_db()
    assert (project.title, project.places) == ("After", 5)


def test_saving_without_a_change_writes_nothing():
    project = make_project()
    events = Event.objects.count()

    assert edit_project(office(), project).status_code == HTTPStatus.FOUND
    assert Event.objects.count() == events


def test_an_edit_and_its_event_stand_or_fall_together(monkeypatch):
    project = make_project(title="Before")

    def broken(*_args, **_kwargs):
        raise RuntimeError("the record is full")

    monkeypatch.setattr("stepchange.console.record_pages.record", broken)
    client = office()
    client.raise_request_exception = False
    assert edit_project(client, project, title="After").status_code == 500
    project.refresh_from_db()
    assert project.title == "Before"


def test_django_keeps_no_log_of_its_own():
    edit_project(office(), make_project(), title="After")

    assert last_event().kind == "projects.project.edited"
    assert not LogEntry.objects.exists()


def test_a_second_editor_is_told_and_nothing_typed_is_lost():
    project = make_project(title="As both read it", needs="Nothing")
    client = office()
    as_read = seen(project)
    Project.objects.filter(pk=project.pk).update(title="By the first")

    response = edit_project(client, project, title="By the second", **as_read)

    assert response.status_code == HTTPStatus.OK
    page = response.content.decode()
    assert "Somebody changed this while you had it open" in page
    assert "By the first" in page
    assert 'value="By the second"' in page
    project.refresh_from_db()
    assert project.title == "By the first"

    # The page now holds the version that was shown: to save again is to know what one replaces.
    shown = re.search(r'name="revision" value="(\w+)"', page)
    assert shown
    edit_project(client, project, title="By the second", revision=shown[1])
    project.refresh_from_db()
    assert project.title == "By the second"
    assert last_event().personal["before"] == {"title": "By the first"}


def test_an_edit_that_does_not_say_what_it_read_is_refused():
    project = make_project(title="Before")

    assert edit_project(office(), project, title="After", revision="").status_code == HTTPStatus.OK
    project.refresh_from_db()
    assert project.title == "Before"


def test_an_edit_leaves_alone_what_moved_meanwhile(monkeypatch):
    """Only the changed columns are written: a state that moved since the row was read stays moved."""
    project = make_project(title="Before")
    before = ConsoleAdmin.save_model

    def late(self, request, obj, form, change):
        Project.objects.filter(pk=project.pk).update(state="agreed")
        before(self, request, obj, form, change)

    monkeypatch.setattr(ConsoleAdmin, "save_model", late)
    edit_project(office(), project, title="After")
    project.refresh_from_db()
    assert (project.title, project.state) == ("After", "agreed")


def test_words_of_a_field_that_is_left_empty_say_what_to_do():
    page = edit_project(office(), make_project(), title="").content.decode()

    assert "Fill in “short name”." in page
    assert "This field is required" not in page


# The record and the lists -------------------------------------------------------------------------


def test_the_record_of_a_row_shows_who_did_what_and_why():
    project = make_project(title="Before")
    user = make_holder(Role.OFFICE_MANAGER, name="Beatrix Okonjo")
    edit_project(signed_in(user), project, title="After", why="A clearer name.")

    page = office().get(f"/admin/projects/project/{project.code}/history/").content.decode()
    for words in (
        "Project edited",
        "Beatrix Okonjo",
        "A clearer name.",
        "Before",
        "After",
    ):
        assert words in page


def test_no_sequential_id_stands_on_a_page():
    stream = make_stream()
    Project.objects.filter(pk=make_project(work_stream=stream).pk).update(id=987654321)
    project = Project.objects.get(pk=987654321)
    type(stream).objects.filter(pk=stream.pk)
    client = office()

    for path in (
        "",
        f"{project.code}/change/",
        f"{project.code}/history/",
        f"{project.code}/agree/",
    ):
        assert "987654321" not in client.get(f"/admin/projects/project/{path}").content.decode()
    milestones = client.get("/admin/projects/milestone/add/").content.decode()
    assert f'value="{project.code}"' in milestones
    assert "987654321" not in milestones


def test_a_row_is_found_by_its_page():
    project = make_project()

    assert row_page(project) == f"/admin/projects/project/{project.code}/change/"
    assert row_page(project, "history") == f"/admin/projects/project/{project.code}/history/"
