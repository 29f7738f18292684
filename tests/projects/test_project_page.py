"""The page of one project."""

from datetime import date, timedelta

import pytest
import time_machine

from projects.models import Milestone, Project
from tests.builders import make_milestone, make_project
from tests.projects.visiting import CLOSES, OPENS, codes, the_call_of_2018, visit

pytestmark = pytest.mark.django_db


def test_a_project_shows_the_programmes_words_and_ours_apart(client, programme):
    project = Project.objects.get(code="T3")
    page = visit(client, "/projects/T3/")
    assert page.h1 == [project.title]
    assert page.says(f"Action {project.action} Vision for success {project.vision}")
    assert page.says(
        "The short name is ours; action and vision are the Call to Action’s own words."
    )
    assert page.says("Status Provisionally agreed Places Not said yet")
    assert page.says("What the team still needs The programme has not said yet.")
    assert page.says("The source ends here: it does not say what is to be supported.")
    assert page.says(f"Action {project.source_action} Vision for success {project.source_vision}")


def test_a_project_says_what_its_team_still_needs(client, programme):
    Project.objects.filter(code="T3").update(
        wants_develop=True, wants_deliver=True, needs="Two trainers.", places=4
    )
    page = visit(client, "/projects/T3/")
    assert page.says("People to: develop it deliver it Two trainers.")
    assert page.says("Places 4")
    assert not page.says("The programme has not said yet")


def test_a_project_has_its_own_title_description_and_social_card(client, programme):
    project = Project.objects.get(code="CF2")
    page = visit(client, "/projects/CF2/")
    assert page.title == f"CF2: {project.title} - Step-Change"
    assert page.metas["description"] == project.action[:154] + "…"
    assert page.metas["og:title"] == f"CF2: {project.title}"
    assert page.metas["og:description"] == page.metas["description"]
    assert page.metas["og:url"] == page.links["canonical"] == "http://127.0.0.1:8000/projects/CF2/"


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [("T1", None, "T2"), ("T3", "T2", "T4"), ("T5", "T4", None)],
)
def test_a_project_leads_to_its_neighbours(client, programme, code, before, after):
    page = visit(client, f"/projects/{code}/")
    assert codes(page) == [neighbour for neighbour in (before, after) if neighbour]


@pytest.mark.parametrize(
    ("moment", "state", "told", "starts"),
    [
        (OPENS, "provisional", "Express your interest by 11:59pm on Friday 25 May 2018", True),
        (OPENS, "in delivery", "Express your interest by 11:59pm on Friday 25 May 2018", True),
        (OPENS, "delivered", "This project has finished, and looks for nobody new.", False),
        (OPENS - timedelta(1), "agreed", "Expressions of interest open on 1 May 2018", False),
        (CLOSES, "agreed", "Expressions of interest closed at 11:59pm on Friday 25", False),
    ],
)
def test_a_project_says_how_to_take_part_now(client, moment, state, told, starts):
    the_call_of_2018()
    make_project(code="T3", state=state)
    with time_machine.travel(moment, tick=False):
        page = visit(client, "/projects/T3/")
    assert page.says(told)
    assert ("/expression-of-interest/" in page.hrefs) == starts
    assert page.says("Start now") == starts
    assert ("#take-part" in page.hrefs) == starts


def test_a_project_without_a_call_sends_to_the_office(client):
    make_project(code="T3")
    page = visit(client, "/projects/T3/")
    assert page.says("No call is open.")
    assert "/contact/" in page.hrefs


def test_a_projects_milestones_stand_on_its_page(client):
    project = make_project(code="T3")
    make_milestone(project=project, title="Pilot ends", due_on=date(2018, 7, 1), state="missed")
    Milestone.objects.update(due_on=date(2018, 9, 1))
    make_milestone(title="Of the programme")
    page = visit(client, "/projects/T3/")
    assert page.says("1 September 2018 Pilot ends Missed First due 1 July 2018")
    assert not page.says("Of the programme")
