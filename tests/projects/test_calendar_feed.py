"""The calendar file, as strictly as the pickiest calendar program reads it (RFC 5545)."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from icalendar import Calendar

from projects.models import Milestone
from stepchange import clock
from tests.builders import make_call, make_milestone, make_project
from workstreams.models import Call

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 5, 10, 9, 30, 15, 123456, tzinfo=UTC)


def fetch(client: Client) -> bytes:
    with time_machine.travel(NOW, tick=False):
        response = client.get("/milestones.ics")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return response.content


def events(client: Client) -> dict:
    calendar = Calendar.from_ical(fetch(client))
    assert calendar.errors == []
    assert [event.errors for event in calendar.events] == [[]] * len(calendar.events)
    return {str(event["summary"]): event for event in calendar.events}


@pytest.fixture
def call() -> Call:
    return make_call(
        name="Call to Action 2018",
        slug="2018",
        opens_at=clock.start_of(date(2018, 5, 1)),
        closes_at=clock.end_of(date(2018, 5, 25)),
        delivery_on=date(2018, 6, 1),
    )


def test_the_file_is_what_the_standard_asks(client, call):
    make_milestone(title="Ein sehr langer Titel; mit Komma, Semikolon \\ und Umläuten: äöü " * 2)
    body = fetch(client)
    assert body.count(b"\n") == body.count(b"\r\n") == body.count(b"\r")
    lines = body.decode().split("\r\n")
    assert lines[-1] == ""
    longest = max(len(line.encode()) for line in lines)  # octets; a letter is never cut in two
    assert 75 - len("ä".encode()) < longest <= 75
    unfolded = body.decode().replace("\r\n ", "").split("\r\n")
    assert unfolded[0] == "BEGIN:VCALENDAR"
    assert unfolded.count("VERSION:2.0") == unfolded.count("CALSCALE:GREGORIAN") == 1
    assert unfolded.count("PRODID:-//Step-Change//Milestones//EN") == 1
    assert not [line for line in unfolded if re.match(r"METHOD|BEGIN:VTIMEZONE|.*TZID", line)]
    assert unfolded.count("BEGIN:VEVENT") == unfolded.count("END:VEVENT") == 3
    for name in ("UID", "DTSTAMP", "SUMMARY", "DTSTART", "DTEND"):
        assert len([line for line in unfolded if re.match(rf"{name}[:;]", line)]) == 3
    assert unfolded.count("DTSTAMP:20180510T090000Z") == 3


def test_a_milestone_is_a_whole_day_with_an_exclusive_end(client):
    make_milestone(title="Report", due_on=date(2018, 6, 30), project=make_project(code="T3"))
    body = fetch(client).decode()
    assert "\r\nDTSTART;VALUE=DATE:20180630\r\n" in body
    assert "\r\nDTEND;VALUE=DATE:20180701\r\n" in body
    event = events(client)["T3: Report"]
    assert event["url"] == "http://127.0.0.1:8000/projects/T3/"
    assert event["transp"] == "TRANSPARENT"


def test_the_call_opens_on_a_day_and_closes_at_a_minute_in_utc(client, call):
    told = events(client)
    opening, closing = told["Call to Action 2018 opens"], told["Call to Action 2018 closes"]
    assert (opening.start, opening.end) == (date(2018, 5, 1), date(2018, 5, 2))
    assert closing.end == call.closes_at == datetime(2018, 5, 25, 23, 0, tzinfo=UTC)
    assert closing.start == call.closes_at - timedelta(minutes=1)
    assert "\r\nDTSTART:20180525T225900Z\r\n" in fetch(client).decode()
    assert "11:59pm on Friday 25 May 2018 (UK time)" in closing["description"]


def test_an_entry_moves_and_does_not_double(client, call):
    make_milestone(title="Pilot", due_on=date(2018, 7, 1))
    before = events(client)
    Milestone.objects.update(due_on=date(2018, 9, 1), title="Pilot ends")
    Call.objects.update(closes_at=clock.end_of(date(2018, 6, 8)), name="The call")
    after = events(client)
    assert [event["uid"] for event in before.values()] == [event["uid"] for event in after.values()]
    assert len({str(event["uid"]) for event in after.values()}) == 3
    assert after["Pilot ends"].start == date(2018, 9, 1)
    assert after["Pilot ends"]["description"] == "Planned. First due on 1 July 2018."
    assert after["The call closes"].end == datetime(2018, 6, 8, 23, 0, tzinfo=UTC)


def test_before_there_is_anything_the_file_is_valid_still(client):
    assert events(client) == {}


def test_the_programmes_four_milestones_and_its_call(client, programme):
    assert len(events(client)) == 6
