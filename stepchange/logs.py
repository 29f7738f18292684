"""Structured logs: one line an event, with the request's reference and nothing personal."""

import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

DEEPEST = 30


def configure_logging(*, level: str, as_json: bool) -> dict[str, Any]:
    """Configure structlog and return Django's LOGGING for the same stream.

    Addresses are logged by the name of their route, never as typed: a path can hold a token. Errors
    are logged by where they arose, never by their words (`without_words`).
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    final = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, without_words, renderer]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": final,
            }
        },
        "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stream"], "level": level},
        "loggers": {
            # These repeat paths and addresses as typed; `middleware` logs each request instead.
            "django": {"level": "WARNING"},
            "django.request": {"level": "CRITICAL"},
            "django.security": {"level": "CRITICAL"},
            "django.server": {"level": "CRITICAL"},
            # Its lines repeat an error's words; `celery` logs each failure instead.
            "celery.app.trace": {"level": "CRITICAL"},
        },
    }


def without_words(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace an error by its kinds and where it arose: its words may quote what somebody typed.

    "Key (email)=(...) already exists", says a database; "invalid literal", says Python (law 7).
    """
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given
    if error is True:
        error = sys.exception()
    if isinstance(error, BaseException):
        event["error"] = _kinds(error)
        event["arose"] = _places(error.__traceback__)
    return event


def _kinds(error: BaseException) -> str:
    """Return the error's class and those of what caused it, nearest first."""
    kinds: list[str] = []
    link: BaseException | None = error
    while link is not None and len(kinds) < DEEPEST:
        kinds.append(f"{type(link).__module__}.{type(link).__qualname__}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return " from ".join(kinds)


def _places(trace: TracebackType | None) -> list[str]:
    """Return the file, line and function of each frame, outermost first."""
    frames = traceback.extract_tb(trace)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-DEEPEST:]]
