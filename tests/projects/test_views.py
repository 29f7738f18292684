"""The programme's public pages over HTTP."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from projects.models import Milestone, Project
from projects.views import PUBLIC_PAGES
from stepchange import clock
from tests.builders import (
    make_call,
    make_milestone,
    make_project,
    make_projects,
    make_stream,
    make_user,
)
from tests.reading import Reading, read
from workstreams.models import Call, KeyActivity, Organisation, Seat, Term, WorkStream

pytestmark = pytest.mark.django_db

OPENS = clock.start_of(date(2018, 5, 1))
CLOSES = clock.end_of(date(2018, 5, 25))
START = "/expression-of-interest/"


def visit(client: Client, address: str, status: int = 200) -> Reading:
    response = client.get(address)
    assert response.status_code == status
    return read(response)


def the_call_of_2018(**fields) -> Call:
    dates = {"opens_at": OPENS, "closes_at": CLOSES, "delivery_on": date(2018, 6, 1)}
    return make_call(name="Call to Action 2018", **dates | fields)


# Home ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        (OPENS, "24 days left"),
        (clock.start_of(date(2018, 5, 24)), "Closes tomorrow"),
        (CLOSES - timedelta(seconds=1), "Closes today"),
    ],
)
def test_while_the_call_is_open_home_says_what_is_asked_and_by_when(client, moment, left):
    the_call_of_2018()
    make_projects(25)
    with time_machine.travel(moment, tick=False):
        page = visit(client, "/")
    assert page.h1 == ["Help deliver 25 projects that protect the United Kingdom"]
    assert page.says(f"{left} Send yours by 11:59pm on Friday 25 May 2018 (UK time)")
    assert page.says("Opened 1 May 2018 Delivery commences 1 June 2018")
    assert page.hrefs.count(START) == 2
    assert page.words.count("Start now") == 2


@pytest.mark.parametrize(
    ("moment", "fields", "told", "way_on"),
    [
        (
            OPENS - timedelta(seconds=1),
            {},
            "Open on 1 May 2018 They close at 11:59pm on Friday 25 May 2018 (UK time)",
            "/expression-of-interest/questions/",
        ),
        (
            CLOSES,
            {},
            "Closed They closed at 11:59pm on Friday 25 May 2018 (UK time)",
            "/account/",
        ),
        (CLOSES + timedelta(days=300), {"state": "archived"}, "Closed They closed", "/account/"),
        (OPENS, {"state": "draft"}, "No call is open The next one is announced here", "/contact/"),
    ],
)
def test_a_call_that_is_not_open_has_its_own_words_and_no_dead_button(
    client, moment, fields, told, way_on
):
    the_call_of_2018(**fields)
    make_projects(25)
    with time_machine.travel(moment, tick=False):
        page = visit(client, "/")
    assert page.says(told)
    assert way_on in page.hrefs
    assert START not in page.hrefs
    assert not page.says("Start now")
    assert not page.says("left")


def test_home_without_any_call_or_project_is_a_page_still(client):
    page = visit(client, "/")
    assert page.h1 == ["Police, business and government protecting the United Kingdom together"]
    assert page.says("No call is open")


def test_home_shows_each_work_stream_with_its_count_in_the_programmes_order(client, programme):
    Project.objects.filter(code="T5").update(state="proposed")
    page = visit(client, "/")
    cards = [
        f"{stream.name} {stream.summary} {4 if stream.slug == 'transport' else 5} projects"
        for stream in WorkStream.objects.order_by("position")
    ]
    assert len(cards) == 5
    assert page.says(" ".join(cards))
    assert page.h1 == ["Help deliver 24 projects that protect the United Kingdom"]


def test_home_quotes_what_the_call_to_action_asks(client, programme):
    page = visit(client, "/")
    assert page.says(
        "These projects now require people to develop them, lead them and deliver them, "
        "facilitated by policing and government where appropriate."
    )


# About --------------------------------------------------------------------------------------------


def test_about_tells_the_key_activity_in_order_and_notes_the_slip(client, programme):
    page = visit(client, "/about/")
    rows = [f"{row.when} {row.text}" for row in KeyActivity.objects.order_by("position")]
    assert len(rows) == 8
    places = [page.words.index(row) for row in rows]
    assert places == sorted(places)
    assert page.says("Dec 2018 First meeting of Industry Engagement Group (IEG) Editor’s note")
    assert page.says("presumably December 2017")


def test_about_shows_how_people_took_part_as_history_not_as_links(client, programme):
    page = visit(client, "/about/")
    assert page.says("https://www.surveymonkey.co.uk/r/nctpstepchange")
    assert page.says("stepchange@met.police.uk")
    assert page.says("The closing date for submitting your expression of interest is Friday 25th")
    assert not [href for href in page.hrefs if href.startswith(("http", "mailto"))]


def test_about_lists_each_repair_of_the_text(client, programme):
    page = visit(client, "/about/")
    for repair in (
        "works-inprogress works-in-progress call-to-action-1",
        "forcemultiplier force-multiplier background",
        "zcard z-card TT3",
    ):
        assert page.says(repair)


def test_about_tells_the_terms_and_the_next_steps(client, programme):
    page = visit(client, "/about/")
    assert page.says("whilst any work undertaken for Step Change is not classified, it is in")
    assert page.says("The current milestones have been established 23 April 2018 Programme")
    assert page.says("1 June 2018 Delivery commences")


# Work-streams -------------------------------------------------------------------------------------


def test_a_work_stream_lists_its_own_projects_and_both_names(client, programme):
    page = visit(client, "/work-streams/cyber/")
    assert page.h1 == ["Cyber (inc Banking)"]
    assert page.title == "Cyber (inc Banking) work-stream - Step-Change"
    assert page.says("Also called Cyber & Finance")
    listed = [href for href in page.hrefs if href.startswith("/projects/") and href[10:]]
    assert listed == [f"/projects/CF{number}/" for number in range(1, 6)]


def test_seats_are_shown_as_taken_or_vacant_and_never_by_whom(client):
    stream = make_stream(slug="transport")
    holder = make_user("gethin@cochairs.example", name="Gethin Oyediran")
    force = Organisation.objects.create(name="Northmere Police", sector="police")
    today = clock.today()
    for side, kind, first_day, last_day in (
        ("police", "co-chair", today, None),
        ("business", "co-chair", today - timedelta(days=9), today - timedelta(days=1)),
        ("business", "deputy", today - timedelta(days=9), today),
    ):
        seat = Seat.objects.create(work_stream=stream, side=side, kind=kind)
        Term.objects.create(
            seat=seat, holder=holder, organisation=force, starts_on=first_day, ends_on=last_day
        )
    response = client.get("/work-streams/transport/")
    page = read(response)
    assert page.says(
        "Business co-chair Vacant Police co-chair Appointed Business deputy Appointed Project codes"
    )
    for secret in (holder.name, holder.email, "Gethin", force.name, str(holder.public_id)):
        assert secret not in response.content.decode()


# The list of projects -----------------------------------------------------------------------------


def codes(page: Reading) -> list[str]:
    listed = [href for href in page.hrefs if href.startswith("/projects/")]
    return [href.removeprefix("/projects/").strip("/") for href in listed if href[10:]]


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


# One project --------------------------------------------------------------------------------------


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


# Addresses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("/projects/t3/", "/projects/T3/"),
        ("/projects/t3", "/projects/T3/"),
        ("/projects/T3", "/projects/T3/"),
        ("/projects/cF2?a=1&b=%20", "/projects/CF2/?a=1&b=%20"),
        ("/work-streams/Travel-And-Tourism/", "/work-streams/travel-and-tourism/"),
        ("/work-streams/CYBER", "/work-streams/cyber/"),
        ("/projects", "/projects/"),
        ("/about", "/about/"),
        ("/privacy", "/privacy/"),
    ],
)
def test_other_spellings_lead_to_the_one_address_at_once(client, programme, asked, canonical):
    for method in (client.get, client.head):
        response = method(asked)
        assert (response.status_code, response["Location"]) == (301, canonical)


@pytest.mark.parametrize(
    "address",
    [
        "/projects/ZZ9/",
        "/projects/zz9",
        "/projects/%01/",
        "/projects/T3%01/",
        "/projects/%FF/",
        "/projects/..%2f/",
        "/projects/%C5%BFr1/",
        "/projects/T%D9%A3/",
        "/projects/" + "T" * 4000 + "/",
        "/projects/T3/nothing/",
        "/projects/t3'--/",
        "/work-streams/atlantis/",
        "/work-streams/%01/",
        "/work-streams/%ED%A0%80/",
        "/nowhere/",
    ],
)
def test_what_does_not_exist_is_not_found(client, programme, address):
    response = client.get(address)
    assert response.status_code == 404
    assert "Page not found" in response.content.decode()


@pytest.mark.parametrize("state", ["proposed", "rejected"])
def test_a_project_that_is_not_published_is_nowhere(client, programme, state):
    hidden = Project.objects.get(code="T3")
    make_milestone(project=hidden, title="Secret step")
    Project.objects.filter(pk=hidden.pk).update(state=state)
    assert client.get("/projects/T3/").status_code == 404
    assert client.get("/projects/t3").status_code == 404
    for address in ("/", "/projects/", "/work-streams/transport/", "/milestones/", "/sitemap.xml"):
        said = client.get(address).content.decode()
        assert hidden.title not in said
        assert "/projects/T3/" not in said
        assert "Secret step" not in said
    assert b"Secret step" not in client.get("/milestones.ics").content
    assert codes(visit(client, "/projects/T2/")) == ["T1", "T4"]


# Milestones ---------------------------------------------------------------------------------------


def test_milestones_stand_in_order_with_how_they_are(client, programme):
    with time_machine.travel(clock.start_of(date(2018, 5, 10)), tick=False):
        Milestone.objects.filter(slug="office-established").update(
            state="met", met_on=date(2018, 4, 24)
        )
        Milestone.objects.filter(slug="projects-shared").update(state="missed")
        Milestone.objects.filter(slug="delivery-commences").update(due_on=date(2018, 6, 8))
        page = visit(client, "/milestones/")
    assert page.says(
        "23 April 2018 Number 1 in the drawing: 1. Programme Coordination office is established "
        "Met on 24 April 2018"
    )
    assert page.says("for adaption/amendment Missed")
    assert page.says("Call to Action is sent to stakeholders Day passed, not yet reported")
    assert page.says(
        "8 June 2018 (next) Number 4 in the drawing: 4. Delivery commences Planned "
        "First due 1 June 2018"
    )


def test_the_drawing_shows_what_the_list_says(client, programme):
    with time_machine.travel(clock.start_of(date(2018, 5, 10)), tick=False):
        Call.objects.update(opens_at=OPENS, closes_at=CLOSES)
        response = client.get("/milestones/")
    drawing = response.content.decode().split('<svg class="sc-chart"')[1].split("</svg>")[0]
    for words in ("Today", "23 Apr 2018", "1 May 2018", "1 Jun 2018", "Call: 1 May to 25 May 2018"):
        assert f">{words}</text>" in drawing
    assert drawing.count("<circle") == 4
    assert "style=" not in drawing
    assert read(response).says("has been open since 1 May 2018 and closes at 11:59pm on Friday 25")


def test_no_milestones_is_said(client):
    page = visit(client, "/milestones/")
    assert page.says("No milestones yet")


# For machines -------------------------------------------------------------------------------------


def test_the_site_map_lists_every_public_page_under_the_public_address(client, programme):
    response = client.get("/sitemap.xml", headers={"host": "localhost"})
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    addresses = re.findall(r"<url><loc>([^<&]+)</loc></url>", response.content.decode())
    assert len(addresses) == len(set(addresses)) == len(PUBLIC_PAGES) + 5 + 25
    assert all(address.startswith("http://127.0.0.1:8000/") for address in addresses)
    for address in addresses:
        response = client.get(address.removeprefix("http://127.0.0.1:8000"))
        assert response.status_code == 200


def test_no_link_of_a_public_page_is_dead(client, programme):
    to_visit = {reverse(name) for name in PUBLIC_PAGES} | {"/projects/T3/", "/work-streams/cyber/"}
    links = {href for address in to_visit for href in visit(client, address).hrefs}
    for href in links:
        assert href.startswith(("/", "#"))
        if href.startswith("/"):
            assert client.get(href.split("#")[0]).status_code in {200, 302}, href


def test_each_public_page_has_a_title_a_heading_and_a_description_of_its_own(client, programme):
    pages = [visit(client, reverse(name)) for name in PUBLIC_PAGES if "communications" not in name]
    pages += [visit(client, address) for address in ("/projects/T3/", "/work-streams/cyber/")]
    for told in (
        [page.title for page in pages],
        [page.metas["description"] for page in pages],
        [page.metas["og:title"] for page in pages],
        [page.links["canonical"] for page in pages],
    ):
        assert len(set(told)) == len(pages)
        assert all(told)
    assert [len(page.h1) for page in pages] == [1] * len(pages)
    assert all(page.metas["og:image"].startswith("http://127.0.0.1:8000/static/") for page in pages)


# What it costs ------------------------------------------------------------------------------------

COSTS = {
    "/": 4,
    "/about/": 4,
    "/work-streams/": 4,
    "/work-streams/transport/": 4,
    "/projects/": 4,
    "/projects/?work-stream=transport&contribution=lead&words=guards+train": 4,
    "/projects/AQ2/": 5,
    "/milestones/": 4,
    "/milestones.ics": 4,
    "/ethics/": 4,
    "/privacy/": 0,
    "/accessibility/": 0,
    "/cookies/": 0,
    "/security-model/": 0,
    "/sitemap.xml": 4,
    "/robots.txt": 0,
    "/.well-known/security.txt": 0,
}


def test_a_page_costs_the_same_at_25_and_at_2500_projects(
    client, programme, django_assert_max_num_queries
):
    Project.objects.all().update(state="rejected")
    transport = WorkStream.objects.get(slug="transport")

    def counts() -> dict[str, int]:
        counted = {}
        for address, budget in COSTS.items():
            with django_assert_max_num_queries(budget) as captured:
                assert client.get(address).status_code == 200
            counted[address] = len(captured)
        return counted

    for project in make_projects(25, work_stream=transport, wants_lead=True):
        make_milestone(project=project)
    at_25 = counts()
    more = make_projects(2475, first=25, work_stream=transport, wants_lead=True)
    Milestone.objects.bulk_create(
        Milestone(
            slug=f"step-{project.code.lower()}",
            title="Step",
            project=project,
            due_on=clock.today(),
            first_due_on=clock.today(),
        )
        for project in more
    )
    assert Project.objects.published().count() == 2500
    assert counts() == at_25
