"""Writes the message of one ledger row: plain text and HTML, from its notice's templates."""

import re
import textwrap
from collections.abc import Mapping
from typing import Any

import css_inline
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template import Context, Engine
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.http import http_date

from communications.models import Email
from communications.notices import Notice
from stepchange import clock
from stepchange.context import PORTAL

WIDTH = 76  # columns: what a mail program shows without breaking lines of its own, quoted once
JOINERS = "\u200c\u200d"
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)


class NoAddress(Exception):
    """There is nowhere to send it, or what stands there is no single address."""


def write(email: Email, notice: Notice) -> EmailMultiAlternatives:
    """Return the message, to exactly one recipient. Raises NoAddress.

    Subject and headers are one line each: whatever the words hold, they can't start a header.
    """
    address = notice.address(email)
    try:
        validate_email(address)
    except ValidationError:
        raise NoAddress from None
    with translation.override(settings.LANGUAGE_CODE), timezone.override(clock.UK):
        words = _everywhere() | _tame(notice.words(email))
        subject = one_line(_plain(notice.template("subject.txt"), words))
        words["subject"] = subject
        text = _paragraphs(_plain(notice.template("body.txt"), words))
        html = _INLINER.inline(render_to_string(notice.template("body.html"), words))
    message = EmailMultiAlternatives(
        subject=subject,
        body=text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        reply_to=[settings.OFFICE_EMAIL],
        headers={
            "Message-ID": email.message_id,
            "Date": http_date(clock.now().timestamp()).replace("GMT", "+0000"),
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(html, "text/html")
    return message


def _tame(words: Mapping[str, Any]) -> dict[str, Any]:
    """Return the words, those that somebody typed (a name) on one line and without controls.

    What a letter says must not be turned around, nor gain paragraphs, by a name.
    """
    return {key: one_line(word) if type(word) is str else word for key, word in words.items()}


def _plain(template: str, words: dict[str, Any]) -> str:
    """Render plain text, in which nothing is escaped."""
    return Engine.get_default().get_template(template).render(Context(words, autoescape=False))


def _paragraphs(text: str) -> str:
    """Leave one empty line between paragraphs, wherever a template's blocks met, and wrap each.

    At words only: an address in it stays whole. A line that is indented (a code) stays as it is.
    """
    tidy = re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", text.strip())
    return "\n".join(map(_wrapped, tidy.split("\n"))) + "\n"


def _wrapped(line: str) -> str:
    if line.startswith(" "):
        return line.rstrip()
    return textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False)


def one_line(text: str) -> str:
    """Return `text` without line breaks, controls or turned directions, its spaces made single.

    The two joiners stay: names in Persian, and in the scripts of India, are written with them.
    """
    kept = (c if c.isprintable() or c in JOINERS else " " for c in text)
    return " ".join("".join(kept).split())


def _everywhere() -> dict[str, Any]:
    return {
        "portal": PORTAL,
        "office_email": settings.OFFICE_EMAIL,
    }
