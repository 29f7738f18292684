"""Writes the message of one ledger row: plain text and HTML, from its notice's templates."""

import re
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
        words = _everywhere() | dict(notice.words(email))
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


def _plain(template: str, words: dict[str, Any]) -> str:
    """Render plain text, in which nothing is escaped."""
    return Engine.get_default().get_template(template).render(Context(words, autoescape=False))


def _paragraphs(text: str) -> str:
    """Leave one empty line between paragraphs, wherever a template's blocks met."""
    return re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", text.strip()) + "\n"


def one_line(text: str) -> str:
    """Return `text` without line breaks or other control characters, its spaces made single."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _everywhere() -> dict[str, Any]:
    return {
        "portal": PORTAL,
        "office_email": settings.OFFICE_EMAIL,
    }
