"""What the console writes into the record when a form is saved, and how it shows a row's record."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.views.main import PAGE_VAR
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from stepchange.console.event_words import words_of_fact, words_of_value
from stepchange.console.rows import RowPages, acting_user
from stepchange.console.subjects import who_did
from stepchange.encryption import EncryptedTextField
from stepchange.events import record
from stepchange.models import Event
from stepchange.querysets import record_key


class RecordPages(RowPages):
    """Writes each change with its event, and shows what the record holds about a row."""

    object_history_template = "stepchange/console/history.html"

    @property
    def event_subject(self) -> str:
        """Return how the events of such rows begin."""
        return self.subject or (self.table.subject if self.table else self.opts.label_lower)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write the fields that were changed and no others, and what was changed into the record."""
        by = acting_user(request)
        if not change:
            obj.save(force_insert=True)
            names = [field.name for field in self.opts.concrete_fields if not field.primary_key]
            record(
                f"{self.event_subject}.added",
                obj,
                by=by,
                facts={"fields": names},
                personal={"values": _values(obj, names)},
            )
            return
        names = form.changed_fields
        if not names:
            return
        before = _values(self.model._base_manager.get(pk=obj.pk), names)
        obj.save(update_fields=names)
        record(
            f"{self.event_subject}.edited",
            obj,
            by=by,
            reason=form.cleaned_data.get("why", "").strip(),
            facts={"fields": names},
            personal={"before": before, "after": _values(obj, names)},
        )

    def construct_change_message(self, *_args: Any, **_kwargs: Any) -> list[Any]:
        """Say nothing: see `log_change`."""
        return []

    def log_addition(self, *_args: Any) -> Any:
        """Write nothing: see `log_change`."""

    def log_change(self, *_args: Any) -> Any:
        """Write nothing.

        The record is ours: in the change's own transaction, with the reason, chained. A second log
        that can be edited could only contradict it.
        """

    def log_deletions(self, *_args: Any) -> Any:
        """Write nothing: nothing is deleted."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what the record holds about a row and its parts, newest first."""
        obj = self.visible(request, object_id)
        self.note_look(request, obj)
        parts = self.parts_of(record_key(obj))
        known = [(obj._meta.label_lower, record_key(obj)), *parts]
        events = Event.objects.about_any(known).select_related("actor", "seal").order_by("-id")
        paginator = self.get_paginator(request, events, self.list_per_page)
        page = paginator.get_page(request.GET.get(PAGE_VAR, 1))
        return TemplateResponse(
            request,
            self.object_history_template,
            {
                **self.admin_site.each_context(request),
                "title": _("The record of %(row)s") % {"row": self.called(obj)},
                "subtitle": None,
                "row_name": self.called(obj),
                "events": [
                    {
                        "event": event,
                        "part": parts.get((event.subject_kind, event.subject_key), ""),
                        "who": who_did(event.actor, request),
                        "told": told(event),
                    }
                    for event in page
                ],
                "page": page,
                "page_range": paginator.get_elided_page_range(page.number),
                "page_var": PAGE_VAR,
                "module_name": capfirst(str(self.opts.verbose_name_plural)),
                "original": obj,
                "opts": self.opts,
                "change_url": self.page_of(obj),
                **(extra_context or {}),
            },
        )


def told(event: Event, *, tells_words: bool = True) -> dict[str, Any]:
    """Return what an event states, by its words: its personal ones until they are erased, no reason.

    Without the personal ones where those are kept from the reader.
    """
    personal = event.personal if tells_words else {}
    words = {name: value for name, value in personal.items() if name != "reason"}
    return {
        words_of_fact(name): _told(name, value) for name, value in {**event.facts, **words}.items()
    }


def _told(name: str, value: Any) -> Any:
    """Return a fact's words; of fields before and after, the words of each by the field's name."""
    if isinstance(value, dict):
        return {words_of_fact(inner): words_of_value(held, inner) for inner, held in value.items()}
    if name == "fields" and isinstance(value, list):
        return ", ".join(words_of_fact(field).lower() for field in value)
    return words_of_value(value, name)


def _values(obj: models.Model, names: Sequence[str]) -> dict[str, Any]:
    """Return fields as the record holds them: related rows by the key the record knows them by.

    What rests encrypted stays out: the record's words do not rest encrypted.
    """
    values = {}
    for name in names:
        if isinstance(obj._meta.get_field(name), EncryptedTextField):
            continue
        value = getattr(obj, name)
        values[name] = record_key(value) if isinstance(value, models.Model) else value
    return values
