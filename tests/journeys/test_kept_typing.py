"""Nothing typed is lost in a browser: the session ends, the server fails, is started anew, days pass."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.conf import settings as portal
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from participants.models import PageAnswers
from stepchange import clock
from stepchange.models import KeptTyping, User
from tests.builders import make_call, make_project, make_user
from tests.journeys.pictures import keep_picture
from tests.journeys.watch import Watch

PASSWORD = "three steps up the hill"
WORDS = "Ten years of hotel security.\nAnd a “quoted” <line>."
PAGE = "/expression-of-interest/experience/"


@pytest.fixture
def user(live_server: LiveServer) -> User:
    """Somebody who signs in with a password, while a call is open."""
    cache.clear()
    make_call()
    make_project()
    user = make_user("zoe@hotels.example", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def page_of(new_context: Any) -> Callable[..., Page]:
    """Return what opens a browser of a width in which an account is signed in, if one is named."""

    def make(
        address: str, user: User | None = None, *, width: int = 1280, scripts: bool = True
    ) -> Page:
        context = new_context(java_script_enabled=scripts, viewport={"width": width, "height": 800})
        if user:
            client = Client()
            client.force_login(user)
            cookie = client.cookies[portal.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": portal.SESSION_COOKIE_NAME, "value": cookie, "url": address}]
            )
        page: Page = context.new_page()
        return page

    return make


def signs_in(page: Page, user: User) -> None:
    page.get_by_label("Email address").fill(user.email)
    page.get_by_label("Password (optional)").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()


def looks(page: Page, name: str, *, scripts: bool = True) -> None:
    """Check the page as it stands: accessible, within its width; keep a picture."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    keep_picture(page, f"kept-{width}-{name}")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if scripts:
        Watch(page).check()


@pytest.mark.parametrize(
    ("width", "scripts"),
    [
        pytest.param(1280, True, id="wide"),
        pytest.param(320, False, id="phone-without-scripts"),
    ],
)
def test_the_session_ends_in_the_middle_of_a_page(
    live_server: LiveServer, user: User, page_of: Callable[..., Page], width: int, scripts: bool
) -> None:
    page = page_of(live_server.url, user, width=width, scripts=scripts)
    page.goto(live_server.url + PAGE)
    page.locator("[name=experience]").fill(WORDS)
    with time_machine.travel(clock.now() + timedelta(minutes=45)):
        page.get_by_role("button", name="Save and continue").click()
        expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
        expect(page.get_by_text("What you typed is kept for 24 hours")).to_be_visible()
        looks(page, "signed-out", scripts=scripts)
        assert not PageAnswers.objects.exists()

        signs_in(page, user)
        page.wait_for_url(f"**{PAGE}")
        expect(page.get_by_role("heading", name="Not saved yet")).to_be_visible()
        expect(page.locator("[name=experience]")).to_have_value(WORDS)
        looks(page, "not-saved-yet", scripts=scripts)
        page.goto(f"{live_server.url}/expression-of-interest/tasks/")
        looks(page, "tasks", scripts=scripts)
        page.get_by_role("link", name="Your experience", exact=True).click()
        page.get_by_role("button", name="Save and continue").click()

        expect(page.get_by_role("heading", name="Not saved yet")).to_have_count(0)
        assert PageAnswers.objects.get().answers["experience"].splitlines() == WORDS.splitlines()
        assert not KeptTyping.objects.exists()


