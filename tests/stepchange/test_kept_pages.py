"""What the server keeps for visitors without a session is never old, and never anybody's own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client, RequestFactory

from projects import workflow
from projects.models import Project
from stepchange import clock
from stepchange.caching import KeptPages, public_page, stays_true_until
from stepchange.middleware import RequestReference
from tests.builders import make_call, make_project, make_user

pytestmark = pytest.mark.django_db

NOON = datetime(2018, 5, 10, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def keeping(settings) -> None:
    settings.PAGES_KEPT = 8


@pytest.fixture
def visitors(keeping) -> Client:
    """Visitors without a session, all answered by one process."""
    return Client()


@pytest.fixture
def keepers(monkeypatch) -> list[KeptPages]:
    """Collect the middleware that keeps pages, one for each process (here: each client)."""
    made: list[KeptPages] = []
    begin = KeptPages.__init__

    def begun(self, get_response) -> None:
        begin(self, get_response)
        made.append(self)

    monkeypatch.setattr(KeptPages, "__init__", begun)
    return made


def told(visitors: Client, path: str, at: datetime, **headers: str):
    with time_machine.travel(at, tick=False):
        return visitors.get(path, headers=headers)


def test_the_second_visitor_gets_the_first_ones_page_for_one_query(
    visitors, django_assert_num_queries
):
    make_project(code="T3")
    first = told(visitors, "/projects/", NOON)
    with django_assert_num_queries(1):
        second = told(visitors, "/projects/", NOON + timedelta(seconds=59))
    assert second.content == first.content
    assert dict(second.headers) == dict(first.headers)


def test_what_the_office_does_shows_at_once(visitors, django_capture_on_commit_callbacks):
    project = make_project(code="T3", title="Old name", state="proposed")
    assert told(visitors, "/projects/T3/", NOON).status_code == 404
    assert "T3" not in told(visitors, "/projects/", NOON).content.decode()
    with time_machine.travel(NOON, tick=False), django_capture_on_commit_callbacks(execute=True):
        workflow.agree_provisionally(project, by=None)
    assert told(visitors, "/projects/T3/", NOON).status_code == 200
    assert "T3" in told(visitors, "/projects/", NOON).content.decode()


def test_what_is_changed_behind_the_records_back_shows_within_a_minute(visitors):
    project = make_project(code="T3", title="Old name")
    told(visitors, "/projects/", NOON)
    Project.objects.filter(pk=project.pk).update(title="New name")
    shown = [
        "New name" in told(visitors, "/projects/", NOON + timedelta(seconds=s)).content.decode()
        for s in (59, 60)
    ]
    assert shown == [False, True]


def test_a_closed_call_is_closed_from_its_closing_instant(visitors):
    closes = datetime(2018, 5, 25, 16, 0, tzinfo=UTC)
    make_call(opens_at=closes - timedelta(days=24), closes_at=closes)
    make_project(code="T3")
    for path in ("/", "/projects/T3/", "/milestones/"):
        open_still = told(visitors, path, closes - timedelta(milliseconds=1)).content
        assert told(visitors, path, closes).content != open_still
    assert "Closes today" not in told(visitors, "/projects/T3/", closes).content.decode()


def test_the_days_left_change_at_midnight(visitors):
    make_call(opens_at=NOON, closes_at=clock.end_of(date(2018, 5, 25)))
    midnight = clock.end_of(date(2018, 5, 12))
    pages = [told(visitors, "/", midnight + timedelta(seconds=s)) for s in (-20, -1, 0)]
    assert ["13 days left" in page.content.decode() for page in pages] == [True, True, False]
    assert ["12 days left" in page.content.decode() for page in pages] == [False, False, True]


def test_a_kept_page_names_the_seconds_that_are_left_of_it(visitors):
    closes = datetime(2018, 5, 25, 16, 0, tzinfo=UTC)
    make_call(opens_at=closes - timedelta(days=24), closes_at=closes)
    ages = [
        told(visitors, "/", closes - timedelta(seconds=s))["Cache-Control"] for s in (50, 30, 1)
    ]
    assert ages == ["public, max-age=50", "public, max-age=30", "public, max-age=1"]


def test_a_page_written_before_an_instant_and_sent_after_it_is_not_kept(rf):
    """Its words are those of before: nobody may keep them on."""
    closes = NOON + timedelta(seconds=5)
    written = []

    @public_page
    def slow(_request):
        written.append(clock.now())
        response = HttpResponse("Open")
        moves.shift(timedelta(seconds=6))
        stays_true_until(response, closes)
        return response

    ask = RequestReference(KeptPages(slow))
    with time_machine.travel(NOON, tick=False) as moves:
        assert ask(rf.get("/"))["Cache-Control"] == "public, max-age=0"
        ask(rf.get("/"))
    assert len(written) == 2


def test_nobody_with_a_session_gets_or_leaves_a_kept_page(keeping):
    make_project(code="T3")
    visitors = Client()
    anonymous = told(visitors, "/projects/", NOON).content
    visitors.force_login(make_user("amina@users.example"))
    with time_machine.travel(NOON, tick=False):
        mine = visitors.get("/projects/T3/")
        assert b"Sign out" in mine.content
        assert b"Sign out" in visitors.get("/projects/").content
    visitors.cookies.clear()
    assert b"Sign out" not in told(visitors, "/projects/T3/", NOON).content
    assert told(visitors, "/projects/", NOON).content == anonymous


def test_a_cookie_of_no_session_changes_nothing(visitors, django_assert_num_queries):
    make_project(code="T3")
    first = told(visitors, "/projects/", NOON)
    visitors.cookies["csrftoken"] = "x" * 32
    with django_assert_num_queries(1):
        assert told(visitors, "/projects/", NOON).content == first.content


def test_each_gets_the_page_compressed_as_asked(visitors):
    make_project(code="T3")
    plain = told(visitors, "/projects/", NOON)
    small = told(visitors, "/projects/", NOON, accept_encoding="gzip, br")
    again = told(visitors, "/projects/", NOON, accept_encoding="br, gzip;q=0.9")
    assert "Content-Encoding" not in told(visitors, "/projects/", NOON).headers
    assert small["Content-Encoding"] == "gzip"
    assert again.content == small.content != plain.content


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_who_has_the_kept_page_is_told_so(visitors, encoding):
    make_project(code="T3")
    etag = told(visitors, "/projects/", NOON, accept_encoding=encoding)["ETag"]
    answer = told(visitors, "/projects/", NOON, accept_encoding=encoding, if_none_match=etag)
    assert (answer.status_code, answer.content) == (304, b"")


def test_each_address_and_query_has_its_own(visitors):
    make_project(code="T3", title="Guards")
    make_project(code="T4", title="Trains")
    pages = ("/projects/", "/projects/?words=guards", "/projects/T3/", "/projects/T4/")
    first = [told(visitors, page, NOON).content for page in pages]
    assert len(set(first)) == len(pages)
    assert [told(visitors, page, NOON).content for page in pages] == first


def test_what_is_kept_has_an_end(settings, keepers):
    settings.PAGES_KEPT = 2
    visitors = Client()
    for path in ("/cookies/", "/privacy/", "/cookies/", "/accessibility/"):
        told(visitors, path, NOON)
    (middleware,) = keepers
    assert [key[1] for key in middleware._pages] == ["/cookies/", "/accessibility/"]


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/projects/none/", "/projects/t3/", "/milestones.ics", "/contact/"]
)
def test_only_public_pages_that_are_there_are_kept(visitors, keepers, path):
    make_project(code="T3")
    told(visitors, path, NOON)
    (middleware,) = keepers
    assert not middleware._pages


def test_an_answer_with_a_cookie_or_that_varies_by_more_is_not_kept():
    @public_page
    def cookie(_request):
        response = HttpResponse("Yours")
        response.set_cookie("mine", "1")
        return response

    @public_page
    def varies(_request):
        return HttpResponse("Yours", headers={"Vary": "User-Agent"})

    for view in (cookie, varies):
        middleware = KeptPages(view)
        RequestReference(middleware)(RequestFactory().get("/"))
        assert not middleware._pages


def test_the_host_is_still_asked_for_its_name(visitors):
    assert told(visitors, "/cookies/", NOON).status_code == 200
    assert told(visitors, "/cookies/", NOON, host="evil.example").status_code == 400


def test_whether_it_lives_does_not_depend_on_the_record(visitors, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert visitors.get("/health/live").status_code == 200


def test_whoever_wants_none_does_without(settings, keepers):
    settings.PAGES_KEPT = 0
    assert Client().get("/cookies/").status_code == 200
    assert keepers == []
