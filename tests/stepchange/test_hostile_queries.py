"""Hostile questions to the public pages get a plain answer."""

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.builders import make_project, make_stream
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


_NAMES = st.sampled_from(["words", "work-stream", "contribution", "page", "", "x"])
_VALUES = st.one_of(
    st.text(max_size=40),
    st.binary(max_size=20),
    st.sampled_from(["transport", "lead", "1", "2", "-1", "\x00", "%", "_", "\\", "٣"]),
)


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Return a query string: half sensible, half bytes that no browser sends."""
    pairs = draw(st.lists(st.tuples(_NAMES, _VALUES), max_size=6))
    told = "&".join(f"{name}={_quoted(value)}" for name, value in pairs)
    ending: str = draw(st.sampled_from(["", "&", "%", "&=", "%zz"]))
    return told + ending


def _quoted(value: str | bytes) -> str:
    raw = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return "".join(f"%{byte:02X}" for byte in raw)


@hypothesis_settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(query="words=%00&page=1")
@given(query=queries())
def test_no_query_breaks_the_list_of_projects(a_project, query):
    response = a_project.get("/projects/", QUERY_STRING=query)
    assert response.status_code in ({400} if "%00" in query else {200, 404})
    page = read(response)
    assert len(page.h1) == 1
    if response.status_code == 200:
        assert page.h1 == ["Projects"]


@pytest.fixture
def a_project(db) -> Client:
    make_project(code="T3", work_stream=make_stream(slug="transport"), wants_lead=True)
    return Client()
