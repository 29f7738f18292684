"""What holds of every page that anybody may read: headers, caching, weight, and hostile questions."""

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from wsgiref.util import setup_testing_defaults

import brotli
import pytest
import time_machine
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from projects.loading import load_programme
from stepchange import clock
from tests.builders import make_call, make_project, make_stream, make_user
from tests.html_validity import problems_of
from tests.public_pages import FILES, PAGES
from tests.reading import read

pytestmark = pytest.mark.django_db

KILOBYTE = 1000


@pytest.fixture
def programme(db) -> None:
    load_programme()


# Nothing about the visitor ------------------------------------------------------------------------


@pytest.mark.parametrize("address", PAGES + FILES)
def test_a_visitor_gets_no_cookie_no_token_and_no_nonce(client, programme, address):
    response = client.get(address)
    assert response.status_code == 200
    assert not response.cookies
    assert "Set-Cookie" not in response.headers
    assert b"csrf" not in response.content or address == "/cookies/"
    assert b"csrfmiddlewaretoken" not in response.content
    assert b"nonce" not in response.content
    assert "nonce" not in response["Content-Security-Policy"]
    assert response["Cache-Control"].startswith("public, max-age=")
    varies = response["Vary"].split(", ")
    assert ("Cookie" in varies) == (address in PAGES)
    assert set(varies) <= {"Cookie", "Accept-Language", "Accept-Encoding"}


@pytest.mark.parametrize("address", PAGES + FILES)
def test_twice_the_same_is_answered_by_not_modified(client, programme, address):
    with time_machine.travel(datetime(2018, 5, 10, 12, 0, tzinfo=UTC), tick=False):
        first = client.get(address)
        again = client.get(address, headers={"if-none-match": first["ETag"]})
        other = client.get(address, headers={"if-none-match": '"another"'})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == first["Cache-Control"]
    assert (other.status_code, other.content) == (200, first.content)


@pytest.mark.parametrize("address", PAGES + FILES)
def test_head_says_what_get_says_and_sends_nothing(client, programme, address):
    with time_machine.travel(datetime(2018, 5, 10, 12, 0, tzinfo=UTC), tick=False):
        got, head = client.get(address), client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "Cache-Control", "ETag", "Content-Security-Policy"):
        assert head[name] == got[name]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_other_methods_are_refused_with_those_allowed(client, programme, method):
    for address in PAGES + FILES:
        response = getattr(client, method)(address)
        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("address", PAGES)
def test_whoever_has_a_session_gets_a_page_nobody_else_keeps(
    client, programme, address, django_user_model
):
    client.force_login(django_user_model.objects.create_user("amina@users.example"))
    response = client.get(address)
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-cache"
    assert "Cookie" in response["Vary"]
    assert "ETag" not in response.headers
    assert b"Sign out" in response.content


@pytest.mark.parametrize("address", FILES)
def test_a_file_is_the_same_with_a_session(client, programme, address, django_user_model):
    with time_machine.travel(datetime(2018, 5, 10, 12, 0, tzinfo=UTC), tick=False):
        without = client.get(address)
        client.force_login(django_user_model.objects.create_user("amina@users.example"))
        response = client.get(address)
    assert response.content == without.content
    assert response["Cache-Control"] == without["Cache-Control"]


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


# What it weighs -----------------------------------------------------------------------------------


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep the test's transaction open across requests, as Django's test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def over_the_wire(application, path: str, encodings: str) -> tuple[str, dict[str, str], bytes]:
    """Ask the application as a server does; return the status, the headers and the body as sent."""
    path, _, query = path.partition("?")
    environ = {
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_HOST": "127.0.0.1",
        "HTTP_ACCEPT_ENCODING": encodings,
    }
    setup_testing_defaults(environ)
    began: list[tuple[str, list[tuple[str, str]]]] = []
    answer = application(environ, lambda status, headers, *_: began.append((status, headers)))
    try:
        body = b"".join(answer)
    finally:
        getattr(answer, "close", lambda: None)()
    return began[0][0], dict(began[0][1]), body


def decoded(headers: dict[str, str], body: bytes) -> str:
    match headers.get("Content-Encoding"):
        case "br":
            return str(brotli.decompress(body), "utf-8")
        case "gzip":
            return gzip.decompress(body).decode()
    return body.decode()


@pytest.mark.parametrize("encodings", ["gzip, deflate, br", "gzip"])
def test_first_view_is_under_60_kilobytes_and_the_next_under_10(
    programme, one_connection, encodings
):
    application = get_wsgi_application()
    for address in PAGES:
        status, headers, body = over_the_wire(application, address, encodings)
        assert status == "200 OK"
        page = decoded(headers, body)
        assets = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
        assert len(assets) >= 3
        assert len(assets) + 1 <= 8
        weight = len(body)
        for asset in assets:
            status, headers, sent = over_the_wire(application, asset, encodings)
            assert status == "200 OK"
            assert headers["Cache-Control"] == "max-age=315360000, public, immutable"
            weight += len(sent)
        assert len(body) <= 10 * KILOBYTE, address
        assert weight <= 60 * KILOBYTE, address


# Valid HTML ---------------------------------------------------------------------------------------


def test_every_public_page_is_valid_html(client, programme):
    pages = {address: client.get(address).content.decode() for address in PAGES}
    assert problems_of(pages) == {}


