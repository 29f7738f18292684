"""How the console shows instants and related rows: in the house's words, and with links."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import AdminForm
from django.db import models
from django.http import HttpRequest

from stepchange.console.subjects import Named, name_subjects
from stepchange.uk_time import uk_date, uk_list_moment, uk_moment, uk_short_date

EMPTY = "-"
# Columns that are no fields, and tell an instant.
TELL_TIME = frozenset({"newest_at", "first_at"})
Shown = Callable[[Any], Any]


def in_a_list(model: type[models.Model], name: Any) -> Any:
    """Return what shows a column: an instant briefly (that it is UK time, the list says once)."""
    return _shown(model, name, instant=uk_list_moment, day=uk_short_date)


def tells_time(model: type[models.Model], columns: Sequence[Any]) -> bool:
    """Say whether one of the columns is an instant."""
    return any(
        isinstance(_field(model, name), models.DateTimeField) or name in TELL_TIME
        for name in columns
    )


def on_a_page(form: AdminForm, model: type[models.Model], request: HttpRequest) -> AdminForm:
    """Let a form's page show instants in full, and what a row refers to with a link to it."""
    held = {name: _on_a_page(model, name, request) for name in form.readonly_fields}
    form.readonly_fields = tuple(held.values())
    form.fieldsets = [
        (title, {**options, "fields": _replaced(options["fields"], held)})
        for title, options in form.fieldsets
    ]
    return form


def _replaced(fields: Sequence[Any], held: dict[Any, Any]) -> list[Any]:
    return [
        _replaced(name, held) if isinstance(name, list | tuple) else held.get(name, name)
        for name in fields
    ]


def _on_a_page(model: type[models.Model], name: Any, request: HttpRequest) -> Any:
    field = _field(model, name)
    if not isinstance(field, models.ForeignKey):
        return _shown(model, name, instant=uk_moment, day=uk_date)

    def linked(row: Any) -> Any:
        other = getattr(row, field.name)
        if other is None:
            return EMPTY
        kind, key = other._meta.label_lower, getattr(other, "record_key", "")
        found = name_subjects([(kind, key)], request).get((kind, key)) if key else None
        return Named(str(other), found.url if found else "").html

    return _as_field(linked, field)


def _shown(model: type[models.Model], name: Any, *, instant: Shown, day: Shown) -> Any:
    field = _field(model, name)
    if not isinstance(field, models.DateField):
        return name
    words = instant if isinstance(field, models.DateTimeField) else day
    return _as_field(lambda row: words(getattr(row, field.name)) or EMPTY, field)


def _as_field(shown: Shown, field: Any) -> Shown:
    shown.__name__ = (
        field.name
    )  # as the field's own cell is called, by styles and by the help below
    return admin.display(shown, description=field.verbose_name, ordering=field.name)


def _field(model: type[models.Model], name: Any) -> Any | None:
    fields = {field.name: field for field in model._meta.concrete_fields}
    return fields.get(name) if isinstance(name, str) else None
