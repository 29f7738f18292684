"""Public pages of a portal into which no programme was loaded."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from stepchange import clock
from tests.builders import make_call, make_project, make_stream
from tests.html_validity import problems_of
from tests.reading import read

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("seconds_before_closing", "kept"),
    [(3600, 60), (61, 60), (60, 60), (59, 59), (1, 1), (0, 60)],
)
@pytest.mark.parametrize("address", ["/", "/projects/T3/", "/milestones/"])
def test_a_page_is_not_kept_beyond_the_closing_instant(
    client, address, seconds_before_closing, kept
):
    closes = datetime(2018, 5, 25, 16, 0, tzinfo=UTC)
    make_call(opens_at=closes - timedelta(days=24), closes_at=closes)
    make_project(code="T3")
    with time_machine.travel(closes - timedelta(seconds=seconds_before_closing), tick=False):
        response = client.get(address)
    assert response["Cache-Control"] == f"public, max-age={kept}"


def test_nor_beyond_the_opening_instant_or_midnight(client):
    opens = datetime(2018, 5, 1, 8, 0, tzinfo=UTC)
    make_call(opens_at=opens, closes_at=opens + timedelta(days=24))
    for change in (opens, clock.start_of(date(2018, 5, 9))):
        with time_machine.travel(change - timedelta(seconds=20), tick=False):
            assert client.get("/")["Cache-Control"] == "public, max-age=20"


def test_the_rarer_states_are_valid_html(client):
    make_project(code="T3", state="delivered", notes=[{"about": "", "quote": "", "text": "x"}])
    pages = {address: client.get(address).content.decode() for address in ("/", "/projects/T3/")}
    pages |= {"none": client.get("/milestones/").content.decode()}
    assert problems_of(pages) == {}


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


def test_ethics_without_the_programme_loaded_says_so(client):
    assert read(client.get("/ethics/")).says("These words have not been loaded into this portal.")