def test_over_two_devices_with_days_between(
    live_server: LiveServer, user: User, page_of: Callable[..., Page]
) -> None:
    phone = page_of(live_server.url, user, width=320)
    phone.goto(live_server.url + PAGE)
    phone.locator("[name=experience]").fill("Ten years of")
    phone.get_by_role("button", name="Save and come back later").click()
    expect(phone.get_by_text("from any device")).to_be_visible()
    phone.goto(live_server.url + PAGE)
    phone.locator("[name=experience]").fill("Ten years of, typed on the train")

    with time_machine.travel(clock.now() + timedelta(days=3)):
        desk = page_of(live_server.url)
        desk.goto(live_server.url + PAGE)
        signs_in(desk, user)
        expect(desk.locator("[name=experience]")).to_have_value("Ten years of")
        desk.locator("[name=experience]").fill("Ten years of hotel security")
        desk.get_by_role("button", name="Save and continue").click()
        desk.wait_for_url(lambda url: PAGE not in url)

        # The phone still shows the page of three days ago: its words are kept, and overwrite nothing.
        phone.get_by_role("button", name="Save and continue").click()
        signs_in(phone, user)
        expect(phone.locator("[name=experience]")).to_have_value("Ten years of, typed on the train")
        phone.get_by_role("button", name="Save and continue").click()
        expect(phone.get_by_text("saved in another tab or on another device")).to_be_visible()
        assert PageAnswers.objects.get().answers == {"experience": "Ten years of hotel security"}


def test_the_server_fails_and_the_words_are_on_the_page_and_one_step_back(
    live_server: LiveServer, user: User, page_of: Callable[..., Page], monkeypatch: Any
) -> None:
    page = page_of(live_server.url, user, width=320)
    page.goto(live_server.url + PAGE)
    page.locator("[name=experience]").fill(WORDS)

    def fails(*_args: object, **_kwargs: object) -> None:
        raise ValueError("broken")

    with monkeypatch.context() as broken:
        broken.setattr("participants.workflow.save_page", fails)
        page.get_by_role("button", name="Save and continue").click()
        expect(page.get_by_role("heading", name="What you typed")).to_be_visible()
        expect(page.get_by_text("Ten years of hotel security.")).to_be_visible()
        looks(page, "failed")
        page.go_back()
        expect(page.locator("[name=experience]")).to_have_value(WORDS)
        page.get_by_role("button", name="Save and continue").click()
        expect(page.get_by_role("heading", name="What you typed")).to_be_visible()
    page.get_by_role("button", name="Try to save it again").click()

    page.wait_for_url(lambda url: PAGE not in url)
    assert PageAnswers.objects.get().answers["experience"].splitlines() == WORDS.splitlines()


@contextmanager
def server_of_its_own(port: int) -> Iterator[None]:
    """Serve the tests' database from a process that can be killed."""
    told = connection.settings_dict
    name = told["NAME"]
    place = (
        f"sqlite:///{name}"
        if connection.vendor == "sqlite"
        else f"postgres://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{name}"
    )
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "stepchange.wsgi", "--no-control-socket"),
            *("--bind", f"127.0.0.1:{port}", "--threads", "4", "--log-level", "error"),
        ],
        env=os.environ
        | {
            "DATABASE_URL": place,
            "DJANGO_SETTINGS_MODULE": "stepchange.settings",
            "STEPCHANGE_MODE": "test",
            "STEPCHANGE_VAR": str(portal.VAR),
            "SECRET_KEY": portal.SECRET_KEY,
            "FIELD_KEYS": ",".join(portal.FIELD_KEYS),
        },
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_until_alive(port, process)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_alive(port: int, process: subprocess.Popen[bytes]) -> None:
    for _try in range(150):
        assert process.poll() is None, "the server ended"
        asking = HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            asking.request("GET", "/health/live")
            asking.getresponse()
            return
        except OSError:
            time.sleep(0.1)
        finally:
            asking.close()
    raise AssertionError("the server did not start")


def test_the_server_is_killed_and_started_anew_in_the_middle_of_a_page(
    live_server: LiveServer, user: User, page_of: Callable[..., Page]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    page = page_of(address, user)
    with server_of_its_own(port):
        page.goto(address + PAGE)
        page.locator("[name=experience]").fill(WORDS)
    with server_of_its_own(port):
        page.get_by_role("button", name="Save and continue").click()
        page.wait_for_url(lambda url: PAGE not in url)
        looks(page, "after-a-restart")

    assert PageAnswers.objects.get().answers["experience"].splitlines() == WORDS.splitlines()
    assert Session.objects.count() == 1
