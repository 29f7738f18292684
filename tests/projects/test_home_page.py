"""The home page and the one about the programme."""

from datetime import date, timedelta

import pytest
import time_machine

from projects.models import Project
from stepchange import clock
from tests.builders import make_projects
from tests.projects.visiting import CLOSES, OPENS, START, the_call_of_2018, visit
from workstreams.models import KeyActivity, WorkStream

pytestmark = pytest.mark.django_db


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
