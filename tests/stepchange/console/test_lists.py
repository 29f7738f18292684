"""The lists of the console: searched without a word in an address, counted and bounded."""

import itertools
import re
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import pytest

from stepchange import clock
from stepchange.console import indexed_values
from stepchange.console.lists import BoundedPaginator
from stepchange.models import Event
from stepchange.roles import Role
from tests.builders import make_call, make_project, make_stream, make_user
from tests.office import make_holder, office, search, seen, signed_in
from tests.stepchange.console.rows import CALLS, EVERY_KIND, INDEX, edit_project

pytestmark = pytest.mark.django_db

HOSTILE = [
    "q=%00",
    "state__exact=%00",
    "%00=1",
    "p=999999999999999999999",
    "p=-1",
    "p=x",
    "o=99.-99.x",
    "e=1",
    "all=",
    "q=" + "a+" * 5000,
    "q=%27%22%3Cscript%3E",
    "work-stream=no-such",
    "_facets=True",
    "_popup=1",
    "due_on__year=x",
    "due_on__year=99999",
    "id__exact=1",
    "password__startswith=a",
    "_changelist_filters=%00",
]


@EVERY_KIND
def test_hostile_queries_get_a_plain_answer(kind):
    make_project()
    make_call()
    client = signed_in(make_holder(is_superuser=True, is_staff=True))
    answers = {query: client.get(f"{kind.list_page()}?{query}").status_code for query in HOSTILE}

    assert {
        query: status for query, status in answers.items() if status not in {200, 302, 400}
    } == {}


def test_a_nul_is_refused_before_a_database_sees_it():
    for query in ("state__exact=%00", "%00=1", "q=a%00"):
        response = office().get(f"{CALLS}?{query}")
        assert response.status_code == HTTPStatus.BAD_REQUEST


def test_a_list_is_not_searched_by_what_it_does_not_show():
    make_user(email="findme@users.example")
    client = signed_in(make_holder(is_superuser=True, is_staff=True))

    response = client.get("/admin/stepchange/user/?password__startswith=argon2")
    assert response.status_code == HTTPStatus.BAD_REQUEST


@EVERY_KIND
def test_what_is_searched_for_never_stands_in_an_address(kind):
    client = signed_in(make_holder(is_superuser=True, is_staff=True))

    answer = client.post(f"{kind.list_page()}?o=1&p=3", {"q": "iris@visitors.example"})

    sent_to = urlsplit(answer["Location"])
    query = parse_qs(sent_to.query)
    assert (answer.status_code, sent_to.path) == (HTTPStatus.FOUND, kind.list_page())
    assert set(query) == {"q", "o"}
    assert "iris" not in answer["Location"]
    page = client.get(answer["Location"])
    assert page.context["cl"].query == "iris@visitors.example"
    content = page.content.decode()
    links = re.findall(r'(?:href|action)="([^"]*)"', content)
    assert not any("iris" in link for link in links)
    offered = re.search(r'<form id="changelist-search" method="post"', content)
    assert bool(offered) is bool(kind.search_fields)


def test_a_search_outlives_paging_filters_and_the_way_back_from_a_row(monkeypatch):
    monkeypatch.setattr("projects.admin.ProjectAdmin.list_per_page", 1)
    stream = make_stream()
    for _ in range(2):
        make_project(work_stream=stream, needs="A dog handler")
    make_project(needs="A clerk")
    client = office()
    projects = "/admin/projects/project/"

    found = search(client, projects, "dog handler")
    key = found.wsgi_request.GET["q"]
    assert found.context["cl"].result_count == 2
    content = found.content.decode()
    assert f"q={key}&amp;p=2" in content or f"p=2&amp;q={key}" in content
    assert f"_changelist_filters=q%3D{key}" in content
    chosen = client.get(f"{projects}?q={key}&work-stream={stream.slug}&p=2").context["cl"]
    assert (chosen.result_count, chosen.query) == (2, "dog handler")
    # Another list opened meanwhile, or the same one without the key, shows everything.
    assert client.get(projects).context["cl"].result_count == 3
    # A new search stays within the filter; an empty one ends it.
    filtered = f"{projects}?state__exact=proposed&q={key}"
    assert search(client, filtered, "clerk").context["cl"].params.keys() == {"state__exact", "q"}
    assert client.post(filtered, {"q": " "})["Location"] == f"{projects}?state__exact=proposed"


def test_words_put_into_an_address_by_hand_and_others_keys_are_not_searched_for():
    key = search(office(), CALLS, "spring").wsgi_request.GET["q"]

    for typed in ("spring", key, ""):
        answer = office().get(f"{CALLS}?state__exact=draft&q={typed}")
        assert answer["Location"] == f"{CALLS}?state__exact=draft"


def test_a_session_keeps_the_last_searches_only():
    client = office()
    for number in range(30):
        client.post(CALLS, {"q": f"{number} " + "a" * 5000})

    kept = client.session["console_searches"]
    assert [words.split()[0] for words in kept.values()] == [str(n) for n in range(10, 30)]
    assert max(map(len, kept.values())) <= 200
    assert client.post(CALLS, {"q": "a\0"}).status_code == HTTPStatus.BAD_REQUEST


def test_whoever_may_not_see_a_list_does_not_search_it():
    assert office(Role.CASEWORKER).post("/admin/stepchange/user/", {"q": "a"}).status_code == 404


def test_counting_stops_where_nobody_pages(monkeypatch):
    monkeypatch.setattr("stepchange.console.lists.COUNTED_AT_MOST", 3)
    for _ in range(5):
        make_stream()
    streams = type(make_stream()).objects.all()

    assert BoundedPaginator(streams, 2).count == 3
    assert (
        "There are more than this list counts"
        in office().get("/admin/workstreams/workstream/").content.decode()
    )


def test_the_values_of_an_indexed_column_are_found_one_by_one():
    assert indexed_values(Event, "kind") == []
    project = make_project(state="proposed")
    client = office()
    for _ in range(2):
        edit_project(client, project, title=f"Title {clock.now()}")
        project.refresh_from_db()
    client.post(f"/admin/projects/project/{project.code}/agree_provisionally/", seen(project))

    assert indexed_values(Event, "kind") == [
        "projects.project.agreed_provisionally",
        "projects.project.edited",
    ]


def test_the_first_page_leads_with_what_waits(django_assert_max_num_queries):
    call = make_call(name="Spring call")
    make_project()
    client = office()
    # One for each kind of row that waits, and three for whom law 3 withholds.
    with django_assert_max_num_queries(32):
        page = client.get(INDEX).content.decode()

    assert f"Days left of {call}" in page
    assert "Drafts not yet submitted" in page
    caseworker = office(Role.CASEWORKER).get(INDEX).content.decode()
    assert "Emails" not in re.sub(r"<nav.*?</nav>", "", caseworker, flags=re.DOTALL)


def test_pages_of_the_console_are_never_kept_by_anybody():
    assert "no-store" in office().get(CALLS)["Cache-Control"]


@pytest.mark.parametrize(
    "filtered",
    [
        "participants/expressionofinterest/?state__exact=submitted",
        "participants/invitation/?state__exact=sent",
        "workstreams/organisation/?state__exact=merged",
    ],
)
def test_no_heading_of_a_filtered_list_skips_a_level(filtered):
    page = office().get(f"/admin/{filtered}").content.decode()
    assert '<details class="sc-filters" open>' in page

    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page)]
    first = levels.index(1)
    steps = itertools.pairwise(levels[first:])
    assert [pair for pair in steps if pair[1] > pair[0] + 1] == []
