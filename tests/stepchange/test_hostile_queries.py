"""Hostile questions to the public pages get a plain answer."""

import pytest

from tests.reading import read

pytestmark = pytest.mark.django_db

NASTY = (
    "words=%01%1F%7F",
    "work-stream=%01&contribution=%1F",
    "words=%FF%FE&page=%FF",
    "words=%ED%A0%80",
    "words=" + "x" * 10_000,
    "words=" + "%F0%9F%98%80" * 2_500,
    "words=" + "a+" * 5_000,
    "words=%25%25%27%22%3B--",
    "words='%20OR%201=1--&work-stream=transport'--",
    "words[]=a&words[a]=b",
    "work-stream=" + "&work-stream=".join(["transport"] * 300),
    "&".join(["page=1"] * 300),
    "page=1&page=abc",
    "page=",
    "=&==&&;",
    "%",
    "%%%",
    "?" * 100,
    "words=%u0041",
    "words=\\x00",
)


@pytest.mark.parametrize("query", NASTY)
@pytest.mark.parametrize("address", ["/projects/", "/milestones/", "/", "/work-streams/cyber/"])
def test_a_hostile_query_gets_a_plain_page(client, programme, address, query):
    response = client.get(address, QUERY_STRING=query)
    assert response.status_code in {200, 404}
    if "abc" not in query and "%FF" not in query:
        assert response.status_code == 200
    assert len(read(response).h1) == 1


@pytest.mark.parametrize("query", ["words=%00", "words=a%00b", "work-stream=%00", "page=1%00"])
def test_a_nul_is_refused_plainly(client, programme, query):
    response = client.get("/projects/", QUERY_STRING=query)
    assert response.status_code == 400
    assert read(response).h1 == ["That request is not one we understand"]


def test_more_fields_than_anybody_needs_are_refused(client, programme):
    response = client.get("/projects/", QUERY_STRING="&".join(["words=a"] * 501))
    assert response.status_code == 400
    assert read(response).h1 == ["That request is not one we understand"]


def test_ten_kilobytes_of_search_are_cut_and_kept_no_longer_than_the_field(client, programme):
    response = client.get("/projects/", {"words": "guard " * 2_000})
    page = read(response)
    (words,) = [field["value"] for field in page.fields if field["name"] == "words"]
    assert words == ("guard " * 34)[:200].rstrip()
    assert page.says("Part of what was asked for could not be used")
    assert len(response.content) < 40_000
