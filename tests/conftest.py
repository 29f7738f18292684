"""What every test may ask for."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from _pytest.main import pytest_runtestloop as run_tests
from django.conf import settings
from django.core.cache import cache
from whitenoise import WhiteNoise

from scripts.prepare import collect_static_if_changed
from tests.frames import make_room
from tests.guards import lifted_by_flushes

AN_HOUR = 60 * 60
# Run once, on PostgreSQL: what shows the same on every database and with every Python (pages, words,
# emails, commands, the console, the reading of sources), the long random walks, and casework, which the
# demonstration's cast tries on SQLite.
ONCE = (
    "tests/architecture",
    "tests/communications/test_declaration_notices.py",
    "tests/communications/test_expression_notices.py",
    "tests/communications/test_ledger_machine.py",
    "tests/communications/test_letters.py",
    "tests/communications/test_validation_notices.py",
    "tests/look",
    "tests/participants/compliance",
    "tests/participants/entered",
    "tests/participants/identity",
    "tests/participants/interests",
    "tests/participants/invitations",
    "tests/participants/kept_typing",
    "tests/participants/likeness",
    "tests/participants/submitted",
    "tests/participants/test_cast_dates.py",
    "tests/participants/test_cast_validation.py",
    "tests/participants/test_closing.py",
    "tests/participants/test_entered_rules.py",
    "tests/participants/test_form_pages.py",
    "tests/participants/test_form_queries.py",
    "tests/participants/test_hostile_input.py",
    "tests/participants/test_interests_page.py",
    "tests/participants/test_life.py",
    "tests/participants/test_looked.py",
    "tests/participants/test_organisation_page.py",
    "tests/participants/test_withheld.py",
    "tests/projects/test_home_page.py",
    "tests/projects/test_project_list.py",
    "tests/projects/test_project_page.py",
    "tests/projects/test_views.py",
    "tests/reviews",
    "tests/scripts",
    "tests/security",
    "tests/stepchange/console",
    "tests/stepchange/test_credentials.py",
    "tests/stepchange/test_event_words.py",
    "tests/stepchange/test_hostile_queries.py",
    "tests/stepchange/test_passkeys.py",
    "tests/stepchange/test_public_pages.py",
    "tests/stepchange/test_public_pages_bare.py",
    "tests/test_html_validity.py",
    "tests/workstreams/test_register_machine.py",
)
LITTER = 100_000
"""So many new objects are let lie before the collector looks among them, which it else does at 700."""
_numbers = count()
TOUCHES_THE_DATABASE = {"db", "transactional_db", "django_db_setup", "live_server"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that touch the database, which are run on SQLite too, and those that are run once."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & TOUCHES_THE_DATABASE:
            item.add_marker("database")
        if item.nodeid.startswith(ONCE):
            item.add_marker("once")


def pytest_collection_finish() -> None:
    """Keep the collector from walking, time and again, over what lasts as long as the run does anyway."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(LITTER)


def pytest_runtestloop(session: pytest.Session) -> object:
    """Run the tests, as pytest does, in a frame with room for theirs."""
    if hasattr(session.config, "workerinput") or session.config.pluginmanager.hasplugin("dsession"):
        return None  # xdist has a loop of its own
    return run_tests(session)


make_room(pytest_runtestloop)


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Serve the pages' styles and scripts as production does: collected, hashed, compressed."""
    collect_static_if_changed()


@pytest.fixture(scope="session", autouse=True)
def _static_files_read_once(static_files) -> Iterator[None]:
    """Let every test's own client find the collected files without reading the folder anew."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    read = WhiteNoise.update_files_dictionary

    def remember(server: WhiteNoise, root: str, prefix: str) -> None:
        if (root, prefix) not in found:
            before = set(server.files)
            read(server, root, prefix)
            found[root, prefix] = {url: server.files[url] for url in set(server.files) - before}
        server.files |= found[root, prefix]

    with patch.object(WhiteNoise, "update_files_dictionary", remember):
        yield


@pytest.fixture(scope="session", autouse=True)
def _emptying_the_record() -> Iterator[None]:
    """Let the flush after a test that commits empty the record too, which nothing else may."""
    with lifted_by_flushes():
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_old_journals() -> None:
    """Clear away the ledger's journals of earlier runs: each test that sends begins one."""
    for journal in Path(settings.LEDGER_JOURNAL).glob("*"):
        if time.time() - journal.stat().st_mtime > AN_HOUR:
            journal.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def _anchors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of all the anchors: one for each test would be made, and taken away, each time."""
    return tmp_path_factory.mktemp("anchors")


@pytest.fixture(autouse=True)
def _own_anchor(settings, _anchors) -> None:
    """Anchor each test's chain in a file of its own: every test's chain begins anew."""
    settings.AUDIT_ANCHOR = _anchors / str(next(_numbers))


@pytest.fixture
def limits_unused(db) -> Iterator[None]:
    """Begin with every limit unused, and leave none used: the cache outlives a test's rollback."""
    cache.clear()
    yield
    cache.clear()
