"""The console's pages for one kind of row: list, form, steps and record.

What no page here does: delete, write a state, act on many rows at once, import. A change of a field
and its event are one transaction; a state moves by the app's `workflow` alone.
"""

from collections.abc import Mapping, Sequence
from functools import update_wrapper
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from allauth.account.decorators import reauthentication_required
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminErrorList, AdminForm
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import (
    ImproperlyConfigured,
    PermissionDenied,
    SuspiciousOperation,
    ValidationError,
)
from django.db import models, transaction
from django.db.models import QuerySet
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, register_converter, reverse
from django.urls.converters import StringConverter
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stepchange.console.forms import ConsoleForm, DayInput, revision_of
from stepchange.console.lists import BoundedPaginator, ConsoleList
from stepchange.console.steps import Step, StepOffer, Waiting
from stepchange.encryption import EncryptedTextField
from stepchange.events import record
from stepchange.models import Event, User
from stepchange.querysets import record_key
from stepchange.transitions import Refused, Table

LONGEST_SEARCH = 200
WORDS_AT_MOST = 8
LOOK_ONLY = gettext_lazy("Your role may look at this, not change it.")

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class PublicKeyConverter(StringConverter):
    """Takes public keys for addresses, and refuses the database's own ids (design.md, section 11).

    Django's pages link related rows by id where they can; here they can't.
    """

    def to_url(self, value: Any) -> str:
        """Return the key; raises ValueError for an id."""
        if isinstance(value, int):
            raise ValueError("No sequential id leaves the server.")
        return str(value)


register_converter(PublicKeyConverter, "public_key")


class PublicChoiceField(ModelChoiceField):  # type: ignore[type-arg]
    """Chooses a related row by its public key: ids stay inside, as in the addresses."""

    def prepare_value(self, value: Any) -> Any:
        """Turn the id that a row holds into the public key."""
        if isinstance(value, int) and self.queryset is not None:
            value = self.queryset.model._base_manager.filter(pk=value).first()
        return super().prepare_value(value)


