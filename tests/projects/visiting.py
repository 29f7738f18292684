"""Visits to the programme's public pages."""

from datetime import date

from django.test import Client

from stepchange import clock
from tests.builders import make_call
from tests.reading import Reading, read
from workstreams.models import Call

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


def codes(page: Reading) -> list[str]:
    listed = [href for href in page.hrefs if href.startswith("/projects/")]
    return [href.removeprefix("/projects/").strip("/") for href in listed if href[10:]]
