"""What events and emails are about, in words and with a link: many rows at the cost of one query a kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

from stepchange.console.event_words import short_key
from stepchange.console.rows import RowPages
from stepchange.models import Event, User

LONGEST_NAME = 60


@dataclass(frozen=True)
class Named:
    """How one thing is called, and its page in the console, if it has one for this reader."""

    words: str
    url: str = ""

    @property
    def html(self) -> SafeString:
        """Return the words, as a link where there is a page."""
        if not self.url:
            return format_html("{}", self.words)
        return format_html('<a href="{}">{}</a>', self.url, self.words)

    def __str__(self) -> str:
        return self.words


def who_did(user: User | None, request: HttpRequest) -> Named:
    """Return who did something: the office by name, others in confidence, by the beginning of their key.

    Whoever may look at accounts finds a link to theirs.
    """
    if user is None:
        return Named(_("The portal itself"))
    return Named(in_confidence(user), _page_of(request, User, user.record_key))


def in_confidence(user: User) -> str:
    """Return the name of somebody of the office; for all others no name and no address."""
    if user.is_staff and user.name:
        return user.name
    return _("Account %(key)s") % {"key": short_key(user.record_key)}


def name_subjects(
    asked: Iterable[tuple[str, str]], request: HttpRequest
) -> Mapping[tuple[str, str], Named]:
    """Return the names of things, each asked for by its kind (a model's label) and key in the record.

    What has a page that its reader may open is called as that page calls it, and linked. Of anything
    else only what it is and the beginning of its key is told: its own words may tell of a person.
    """
    keys: dict[str, set[str]] = {}
    for kind, key in asked:
        keys.setdefault(kind, set()).add(key)
    named: dict[tuple[str, str], Named] = {}
    for kind, of_kind in sorted(keys.items()):
        for key, found in _names_of(kind, of_kind, request).items():
            named[kind, key] = found
    return named


def _names_of(kind: str, keys: set[str], request: HttpRequest) -> dict[str, Named]:
    model = _model_of(kind)
    plain = {key: Named(_plainly(model, key)) for key in keys}
    pages = admin.site._registry.get(model) if model else None
    if model is None or not isinstance(pages, RowPages) or not pages.has_view_permission(request):
        return plain
    try:
        # The reader's own scope: what they may not open is not linked (law 7).
        rows = list(
            pages.get_queryset(request)
            .filter(**{f"{pages.address}__in": keys})
            .prefetch_related(None)
        )
    except (ValueError, ValidationError):
        return plain
    for row in rows:
        key = row.record_key
        words = plain[key].words if pages.named_in_confidence else _called(row)
        plain[key] = Named(words, pages.page_of(row))
    return plain


def subject_of(event: Event) -> models.Model | None:
    """Return the row that an event is about, whoever may open it; None where it can't be found."""
    model = _model_of(event.subject_kind)
    if model is None:
        return None
    pages = admin.site._registry.get(model)
    address = pages.address if isinstance(pages, RowPages) else "public_id"
    try:
        return model._base_manager.filter(**{address: event.subject_key}).first()
    except (FieldError, ValueError, ValidationError):
        return None


def _called(row: Any) -> str:
    if isinstance(row, User):
        return in_confidence(row)
    return Truncator(str(row)).chars(LONGEST_NAME)


def _plainly(model: type[models.Model] | None, key: str) -> str:
    if model is None:
        return short_key(key)
    shown = short_key(key)
    return f"{capfirst(str(model._meta.verbose_name))} {shown}" if shown != key else key


def _page_of(request: HttpRequest, model: type[models.Model], key: str) -> str:
    """Return the address of the thing's page, by its key alone; empty where there is none to open."""
    pages = admin.site._registry.get(model)
    if not isinstance(pages, RowPages) or not pages.has_view_permission(request):
        return ""
    return pages.page_of(model(**{pages.address: key}))


def _model_of(kind: str) -> type[models.Model] | None:
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):
        return None