def acting_user(request: HttpRequest) -> User:
    """Return the signed-in account, for `by=`."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class ConsoleAdmin(ModelAdmin):
    """One kind of row in the console.

    A subclass names `address` (the unique field that stands in addresses and in the record), and, as
    far as they apply, `subject` (how its events are called), `table` and `steps` (its moves), and
    `once` (fields that are set when the row is added, and by no form after).
    """

    address: str
    subject: str = ""
    table: Table | None = None
    steps: Mapping[str, Step] = {}
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
    object_history_template = "stepchange/console/history.html"
    step_template = "stepchange/console/step.html"

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

        def guarded(view: Any) -> Any:
            return update_wrapper(self.admin_site.admin_view(view), view)

        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("", guarded(self.changelist_view), name=f"{name}_changelist"),
            path("add/", guarded(self.add_view), name=f"{name}_add"),
            path(
                "<public_key:object_id>/history/",
                guarded(self.history_view),
                name=f"{name}_history",
            ),
            path(
                "<public_key:object_id>/change/", guarded(self.change_view), name=f"{name}_change"
            ),
            path(
                "<public_key:object_id>/<slug:step>/", guarded(self.step_view), name=f"{name}_step"
            ),
        ]

    def page_of(self, obj: models.Model, page: str = "change", **more: str) -> str:
        """Return the address of one of a row's pages."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, kwargs={"object_id": quote(getattr(obj, self.address)), **more})

    def list_page(self, query: str = "") -> str:
        """Return the address of the list."""
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return f"{address}?{query}" if query else address

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> models.Model | None:
        """Find a row by its public key; for a change, hold it until the change is written."""
        rows = self.get_queryset(request)
        if request.method == "POST" and transaction.get_connection().in_atomic_block:
            rows = rows.select_for_update(of=("self",))
        try:
            found: models.Model | None = rows.filter(**{self.address: object_id}).first()
        except (ValueError, ValidationError):
            return None
        return found

    def visible(self, request: HttpRequest, object_id: str) -> models.Model:
        """Return the row. Raises Http404 when there is none, or none for this person (law 7)."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not self.has_view_permission(request, obj):
            raise Http404
        return obj

    def _get_obj_does_not_exist_redirect(self, *_args: Any) -> HttpResponse:
        raise Http404

    # Who may ----------------------------------------------------------------------------------------
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: nothing is deleted here."""
        return False

    def may_step(self, request: HttpRequest) -> bool:
        """Say whether the person's role changes this kind of row; each step's policy says the rest."""
        user = acting_user(request)
        return user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Permit the filters on the page and no others: a lookup can ask what a list doesn't show."""
        filters: Sequence[Any] = self.get_list_filter(request)
        # Each names a field, or is a filter of our own with the name it has in addresses.
        shown = [spec if isinstance(spec, str) else spec.parameter_name for spec in filters]
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
        context = {"remarks": self.remarks(request), **(extra_context or {})}
        return super().changelist_view(request, context)

    def remarks(self, request: HttpRequest) -> list[str]:
        """Return what to say above the list."""
        return []

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Return what waits among these rows, for the console's first page."""
        return []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search for a handful of words at most: each is a condition of its own."""
        words = search_term[:LONGEST_SEARCH].split()[:WORDS_AT_MOST]
        return super().get_search_results(request, queryset, " ".join(words))

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
        return super().changeform_view(request, object_id, form_url, extra_context)

    def may_edit(self, request: HttpRequest) -> bool:
        """Say whether the person may change fields of such rows."""
        return self.has_change_permission(request)

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
        context["show_save_and_continue"] = not add and self.may_edit(request)
        context["show_delete"] = False
        if obj is not None:
            context["offers"] = [
                (offer, self.page_of(obj, "step", step=offer.name))
                for offer in self.offers(request, obj)
            ]
            context["history_url"] = self.page_of(obj, "history")
            context["public_url"] = self.public_page(obj)
            context["panels"] = self.panels(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def public_page(self, obj: Any) -> str:
        """Return the row's page on the public side, if it has one now."""
        return ""

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Return more to show below the fields: templates with their context."""
        return []

    # Writing ----------------------------------------------------------------------------------------
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
            record(f"{self.event_subject}.added", obj, by=by, facts={"values": _facts(obj, names)})
            return
        names = form.changed_fields
        if not names:
            return
        before = _facts(self.model._base_manager.get(pk=obj.pk), names)
        obj.save(update_fields=names)
        record(
            f"{self.event_subject}.edited",
            obj,
            by=by,
            reason=form.cleaned_data.get("why", "").strip(),
            facts={"fields": names, "before": before, "after": _facts(obj, names)},
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

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """Go to the new row's page."""
        messages.success(request, _("“%(row)s” was added.") % {"row": obj})
        return HttpResponseRedirect(self.page_of(obj))

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        """Go back to the list as it was filtered, or stay on the row."""
        messages.success(request, _("“%(row)s” was saved.") % {"row": obj})
        if "_continue" in request.POST:
            return HttpResponseRedirect(self.page_of(obj))
        return self.response_post_save_change(request, obj)

    # Steps ------------------------------------------------------------------------------------------
    def revision(self, obj: models.Model) -> str:
        """Return the version of a row, as the pages for its steps compare it."""
        return revision_of(obj)

    def offers(self, request: HttpRequest, obj: Any) -> list[StepOffer]:
        """Return what can be done to a row from its present state, and why not, where it can't be."""
        by = acting_user(request)
        barred = None if self.may_step(request) else LOOK_ONLY
        offers = []
        if self.table:
            for offer in self.table.offers(obj, by):
                move = offer.transition
                if step := self.steps.get(move.name):
                    refusal = offer.refusal or barred
                    offers.append(StepOffer(move.name, move.label, move.asks_reason, refusal, step))
        for name, step in self.steps.items():
            if step.label and step.when(obj):
                refusal = step.policy(by, obj) or barred
                offers.append(StepOffer(name, step.label, step.asks_reason, refusal, step))
        return offers

    def step_view(self, request: HttpRequest, object_id: str, step: str) -> HttpResponseBase:
        """Ask before a step (GET), and make it (POST) through the workflow, which has the last word."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return HttpResponse(
                status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, POST"}
            )
        obj = self.visible(request, object_id)
        if step not in self.steps:
            raise Http404
        if not self.may_step(request):
            raise PermissionDenied(LOOK_ONLY)
        offer = next((made for made in self.offers(request, obj) if made.name == step), None)
        if offer is None or offer.refusal:
            return self._no_step(request, obj, step, offer)
        confirm = self._confirm
        if offer.step.confirms_identity:
            confirm = reauthentication_required(confirm, app="stepchange")
        answer: HttpResponseBase = confirm(request, obj, offer)
        return answer

    def _confirm(self, request: HttpRequest, obj: Any, offer: StepOffer) -> HttpResponse:
        form = offer.step.form(
            request.POST if request.method == "POST" else None,
            subject=obj,
            current=self.revision(obj),
            asks_reason=offer.asks_reason,
        )
        status = HTTPStatus.OK
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    offer.step.function(obj, by=acting_user(request), **form.arguments())
            except Refused as refused:
                form.add_error(None, str(refused))
                status = HTTPStatus.CONFLICT
            else:
                messages.success(
                    request, _("“%(step)s” is done: %(row)s.") % {"step": offer.label, "row": obj}
                )
                return HttpResponseRedirect(self.page_of(obj))
        return self._step_page(request, obj, offer.label, offer=offer, form=form, status=status)

    def _no_step(
        self, request: HttpRequest, obj: Any, name: str, offer: StepOffer | None
    ) -> HttpResponse:
        """Say why a step is not possible now: what stands in its way, or the state it is in."""
        if offer:
            return self._step_page(
                request, obj, offer.label, refusal=offer.refusal, status=HTTPStatus.CONFLICT
            )
        label = self.steps[name].label
        reason = _("This is not possible as things stand.")
        if self.table and name in self.table.transitions:
            label = self.table.transitions[name].label
            try:
                self.table.check(obj, name, by=acting_user(request), reason="-")
            except Refused as refused:
                reason = str(refused)
        return self._step_page(request, obj, label, refusal=reason, status=HTTPStatus.CONFLICT)

    def _step_page(
        self, request: HttpRequest, obj: Any, label: Any, *, status: HTTPStatus, **context: Any
    ) -> HttpResponse:
        form = context.get("form")
        if form:
            shown = [name for name in form.fields if name != "revision"]
            sections = [(None, {"fields": shown})] if shown else []
            context["adminform"] = AdminForm(form, sections, {}, (), model_admin=self)
            context["errors"] = AdminErrorList(form, [])
        return TemplateResponse(
            request,
            self.step_template,
            {
                **self.admin_site.each_context(request),
                "title": label,
                "subtitle": str(obj),
                "opts": self.opts,
                "original": obj,
                "change_url": self.page_of(obj),
                **context,
            },
            status=status,
        )

    # The record -------------------------------------------------------------------------------------
    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what the record holds about a row, newest first."""
        obj = self.visible(request, object_id)
        events = (
            Event.objects.filter(subject_kind=self.opts.label_lower, subject_key=record_key(obj))
            .select_related("actor", "seal")
            .order_by("-id")
        )
        paginator = self.get_paginator(request, events, self.list_per_page)
        page = paginator.get_page(request.GET.get(PAGE_VAR, 1))
        return TemplateResponse(
            request,
            self.object_history_template,
            {
                **self.admin_site.each_context(request),
                "title": _("The record of %(row)s") % {"row": obj},
                "subtitle": None,
                "events": page,
                "page_range": paginator.get_elided_page_range(page.number),
                "page_var": PAGE_VAR,
                "module_name": capfirst(str(self.opts.verbose_name_plural)),
                "original": obj,
                "opts": self.opts,
                "change_url": self.page_of(obj),
                **(extra_context or {}),
            },
        )


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


def _facts(obj: models.Model, names: Sequence[str]) -> dict[str, Any]:
    """Return fields as the record holds them: related rows by the key the record knows them by.

    What rests encrypted is personal, and no fact.
    """
    facts = {}
    for name in names:
        if isinstance(obj._meta.get_field(name), EncryptedTextField):
            continue
        value = getattr(obj, name)
        facts[name] = record_key(value) if isinstance(value, models.Model) else value
    return facts