def test_the_rarer_states_are_valid_html(client):
    make_project(code="T3", state="delivered", notes=[{"about": "", "quote": "", "text": "x"}])
    pages = {address: client.get(address).content.decode() for address in ("/", "/projects/T3/")}
    pages |= {"none": client.get("/milestones/").content.decode()}
    assert problems_of(pages) == {}


# Hostile questions --------------------------------------------------------------------------------

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
    assert len(response.content) < 40 * KILOBYTE


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


# What we promise ----------------------------------------------------------------------------------


def test_ethics_quotes_the_programme_and_names_the_seven_principles(client, programme):
    page = read(client.get("/ethics/"))
    assert page.says(
        "The Step-Change programme will be delivered to the highest possible ethical standards with "
        "individual projects being reviewed to ensure that no inappropriate commercial advantages "
        "are being created within industry or elsewhere. While it is fully accepted that delivery "
        "will only happen with close collaboration between public and private sectors, participants "
        "will be invited to declare any conflicts of interest that may exist."
    )
    assert page.says("participants are validated (i.e. you are who you say you are)")
    for principle in (
        "selflessness",
        "integrity",
        "objectivity",
        "accountability",
        "openness",
        "honesty",
        "leadership",
    ):
        assert page.says(f"{principle} :")


def test_ethics_without_the_programme_loaded_says_so(client):
    assert read(client.get("/ethics/")).says("These words have not been loaded into this portal.")


def test_privacy_tells_what_the_law_asks_for(client):
    page = read(client.get("/privacy/"))
    for words in (
        "The controller is the Step-Change Programme coordination office",
        settings.OFFICE_EMAIL,
        "Article 6(1)(e) of the UK GDPR",
        "Referees",
        "Information Commissioner’s Office",
        "The first Call to Action closed on Friday 25 May 2018. On that very day the General Data",
    ):
        assert page.says(words)
    assert page.words.count("Lawful basis:") == page.words.count("Kept until:") == 13


def test_privacy_promises_nothing_that_the_portal_does_not_do(client):
    """Each was promised once with no code behind it; take a row out when its code is there."""
    page = read(client.get("/privacy/"))
    for words in (" year after", " years after", " months after", "link in every", "Nobody else"):
        assert words not in page.words
    for words in ("sessions that have ended", "codes to a work address that you did not use"):
        assert page.says(words)
    assert page.says("We erase the rest when you ask")
    assert page.says("no such email is sent yet")
    assert page.says("The portal itself writes to no referee.")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/privacy/", "volunteers are not reviewed in this portal so far"),
        ("/security-model/", "Nobody is reviewed in this portal yet"),
        ("/ethics/", "the rules for reviewing, which has not begun here"),
    ],
)
def test_pages_that_tell_of_reviewing_say_that_it_has_not_begun(client, path, words):
    assert read(client.get(path)).says(words)


def test_the_demonstration_warns_against_typing_true_data(client, monkeypatch):
    words = "This is a demonstration: everybody in it is invented."
    assert not read(client.get("/privacy/")).says(words)
    monkeypatch.setattr("stepchange.context.PORTAL.is_demonstration", True)
    assert read(client.get("/privacy/")).says(words)


def test_the_cookies_page_lists_the_cookies_there_are(client):
    page = read(client.get("/cookies/"))
    assert page.says(f"{settings.SESSION_COOKIE_NAME} What for")
    assert page.says(f"{settings.CSRF_COOKIE_NAME} What for")
    assert page.words.count("What for") == 2
    assert page.says("after 12 hours at the latest")
    assert page.says("After 364 days.")


def test_signing_in_sets_no_cookie_that_is_not_listed(client):
    listed = {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": "nobody@users.example", "password": "wrong"})
    client.get("/accounts/signup/")
    client.post("/accounts/signup/", {"email": "somebody@users.example"})
    client.force_login(make_user())
    make_call()
    incomplete = client.post("/expression-of-interest/check/")  # told of in a message
    assert incomplete.status_code == 302
    assert set(client.cookies) == listed


def test_security_txt_is_what_rfc_9116_asks(client, settings):
    with time_machine.travel(datetime(2018, 5, 10, 12, 0, tzinfo=UTC), tick=False):
        response = client.get("/.well-known/security.txt")
        settings.PUBLIC_URL = "https://portal.example"
        public = client.get("/.well-known/security.txt").content.decode()
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == (
        f"Contact: mailto:{settings.OFFICE_EMAIL}\n"
        "Expires: 2018-11-06T00:00:00Z\n"
        "Preferred-Languages: en\n"
    )
    assert "\nCanonical: https://portal.example/.well-known/security.txt\n" in public
    assert "\nPolicy: https://portal.example/security-model/\n" in public


def test_robots_are_told_what_is_public_and_where_the_map_is(client):
    response = client.get("/robots.txt", headers={"host": "localhost"})
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    lines = response.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert lines[-1] == "Sitemap: http://127.0.0.1:8000/sitemap.xml"
    assert "Disallow: /accounts/" in lines
    assert "Disallow: /" not in lines


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/", "/projects/", "/milestones/", "/milestones.ics", "/privacy/"]
)
def test_a_wrong_method_is_told_as_such_without_a_token(path: str, method: str) -> None:
    response = Client(enforce_csrf_checks=True).generic(method, path)

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"
