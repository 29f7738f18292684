"""Reading the log as it is written, through the portal's own formatter."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from structlog.stdlib import ProcessorFormatter


class Log:
    """What was logged, as text and as lines of JSON."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        """Everything, as written."""
        return self.stream.getvalue()

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the lines of one event."""
        lines = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in lines if line["event"] == name]


@contextmanager
def captured_log(level: int = logging.DEBUG) -> Iterator[Log]:
    """Keep what the portal logs meanwhile, its chattiest level included."""
    root = logging.getLogger()
    handler = next(h for h in root.handlers if isinstance(h.formatter, ProcessorFormatter))
    assert isinstance(handler, logging.StreamHandler)
    log, before = Log(), root.level
    stream = handler.setStream(log.stream)
    root.setLevel(level)
    try:
        yield log
    finally:
        root.setLevel(before)
        if stream is not None:
            handler.setStream(stream)
