"""A tick that accepts words in one version: which version it was, and since when, is what is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from participants.forms.base import WORDS_CHANGED
from participants.texts import Statement
from stepchange import clock
from stepchange.uk_time import uk_moment

FIRST_VERSION = "2026-11"
"""What a tick stood for before its version was kept with it."""


@dataclass(frozen=True)
class Acceptance:
    """That words were accepted: their version, and since when, where that is known."""

    version: str
    at: datetime | None = None

    @classmethod
    def read(cls, kept: Any) -> "Acceptance | None":
        """Read what a page keeps ("2026-11 at <instant>") or a browser sends ("2026-11")."""
        if kept is True:
            return cls(FIRST_VERSION)
        version, _at, instant = str(kept or "").partition(" at ")
        try:
            return cls(version, datetime.fromisoformat(instant)) if instant else cls(version)
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.version} at {self.at.isoformat()}" if self.at else self.version


class AcceptanceBox(forms.CheckboxInput):
    """A checkbox that sends the version of the words beside it.

    So a page that was opened before the words changed accepts the old ones, not those nobody read.
    """

    def __init__(self, version: str) -> None:
        super().__init__(check_test=self._holds)
        self.version = version

    def _holds(self, kept: Any) -> bool:
        acceptance = Acceptance.read(kept)
        return acceptance is not None and acceptance.version == self.version

    def format_value(self, value: Any) -> str:
        """Send the version, whatever was kept."""
        return self.version

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return what was sent or kept, empty for a box without a tick."""
        return data.get(name) or ""


class AcceptanceField(forms.Field):
    """A statement that has to be accepted, in the version in which it stands now."""

    def __init__(self, statement: Statement) -> None:
        super().__init__(
            label=statement.tick,
            widget=AcceptanceBox(statement.version),
            error_messages={"required": statement.missing},
        )
        self.statement = statement

    def clean(self, value: Any) -> Acceptance:
        """Return the acceptance. Raises ValidationError for none, or one of words that have changed."""
        acceptance = Acceptance.read(value) if value else None
        if acceptance is None or not acceptance.version:
            raise forms.ValidationError(self.error_messages["required"])
        if acceptance.version != self.statement.version:
            raise forms.ValidationError(
                _("These words have changed since you accepted them. Read them again: %(what)s")
                % {"what": _lower_first(str(self.statement.missing))},
                code=WORDS_CHANGED,
            )
        return acceptance


def accepted_since(kept: Mapping[str, Any], name: str, sent: Any) -> str:
    """Return what to keep of a tick: since when it has stood for this version."""
    now, before = Acceptance.read(sent) if sent else None, Acceptance.read(kept.get(name))
    if now is None or not now.version:
        return ""
    if now.at is None and before and before.version == now.version and before.at:
        return str(before)
    return str(now if now.at else Acceptance(now.version[:40], clock.now().replace(microsecond=0)))


def acceptance_in_words(acceptance: Acceptance) -> str:
    """Say that it was accepted, in which version and when."""
    words = {"version": acceptance.version, "time": uk_moment(acceptance.at)}
    if acceptance.at is None:
        return _("Accepted, version %(version)s") % words
    return _("Accepted at %(time)s, version %(version)s") % words


def _lower_first(words: str) -> str:
    return words[:1].lower() + words[1:]
