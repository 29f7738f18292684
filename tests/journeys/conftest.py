"""The browser of the journeys: Debian's Chromium, watched for every complaint of its console."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any

import pytest
from django.contrib.staticfiles import handlers
from django.core.cache import cache
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from communications import workflow as ledger
from participants.cast import load_demonstration
from projects.loading import load_programme
from tests.frames import make_room
from tests.journeys.visitor import Visitor
from tests.journeys.watch import Watch
from tests.remembered import made_once

HERE = Path(__file__).parent
QUIET = (  # the browser speaks to nobody but the portal
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives a browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session", autouse=True)
def orm_beside_the_browser() -> Iterator[None]:
    """Let a journey look into the database although Playwright keeps an event loop running."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


make_room(ThreadingMixIn.process_request_thread)


@pytest.fixture(scope="session", autouse=True)
def static_files_as_in_production() -> Iterator[None]:
    """Let the live server leave static files to the portal, which serves them collected and hashed.

    pytest-django's own handler looks for them by their names in the sources, and finds no hashed one.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handlers, "StaticFilesHandler", lambda application: application)
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Launch the installed Chromium (CHROMIUM names another)."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        raise pytest.UsageError("Chromium is not installed: sudo apt-get install chromium")
    return browser_type_launch_args | {"executable_path": program, "args": list(QUIET)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Browse as a British reader whose clock is not in London."""
    return browser_context_args | {"locale": "en-GB", "timezone_id": "America/New_York"}


@pytest.fixture
def watch(page: Page) -> Iterator[Watch]:
    """Yield the watch over `page`; a complaint of its console that is left fails the test."""
    watching = Watch(page)
    yield watching
    watching.assert_quiet()


def load_without_forms() -> None:
    load_programme()
    load_demonstration(forms=False)


@pytest.fixture
def address(live_server: LiveServer, settings: Any, tmp_path: Path) -> str:
    """Serve the demonstration: the programme, the cast, and a mailbox; return where."""
    cache.clear()  # the same address signs up in each journey: the limits are another test's
    settings.IS_DEMONSTRATION = True
    settings.MAILBOX = tmp_path / "mailbox"
    settings.EMAIL_BACKEND = "communications.demonstration.MailboxBackend"
    made_once("demonstration without forms", load_without_forms)
    ledger.sweep()  # the demonstration's invitation goes out before the visitor's first email
    return live_server.url


@pytest.fixture
def visitor_at(new_context: Any, address: str) -> Callable[..., Visitor]:
    """Return what makes a visitor with a browser of a width, with or without scripts."""

    def make(width: int, *, scripts: bool = True) -> Visitor:
        context = new_context(java_script_enabled=scripts, viewport={"width": width, "height": 800})
        return Visitor(context, address, width, scripts=scripts)

    return make
