"""Lists of the console: bounded in what they count, addressed by random or public ids."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from stepchange.console.rows import row_page
from stepchange.console.searching import words_searched

COUNTED_AT_MOST = 10_000

if TYPE_CHECKING:
    RowPaginator = Paginator[Any]
else:
    RowPaginator = Paginator


class BoundedPaginator(RowPaginator):
    """Counts no further than anybody pages, so that a long list costs what a short one does."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, or COUNTED_AT_MOST when there are more."""
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNTED_AT_MOST].count())


class ConsoleList(ChangeList):
    """Links each row by the id that may leave the server."""

    def url_for_result(self, result: models.Model) -> str:
        """Return the address of a row's page."""
        return row_page(result)

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        """Search for the words that the address stands for."""
        self.query = words_searched(request) or ""
        found: QuerySet[Any] = super().get_queryset(request, *args, **kwargs)
        return found

    @property
    def is_cut_short(self) -> bool:
        """Say whether there are more rows than the list counts."""
        return self.result_count >= COUNTED_AT_MOST


class RelationFilter(admin.SimpleListFilter):
    """Filters by a related row, named in the address by its public key and never by its id."""

    path: str
    key: str

    def options(self) -> Iterable[models.Model]:
        """Return the rows to choose from."""
        raise NotImplementedError

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """Return each row's key and words."""
        return [(str(getattr(row, self.key)), str(row)) for row in self.options()]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what belongs to the chosen row; nothing, when there is no such row."""
        value = self.value()
        if value is None:
            return queryset
        if value not in {key for key, _words in self.lookup_choices}:
            return queryset.none()
        return self.keep(queryset, value)

    def keep(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the rows of the queryset that belong to the chosen one."""
        return queryset.filter(**{f"{self.path}__{self.key}": value})


def indexed_values(model: type[models.Model], column: str) -> list[str]:
    """Return the different values of an indexed column, by one step through the index for each.

    `SELECT DISTINCT` reads the whole table, which the record and the ledger outgrow.
    """
    values: list[str] = []
    rows = model._base_manager.all()
    while True:
        beyond = rows.filter(**{f"{column}__gt": values[-1]}) if values else rows
        value = beyond.aggregate(least=models.Min(column))["least"]
        if value is None:
            return values
        values.append(value)


class IndexedFilter(admin.SimpleListFilter):
    """Filters by the values that an indexed column holds."""

    model: type[models.Model]
    column: str

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """Return every value there is."""
        return [(value, value) for value in indexed_values(self.model, self.column)]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows that hold the chosen value."""
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset
