"""Projects and milestones in the console."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.models import Milestone, Project
from stepchange import clock
from stepchange.models import Event
from tests.builders import make_project, make_stream
from tests.office import office, search, seen

pytestmark = pytest.mark.django_db

PROJECTS = "/admin/projects/project/"
MILESTONES = "/admin/projects/milestone/"


def make_milestone(**fields) -> Milestone:
    day = clock.today() + timedelta(days=10)
    number = Milestone.objects.count()
    return Milestone.objects.create(
        **{"slug": f"m-{number}", "title": "Launch", "due_on": day, "first_due_on": day} | fields
    )


def edit(project: Project, **changed):
    fields = {
        "position": project.position,
        "title": project.title,
        "places": "",
        "needs": "",
        "interest_prompt": project.interest_prompt,
        "identity_level": project.identity_level,
        "action": project.action,
        "vision": project.vision,
        "notes": "[]",
        "why": "",
        **seen(project),
    }
    return office().post(f"{PROJECTS}{project.code}/change/", fields | changed)


@pytest.mark.parametrize("field", ["action", "vision"])
def test_the_programmes_own_words_change_only_with_a_reason(field):
    project = make_project()

    page = edit(project, **{field: "Other words."})
    assert "Say why: these are the programme&#x27;s own words." in page.content.decode()
    assert "Other words." in page.content.decode()
    edit(project, **{field: "Other words."}, why="The board agreed new words.")
    project.refresh_from_db()
    assert getattr(project, field) == "Other words."
    assert Event.objects.get().reason == "The board agreed new words."


@pytest.mark.parametrize("state", ["proposed", "provisional", "closed"])
def test_a_forged_post_changes_neither_state_nor_source_nor_code(state):
    project, other = make_project(state=state, source_action="As dumped"), make_stream()
    before = Project.objects.values().get(pk=project.pk)
    edit(
        project,
        state="delivered",
        code="X1",
        work_stream=other.slug,
        source_action="forged",
        source_vision="forged",
        loaded_digest="forged",
        id="999",
        pk="999",
    )
    assert Project.objects.values().get(pk=project.pk) == before
    assert not Event.objects.exists()


def test_a_project_is_added_as_proposed_and_recorded():
    stream = make_stream()
    typed = {
        "code": "SR6",
        "work_stream": stream.slug,
        "position": "6",
        "title": "Lost property",
        "action": "Do it.",
        "vision": "It is done.",
        "identity_level": "low",
        "notes": "[]",
        "state": "agreed",
    }
    assert office().post(f"{PROJECTS}add/", typed).status_code == HTTPStatus.FOUND
    project = Project.objects.get(code="SR6")
    assert project.state == "proposed"
    event = Event.objects.about(project).get()
    assert event.kind == "projects.project.added"
    assert event.personal["values"]["work_stream"] == stream.slug


def test_a_project_is_linked_to_its_public_page_once_it_has_one():
    proposed, agreed = make_project(state="proposed"), make_project(state="agreed")
    client = office()

    assert (
        agreed.get_absolute_url() in client.get(f"{PROJECTS}{agreed.code}/change/").content.decode()
    )
    page = client.get(f"{PROJECTS}{proposed.code}/change/").content.decode()
    assert proposed.get_absolute_url() not in page


def test_a_project_walks_its_table_by_its_buttons():
    project = make_project(state="proposed")
    client = office()
    for step in ("agree_provisionally", "agree", "start_delivery", "deliver"):
        client.post(f"{PROJECTS}{project.code}/{step}/", seen(project))
    client.post(f"{PROJECTS}{project.code}/close/", seen(project) | {"reason": "It is done."})

    project.refresh_from_db()
    assert project.state == "closed"
    assert Event.objects.about(project).count() == 5


def test_a_milestone_is_met_on_a_day_that_has_come():
    milestone = make_milestone()
    client = office()
    path = f"{MILESTONES}{milestone.public_id}/meet/"

    page = client.post(path, {"met_on": clock.today() + timedelta(days=1), **seen(milestone)})
    assert "A milestone is met today or was met before." in page.content.decode()
    client.post(path, {"met_on": clock.today() - timedelta(days=1), **seen(milestone)})
    milestone.refresh_from_db()
    assert (milestone.state, milestone.met_on) == ("met", clock.today() - timedelta(days=1))


def test_a_milestone_moves_with_a_reason_and_keeps_its_first_day():
    milestone = make_milestone()
    first = milestone.due_on
    later = first + timedelta(days=5)
    client = office()
    path = f"{MILESTONES}{milestone.public_id}/"
    forged = {"title": "Launch", "position": 0, "notes": "[]", "due_on": later, "met_on": later}
    client.post(
        f"{path}change/", forged | {"state": "met", "first_due_on": later} | seen(milestone)
    )
    milestone.refresh_from_db()
    assert (milestone.due_on, milestone.state, milestone.met_on) == (first, "planned", None)

    client.post(
        f"{path}redate/", {"due_on": later, "reason": "The venue moved.", **seen(milestone)}
    )
    milestone.refresh_from_db()
    assert (milestone.due_on, milestone.first_due_on) == (later, first)


def test_a_milestone_added_keeps_its_first_day():
    project = make_project()
    typed = {
        "title": "Pilot",
        "slug": "pilot",
        "project": project.code,
        "due_on": "2027-01-15",
        "position": "0",
        "notes": "[]",
    }
    assert office().post(f"{MILESTONES}add/", typed).status_code == HTTPStatus.FOUND
    milestone = Milestone.objects.get()
    assert (milestone.project, milestone.first_due_on) == (project, milestone.due_on)


def test_an_overdue_milestone_waits_on_the_first_page():
    make_milestone(due_on=clock.today() - timedelta(days=1))

    assert "Milestones overdue" in office().get("/admin/").content.decode()


@pytest.mark.parametrize("path", [PROJECTS, MILESTONES])
def test_a_list_costs_the_same_however_long_it_is(path):
    client = office()
    counted = []
    for _ in range(2):
        for _ in range(4):
            make_milestone(project=make_project())
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == HTTPStatus.OK
        counted.append(len(queries))

    assert counted[0] == counted[1] <= 20


def test_the_list_is_filtered_by_work_stream_and_searched():
    stream = make_stream()
    mine, other = make_project(work_stream=stream), make_project(needs="A dog handler")
    client = office()

    def codes(query: str) -> set[str]:
        return {row.code for row in client.get(f"{PROJECTS}?{query}").context["cl"].result_list}

    assert codes(f"work-stream={stream.slug}") == {mine.code}
    for words, found in (("dog handler", {other.code}), ("dog trainer", set())):
        rows = search(client, PROJECTS, words).context["cl"].result_list
        assert {row.code for row in rows} == found
    assert codes("state__exact=provisional") == {mine.code, other.code}
