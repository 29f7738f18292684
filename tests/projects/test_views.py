"""The public pages over HTTP: work-streams, milestones, addresses, and what each costs."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from projects.models import Milestone, Project
from projects.views import PUBLIC_PAGES
from stepchange import clock
from tests.builders import (
    make_milestone,
    make_projects,
    make_stream,
    make_user,
)
from tests.projects.visiting import CLOSES, OPENS, codes, visit
from tests.reading import read
from workstreams.models import Call, Organisation, Seat, Term, WorkStream

pytestmark = pytest.mark.django_db


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
