"""What a notice is: what causes it, to whom it goes, its words, and until when it is due."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse

from communications.models import Email
from communications.querysets import events_without
from stepchange.models import Event
from stepchange.transitions import Words


class Kind(StrEnum):
    """What sort of message it is: that decides how it is treated when in doubt."""

    SERVICE = "service"
    """About the recipient's own business here; never promotional."""
    SECURITY = "security"
    """Somebody waits for it, or must be warned: goes first, and again when in doubt."""
    CAMPAIGN = "campaign"
    """A Call to Action: can be declined."""


@dataclass(frozen=True)
class Cause:
    """One thing that a notice has to tell, not yet in the ledger.

    With the notice's name these are the ledger's unique key. A recipient key is a person's opaque id
    and the role of the address, so that a changed address sends no second time (law 5).
    """

    subject_key: str
    occurrence: str
    recipient_keys: tuple[str, ...]
    event: Event | None = None
    due_at: datetime | None = None
    """When it may be sent, if not at once."""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message of the portal."""

    name: str
    label: Words
    """What it is called where the office reads of it."""
    about: str = ""
    """The model that its object is of, where no event says so."""
    kind: Kind = Kind.SERVICE
    event_kind: str = ""
    """The kind of event that causes it, if one does."""
    recipients: Callable[[Event], Iterable[str]] = lambda _event: ()
    """Whom such an event is told to, as recipient keys."""
    by_clock: Callable[[], Iterable[Cause]] = lambda: ()
    """What has come due by the clock and has no row yet, found by a query that may run each minute."""
    by_long_look: Callable[[], Iterable[Cause]] = lambda: ()
    """The same, where the query reads whatever there is: every ten minutes."""
    address: Callable[[Email], str]
    """Where it goes, looked up when a worker has claimed the row; empty when there is nowhere."""
    words: Callable[[Email], Mapping[str, Any]]
    """What its templates may say."""
    why_not: Callable[[Email], Words | None] = lambda _email: None
    """Why it is not due any more (its stop condition), asked just before it is sent."""
    folder: str = ""
    """Its templates' folder under `emails/`, when not its own name."""

    def not_told_of(self) -> Iterable[Event]:
        """Yield its events that have no row: by a query over all of them, never an id cursor."""
        events = events_without(Email.objects.all(), kind=self.event_kind, notice=self.name)
        yield from events.iterator()

    def cause_of(self, event: Event) -> Cause:
        """Return what one event of its kind gives it to tell."""
        told = tuple(dict.fromkeys(self._told_of(event)))
        return Cause(event.subject_key, event.digest[:32], told, event)

    def _told_of(self, event: Event) -> list[str]:
        try:
            return list(self.recipients(event))
        except ObjectDoesNotExist:
            return []

    def template(self, part: str) -> str:
        """Return the name of one of its templates: subject.txt, body.txt or body.html."""
        return f"emails/{self.folder or self.name}/{part}"


def link(name: str, *arguments: str) -> str:
    """Return the public address of a page: from PUBLIC_URL, never from a request's Host."""
    return f"{settings.PUBLIC_URL}{reverse(name, args=arguments)}"
