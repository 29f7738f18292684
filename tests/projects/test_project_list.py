"""The list of projects, filtered and paged."""

import pytest

from projects.models import Project
from tests.builders import make_project, make_projects, make_stream
from tests.projects.visiting import codes, visit
from tests.reading import read
from workstreams.models import WorkStream

pytestmark = pytest.mark.django_db


def test_the_list_shows_all_25_in_the_programmes_order(client, programme):
    page = visit(client, "/projects/")
    assert codes(page) == [
        f"{prefix}{number}" for prefix in ("CP", "SR", "T", "CF", "TT") for number in range(1, 6)
    ]
    assert page.says("Show projects 25 projects Governance of crowded places CP1")
    assert page.title == "Projects - Step-Change"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("work-stream=transport", ["T1", "T2", "T3", "T4", "T5"]),
        ("work-stream=TRANSPORT&work-stream=transport", ["T1", "T2", "T3", "T4", "T5"]),
        ("words=cruise", ["T1"]),
        ("words=%01cruise%7F%0A", ["T1"]),
        ("words=+CRUISE%20%20ships", []),
        ("words=cruise&words=apprenticeship", ["CP4"]),
        ("words=standards&work-stream=transport&work-stream=crowded-places", ["CP4"]),
        ("contribution=lead", ["T4"]),
        ("contribution=lead&contribution=deliver", ["T4", "CF1"]),
        ("contribution=deliver&work-stream=transport", []),
        ("", None),
        ("words=&work-stream=&contribution=&page=", None),
        ("unknown=1", None),
    ],
)
def test_a_filter_narrows_the_list_and_is_kept(client, programme, query, found):
    Project.objects.filter(code="T4").update(wants_lead=True)
    Project.objects.filter(code="CF1").update(wants_deliver=True)
    page = visit(client, f"/projects/?{query}")
    if found is None:
        assert len(codes(page)) == 25
        assert page.title == "Projects - Step-Change"
        return
    assert codes(page) == found
    assert page.says(f"{len(found)} of 25 projects")
    assert page.title == f"Projects: {len(found)} found - Step-Change"
    assert page.metas["robots"] == "noindex"
    assert ("No project matches" in page.words) == (not found)


def test_what_was_typed_and_chosen_stays_in_the_form(client, programme):
    query = "words=a+%22zebra%22+%3Cb%3E&work-stream=transport&contribution=lead"
    response = client.get(f"/projects/?{query}")
    fields = read(response).fields
    assert [field["value"] for field in fields if field["name"] == "words"] == ['a "zebra" <b>']
    ticked = [field["value"] for field in fields if "checked" in field]
    assert ticked == ["transport", "lead"]
    assert b"<b>" not in response.content


@pytest.mark.parametrize(
    "query",
    [
        "work-stream=atlantis",
        "contribution=destroy",
        "contribution=lead%01",
        "words=" + "x" * 201,
        "words=" + "x+" * 13,
    ],
)
def test_what_could_not_be_used_is_said_to_be_left_out(client, programme, query):
    words = "Part of what was asked for could not be used, and was left out."
    assert visit(client, f"/projects/?{query}").says(words)
    assert not visit(client, "/projects/?words=x&work-stream=cyber").says(words)


def test_up_to_200_projects_stand_on_one_page(client):
    make_projects(200)
    page = visit(client, "/projects/")
    assert len(codes(page)) == 200
    assert visit(client, "/projects/?page=1").words == page.words
    assert client.get("/projects/?page=2").status_code == 404


def test_more_than_200_come_in_pages_of_100_that_keep_the_filter(client):
    stream = make_stream(slug="transport")
    made = make_projects(201, work_stream=stream)
    asked = "/projects/?work-stream=transport&words=guards"
    pages = [visit(client, f"{asked}&page={number}") for number in (1, 2, 3)]
    assert [len(codes(page)) for page in pages] == [100, 100, 1]
    assert [code for page in pages for code in codes(page)] == [row.code for row in made]
    assert "?work-stream=transport&words=guards&page=2" in pages[0].hrefs
    assert pages[1].title == "Projects: 201 found, page 2 of 3 - Step-Change"
    assert pages[1].says("201 of 201 projects, 101 to 200 shown")
    assert client.get(f"{asked}&page=4").status_code == 404


@pytest.mark.parametrize(
    "asked", ["-1", "0", "abc", "9999", "1.5", "\u0661", "0_1", "+1", "9" * 400]
)
def test_no_page_of_that_number(client, asked):
    make_project()
    for address in ("/projects/", "/milestones/", "/work-streams/" + WorkStream.objects.get().slug):
        response = client.get(address.rstrip("/") + "/", {"page": asked})
        assert response.status_code == 404
