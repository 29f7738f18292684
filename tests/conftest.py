"""What every test may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from scripts.prepare import collect_static_if_changed
from scripts.services import free_port
from tests.guards import lifted_by_flushes

TOUCHES_THE_DATABASE = {"db", "transactional_db", "django_db_setup", "live_server"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that touch the database: these are run on SQLite too."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & TOUCHES_THE_DATABASE:
            item.add_marker("database")


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Serve the pages' styles and scripts as production does: collected, hashed, compressed."""
    collect_static_if_changed()


@pytest.fixture(scope="session", autouse=True)
def _emptying_the_record() -> Iterator[None]:
    """Let the flush after a test that commits empty the record too, which nothing else may."""
    with lifted_by_flushes():
        yield


@pytest.fixture(autouse=True)
def _own_anchor(settings, tmp_path) -> None:
    """Anchor each test's chain in a file of its own: every test's chain begins anew."""
    settings.AUDIT_ANCHOR = tmp_path / "audit-anchor"


@dataclass
class MailServer:
    """A real SMTP server on this machine that keeps what it is sent, and can be told to refuse."""

    port: int
    answer: str = "250 Kept"
    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep the letter, if the answer set is a good one."""
        if self.answer.startswith("250"):
            content = envelope.original_content or b""
            self.letters.append(message_from_bytes(content, policy=policy.default))
        return self.answer


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    """Yield a real mail server that the portal sends through."""
    server = MailServer(port=free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server
    finally:
        controller.stop()
