"""What the pages about ourselves promise, and that it holds."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.conf import settings

from projects.loading import load_programme
from stepchange import devices
from tests.builders import make_call, make_user
from tests.reading import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme(db) -> None:
    load_programme()


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
    for words in (" years after", " months after", "link in every", "Nobody else"):
        assert words not in page.words
    assert page.words.count(" year after") == 1  # of referees' details: `forget_referees`
    assert page.says("a year after you answered")
    for words in ("sessions that have ended", "codes to a work address that you did not use"):
        assert page.says(words)
    assert page.says("We erase the rest when you ask")
    assert page.says("no such email is sent yet")


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
    assert page.says(f"{devices.COOKIE} What for")
    assert page.words.count("What for") == 3
    assert page.says("after 12 hours at the latest")
    assert page.says("After 364 days.")
    assert page.says("After 365 days.")


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
