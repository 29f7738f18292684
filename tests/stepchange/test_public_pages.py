"""What holds of every page that anybody may read: headers, caching, weight, valid HTML."""

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from wsgiref.util import setup_testing_defaults

import brotli
import pytest
import time_machine
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client

from tests.html_validity import problems_of
from tests.public_pages import FILES, PAGES

pytestmark = pytest.mark.django_db

KILOBYTE = 1000

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


# What we promise ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/", "/projects/", "/milestones/", "/milestones.ics", "/privacy/"]
)
def test_a_wrong_method_is_told_as_such_without_a_token(path: str, method: str) -> None:
    response = Client(enforce_csrf_checks=True).generic(method, path)

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"
