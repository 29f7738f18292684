"""The console's pages for one kind of row: its list and its form, with the steps and the record.

What no page here does: delete, write a state, act on many rows at once, import. A change of a field
and its event are one transaction; a state moves by the app's `workflow` alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import update_wrapper
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import (
    ImproperlyConfigured,
    PermissionDenied,
    SuspiciousOperation,
)
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stepchange import kept_typing
from stepchange.console.forms import ConsoleForm, DayInput
from stepchange.console.gate import behind_the_gate, record_looks
from stepchange.console.kept import KeptPages
from stepchange.console.lists import BoundedPaginator, ConsoleList
from stepchange.console.looks import IN_A_LIST
from stepchange.console.moments import on_a_page
from stepchange.console.record_pages import RecordPages
from stepchange.console.rows import PublicChoiceField, acting_user
from stepchange.console.searching import SearchPages
from stepchange.console.step_pages import LOOK_ONLY, StepPages
from stepchange.console.steps import Waiting
from stepchange.transitions import Words

ROWS = "stepchange/console/rows.html"  # a panel: title, columns, rows, and words for none
SENTENCES = "stepchange/console/sentences.html"  # a panel: title and sentences


class ConsoleAdmin(SearchPages, StepPages, KeptPages, RecordPages):
    """One kind of row in the console: see `RowPages` for what a subclass names.

    `once` are fields that are set when the row is added, and by no form after. `shows_people` says
    whether its pages show somebody's details: then they open only to who has undertaken to keep them
    in confidence and has declared their own interests (settings.PEOPLE_GATE).
    """

    shows_people = True
    empty: Words = gettext_lazy("There are none yet.")
    """What a list says that holds nothing."""

    once: Sequence[str] = ()
    public_keys: Mapping[str, str] = {}
    """For each foreign key of the form, the related row's public key."""

    form = ConsoleForm
    actions = None
    view_on_site = False  # its redirect tells ids: `public_page` links instead
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = BoundedPaginator
    formfield_overrides = {models.DateField: {"widget": DayInput}}
    change_form_template = "stepchange/console/change_form.html"
    change_list_template = "stepchange/console/change_list.html"

    def __init__(self, model: type[models.Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        unknown = [
            name
            for name, step in self.steps.items()
            if not step.label and (self.table is None or name not in self.table.transitions)
        ]
        if unknown:
            raise ImproperlyConfigured(f"{self}: no table or label says what {unknown} are.")

    # Addresses ------------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        """Return the addresses: no deletion, and rows by their public key."""

        def guarded(view: Any, *, shows_people: bool = self.shows_people) -> Any:
            inner = behind_the_gate(view) if shows_people else view
            return update_wrapper(self.admin_site.admin_view(inner), view)

        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("", guarded(self.changelist_view), name=f"{name}_changelist"),
            path("add/", guarded(self.add_view), name=f"{name}_add"),
            path(
                "<public_key:object_id>/history/",
                guarded(self.history_view, shows_people=True),  # it names who did what
                name=f"{name}_history",
            ),
            path(
                "<public_key:object_id>/change/", guarded(self.change_view), name=f"{name}_change"
            ),
            path(
                "<public_key:object_id>/<slug:step>/", guarded(self.step_view), name=f"{name}_step"
            ),
        ]

    def _get_obj_does_not_exist_redirect(self, *_args: Any) -> HttpResponse:
        raise Http404

    # Who may ----------------------------------------------------------------------------------------
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: nothing is deleted here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission to change, and whether the row is edited as it stands."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or self.fixed(obj) is None)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Permit the filters on the page and no others: a lookup can ask what a list doesn't show."""
        filters: Sequence[Any] = self.get_list_filter(request)
        shown = [_name_of(spec) for spec in filters]
        if self.date_hierarchy:
            shown.append(self.date_hierarchy)
        return any(lookup == name or lookup.startswith(f"{name}__") for name in shown)

    # The list ---------------------------------------------------------------------------------------
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ConsoleList]:
        """Return the list that links rows by their public key."""
        return ConsoleList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list to whoever may see such rows; to others it does not exist."""
        if not self.has_view_permission(request):
            raise Http404
        if any("\x00" in word for pair in request.GET.lists() for word in (pair[0], *pair[1])):
            raise SuspiciousOperation("A NUL in the query.")
        context = {
            "title": capfirst(str(self.opts.verbose_name_plural)),
            "remarks": self.remarks(request),
            **(extra_context or {}),
        }
        answer = super().changelist_view(request, context)
        listed = (getattr(answer, "context_data", None) or {}).get("cl")
        if request.method == "GET" and listed is not None:
            self.note_looks(request, listed.result_list)
        return answer

    def note_looks(
        self, request: HttpRequest, rows: Iterable[Any], *, where: str = IN_A_LIST, reason: str = ""
    ) -> None:
        """Record a look at each person of a list, or of a file, that shows more than who they are."""
        people = [person for row in rows for person in self.told_of(row)] if self.list_look else []
        if people:
            by, what = acting_user(request), self.list_look
            record_looks(people, by=by, what=what, where=where, reason=reason)

    def told_of(self, row: Any) -> Iterable[models.Model]:
        """Return what a row of the list tells of: itself, or the people whom it names."""
        return (row,)

    def name_rows(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        """Read what rows are called by and refer to, for the cells that show it; here nothing more."""

    def remarks(self, request: HttpRequest) -> list[str]:
        """Return what to say above the list."""
        return []

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Return what waits among these rows, for the console's first page."""
        return []

    # The form ---------------------------------------------------------------------------------------
    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return the fields shown only: the state, always, and what is set but once."""
        held = [*self.readonly_fields]
        if self.table:
            held.append(self.table.field)
        if obj is not None:
            held.extend(self.once)
        return tuple(dict.fromkeys(str(name) for name in held))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the form's fields, with the reason for a change at their end."""
        sections = list(super().get_fieldsets(request, obj))
        if obj is not None and self.has_change_permission(request, obj):
            sections.append((None, {"fields": ("why",)}))
        return sections

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields named by the class."""
        if self.fields is None:
            raise ImproperlyConfigured(
                f"{self} needs `fields`: new columns are not shown by chance."
            )
        return self.fields

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Leave out the pop-ups beside a foreign key, which tell ids."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Choose related rows by their public key."""
        kwargs["form_class"] = PublicChoiceField
        kwargs["to_field_name"] = self.public_keys[db_field.name]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show or save the form; to whoever may not see such rows it does not exist."""
        if not self.has_view_permission(request):
            raise Http404
        may = self.has_add_permission(request) if object_id is None else self.may_edit(request)
        if not may and (object_id is None or request.method == "POST"):
            if object_id is not None:
                self.visible(request, object_id)
            raise PermissionDenied(LOOK_ONLY)
        if object_id is not None and request.method == "POST":
            fixed = self.fixed(self.visible(request, object_id))
            if fixed:
                raise PermissionDenied(fixed)
        if self.look and object_id is not None and request.method in {"GET", "HEAD"}:
            self.note_look(request, self.visible(request, object_id))
        return super().changeform_view(request, object_id, form_url, extra_context)

    def may_edit(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say whether the person may change fields of such rows, or of this one as it stands."""
        return self.has_change_permission(request, obj)

    def fixed(self, obj: Any) -> Words | None:
        """Say why nobody edits this row as it stands, and what would allow it; None if it is edited."""
        return None

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Add to the form what can be done to the row, and its other pages."""
        context["show_save_and_add_another"] = False
        context["show_save_and_continue"] = not add and self.may_edit(request, obj)
        context["show_delete"] = False
        context["list_url"] = self.list_page()
        context["adminform"] = on_a_page(context["adminform"], self.model, request)
        if self.may_edit(request, obj) if change else add:
            context |= {"kept": self.kept(request), "keeps_typing": context["adminform"].form}
        if obj is not None:
            self.name_rows(request, [obj])
            context |= {
                "title": self.called(obj),
                "subtitle": capfirst(str(self.opts.verbose_name)),
            }
            context["offers"] = [
                (offer, self.page_of(obj, "step", step=offer.name))
                for offer in self.offers(request, obj)
            ]
            context["fixed"] = self.fixed(obj) if self.may_edit(request) else None
            context["history_url"] = self.history_page(obj)
            context["public_url"] = self.public_page(obj)
            context["panels"] = self.panels(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def history_page(self, obj: Any) -> str:
        """Return the page of the row's record, if it has one."""
        return self.page_of(obj, "history")

    def public_page(self, obj: Any) -> str:
        """Return the row's page on the public side, if it has one now."""
        return ""

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Return more to show below the fields: templates with their context."""
        return []

    # After it is saved ------------------------------------------------------------------------------
    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """Go to the new row's page."""
        kept_typing.saved(request)
        messages.success(request, _("“%(row)s” was added.") % {"row": self.called(obj)})
        return HttpResponseRedirect(self.page_of(obj))

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        """Go back to the list as it was filtered, or stay on the row."""
        kept_typing.saved(request)
        messages.success(request, _("“%(row)s” was saved.") % {"row": self.called(obj)})
        if "_continue" in request.POST:
            return HttpResponseRedirect(self.page_of(obj))
        return self.response_post_save_change(request, obj)


def _name_of(spec: Any) -> str:
    """Return what a filter is called in addresses: its field, or the name that one of ours has."""
    if isinstance(spec, tuple):
        spec = spec[0]
    return spec if isinstance(spec, str) else str(spec.parameter_name)


class ReadOnlyAdmin(ConsoleAdmin):
    """Rows that the console shows, and changes by steps at most."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: such rows come from elsewhere."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: no field of such a row is edited."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission to view; whoever has steps to make may see them too."""
        return super().has_view_permission(request, obj) or self.may_step(request)
