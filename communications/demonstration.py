"""The demonstration's post office: every message becomes a file that visitors read in a browser.

Nothing leaves the machine. Outside the demonstration these pages do not exist.
"""

import base64
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from communications.models import Email

_OURS = re.compile(r"^<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^<>\s]+>$")


class MailboxBackend(BaseEmailBackend):
    """Writes each message as one file under MAILBOX, named by its Message-ID; again, over itself."""

    handed_over = False

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the messages. Raises OSError, and then kept nothing of the one it failed on."""
        folder = Path(settings.MAILBOX)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            self.handed_over = False
            parsed: Any = message.message()
            path = folder / _file_name(str(parsed["Message-ID"]))
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_bytes(parsed.as_bytes(linesep="\r\n"))
            draft.replace(path)
            self.handed_over = True
        return len(email_messages)


def _file_name(message_id: str) -> str:
    ours = _OURS.match(message_id)
    name = ours[1] if ours else hashlib.sha256(message_id.encode()).hexdigest()
    return f"{name}.eml"


@dataclass(frozen=True)
class Letter:
    """A message as a mail program would show it."""

    text: str
    html: str


def read(email: Email) -> Letter | None:
    """Return what was sent for a ledger row, or None when nothing was, or it was cleared away."""
    path = Path(settings.MAILBOX) / _file_name(email.message_id)
    try:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
    except FileNotFoundError:
        return None
    return Letter(text=_part(message, "plain"), html=_part(message, "html"))


def _part(message: ParsedMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


class _Styles(HTMLParser):
    """Collects the styles written into a letter, each of which the policy then allows by its hash."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: set[str] = set()
        self.sheets: list[str] = []
        self._in_sheet = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_sheet = tag == "style"
        if self._in_sheet:
            self.sheets.append("")
        self.attributes.update(value for name, value in attrs if name == "style" and value)

    def handle_data(self, data: str) -> None:
        if self._in_sheet:
            self.sheets[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._in_sheet = False


def content_policy(html: str) -> str:
    """Return the policy to show a letter's HTML under: sandboxed, its own styles and nothing else."""
    styles = _Styles()
    styles.feed(html)
    sources = sorted(_source(style) for style in {*styles.attributes, *styles.sheets})
    allowed = " ".join(["'unsafe-hashes'", *sources]) if sources else "'none'"
    return (
        f"default-src 'none'; style-src {allowed}; img-src data:; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'self'; "
        "sandbox allow-top-navigation-by-user-activation"
    )


def opening_links_outside(html: str) -> str:
    """Return a letter's HTML whose links leave the frame that shows it."""
    return html.replace("<head>", '<head><base target="_top">', 1)


def _source(style: str) -> str:
    digest = hashlib.sha256(style.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
