"""Where a row's pages are: addresses by its public key, and 404 for whoever may not see it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest
from django.urls import register_converter, reverse
from django.urls.converters import StringConverter

from stepchange.console.gate import record_look
from stepchange.console.steps import Step
from stepchange.models import User
from stepchange.transitions import Table

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    ChoiceField = ModelChoiceField[Any]
else:
    ModelAdmin = admin.ModelAdmin
    ChoiceField = ModelChoiceField


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


class PublicChoiceField(ChoiceField):
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


class RowPages(ModelAdmin):
    """What every page about one row rests on.

    A subclass names `address` (the unique field that stands in addresses and in the record), and, as
    far as they apply, `subject` (how its events are called), `table` and `steps` (its moves).
    """

    address: str
    subject: str = ""
    table: Table | None = None
    steps: Mapping[str, Step] = {}
    look = ""
    """What a look at one of its rows is recorded as, a key of `looks.LOOKS`; empty where a row tells of
    no one person."""
    list_look = ""
    """What their list, and its file, is recorded as where it shows more of people than who they are."""
    named_in_confidence = False
    """Whether the record names such rows without their own words, which would name a person."""

    def called(self, obj: Any) -> str:
        """Return what a row is called, as the heading of its own pages."""
        return str(obj)

    def parts_of(self, key: str) -> Mapping[tuple[str, str], str]:
        """Return what has events of its own and no page, and belongs to the row that has this key.

        By its kind (a model's label) and key in the record, with how it is called. The row's record
        tells of it too, and a search of the record for the row finds it.
        """
        return {}

    def evidence_of(self, asked: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """Return which of some things in the record are evidence, each with the key of its row here.

        What the record states of evidence is told to whoever may open the row; see `evidence.kept_from`.
        """
        return {}

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

    def note_look(self, request: HttpRequest, obj: Any) -> None:
        """Record that a page about a row is shown, where the row tells of a person (law 6)."""
        if self.look and request.method in {"GET", "HEAD"}:
            record_look(obj, by=acting_user(request), what=self.look)

    def may_step(self, request: HttpRequest) -> bool:
        """Say whether the person's role changes this kind of row; each step's policy says the rest."""
        user = acting_user(request)
        return user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")


def row_page(obj: models.Model, page: str = "change", **more: str) -> str:
    """Return the address of one of the console's pages about a row of any registered kind."""
    pages = admin.site.get_model_admin(type(obj))
    if not isinstance(pages, RowPages):
        raise TypeError(f"{type(obj).__name__} has no pages of the console's kind.")
    return pages.page_of(obj, page, **more)
