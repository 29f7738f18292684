"""Error pages: what happened, what to do, and a reference that is in the log too."""

import sys
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token
from django.template import loader
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from stepchange.context import PORTAL
from stepchange.kept_typing import SHOWN, SIGNED

log = structlog.get_logger(__name__)

Advice = tuple[str | Promise, str | Promise]

# A form that was open while its reader signed in or out elsewhere. What was typed is still a step back.
OLD_FORM = (
    _("This page is out of date"),
    _(
        "It was opened before you signed in or out. What you typed is not saved yet, but it is still "
        "there: go back and copy it, then reload that page, paste it and save."
    ),
)

# What was typed can't be kept for its owner: it is on the page, to be copied.
NOT_KEPT = (
    _("This was not saved"),
    _("Copy what you typed from this page. Then sign in, open the page again, and paste it."),
)

# Status: what happened, what to do.
WORDS = {
    400: (_("That request is not one we understand"), _("Go back and try again.")),
    403: (
        _("You can't do that"),
        _("Sign in with the account that may, or go back."),
    ),
    404: (
        _("Page not found"),
        _("If you typed the address, check it. If you pasted it, check that you copied all of it."),
    ),
    405: (_("That page can't be used that way"), _("Go back and use the buttons on the page.")),
    409: (_("That can't be done now"), _("Go back to see how things stand.")),
    413: (_("That is too much at once"), _("Send less text and try again.")),
    429: (_("Too many tries"), _("Wait a few minutes, then try again. What was saved is kept.")),
    500: (
        _("Something went wrong on our side"),
        _("What you saved is kept. Try again in a few minutes."),
    ),
    503: (
        _("The portal is not available"),
        _("What you saved is kept. Try again in a few minutes."),
    ),
}
# Seconds: what the words "a few minutes" mean to a program.
RETRY_AFTER = {429: 300, 503: 120}


def page(
    request: HttpRequest, status: int, reason: str = "", *, words: Advice | None = None
) -> HttpResponse:
    """Return the error page for a status; it needs neither database nor session."""
    reference = getattr(request, "reference", "")
    log.info("error page", status=status, phrase=HTTPStatus(status).phrase)
    content = _content(status, words or WORDS[status], reason, reference, _typed(request, status))
    response = HttpResponse(content, status=status)
    response["Cache-Control"] = "no-store"
    if status in RETRY_AFTER:
        response["Retry-After"] = str(RETRY_AFTER[status])
    return response


def _typed(request: HttpRequest, status: int) -> dict[str, Any] | None:
    """Return what was typed on a form that failed, to be read, copied and, after 5xx, sent again."""
    typing = getattr(request, "typing", None)
    if typing is None or not typing.answers or getattr(request, "typing_is_safe", False):
        return None
    asked = {SIGNED, SHOWN, "later"} & set(request.POST)
    return {
        "lines": [
            (name.replace("_", " ").capitalize(), "\n".join(texts))
            for name, texts in typing.answers.items()
            if any(texts)
        ],
        "fields": [(name, text) for name, texts in typing.values.items() for text in texts]
        + [(name, request.POST[name]) for name in sorted(asked)],
        "address": request.get_full_path() if status in {500, 503} else "",
        "csrf_token": get_token(request),
    }


def _content(
    status: int, words: Advice, reason: str, reference: str, typed: dict[str, Any] | None
) -> str:
    title, advice = words
    try:
        return loader.render_to_string(
            "error.html",
            {
                "portal": PORTAL,
                "status": status,
                "error_title": title,
                "error_advice": advice,
                "error_reason": reason,
                "reference": reference,
                "typed": typed,
            },
        )
    except Exception as error:  # whatever broke the page must not break the words about it
        log.error("error page.not rendered", exc_info=error)
        return format_html(
            '<!DOCTYPE html><html lang="en-GB"><meta charset="utf-8"><title>{}</title>'
            "<h1>{}</h1><p>{}</p><p>{}</p><p>{}</p>",
            *(title, title, reason, advice, reference),
        )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400, or 413 where the body was too large."""
    return page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 with the reason given for a person to read, if any."""
    return page(request, 403, reason=str(exception))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404, the same for what does not exist and what is not yours to see (law 7)."""
    return page(request, 404)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Answer 429."""
    return page(request, 429)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 where the database can't be reached, wherever in the request that showed."""
    error = sys.exception()
    unavailable = isinstance(error, OperationalError | InterfaceError)
    log.error("request.failed", exc_info=error)
    return page(request, 503 if unavailable else 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Answer 403 when a form's token is missing or old; 405 for a method that no form sends."""
    if request.method != "POST":
        return page(request, 405)
    request.form_is_old = True  # type: ignore[attr-defined]  # our own mark, asked by middleware.KeepsTyping
    return page(request, 403, words=OLD_FORM)
