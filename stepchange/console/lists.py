"""Lists of the console: bounded in what they count, addressed by random or public ids."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import connection, models
from django.db.models import QuerySet
from django.http import HttpRequest

from stepchange.console.moments import in_a_list, tells_time
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
    """Links each row by the id that may leave the server, and tells times as the house does."""

    def __init__(self, request: HttpRequest, model: type[models.Model], *rest: Any) -> None:
        super().__init__(request, model, *rest)
        self.tells_time = tells_time(model, self.list_display)
        shown = {name: in_a_list(model, name) for name in self.list_display}
        self.list_display = list(shown.values())
        self.sortable_by = [shown.get(name, name) for name in self.sortable_by or ()]
        self.list_display_links = [shown.get(name, name) for name in self.list_display_links or ()]

    def url_for_result(self, result: models.Model) -> str:
        """Return the address of a row's page."""
        return row_page(result)

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        """Search for the words that the address stands for."""
        self.query = words_searched(request) or ""
        found: QuerySet[Any] = super().get_queryset(request, *args, **kwargs)
        return found

    def get_results(self, request: HttpRequest) -> None:
        """Read the page's rows, and what they are called by, all at once."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        self.model_admin.name_rows(request, self.result_list)  # type: ignore[attr-defined]

    @property
    def is_cut_short(self) -> bool:
        """Say whether there are more rows than the list counts."""
        return self.result_count >= COUNTED_AT_MOST


class RelationFilter(admin.SimpleListFilter):
    """Filters by a related row, named in the address by its public key and never by its id."""

    path: str
    key = "slug"
    options: Callable[[], Iterable[models.Model]]
    """Returns the rows to choose from: a read of the model's manager."""

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
    """Return the different values of an indexed column: one query, one step through the index for each.

    `SELECT DISTINCT` reads the whole table, which the record and the ledger outgrow.
    """
    quote = connection.ops.quote_name
    held: Any = model._meta.get_field(column)
    table, name = quote(model._meta.db_table), quote(held.column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE found (held) AS (SELECT MIN({name}) FROM {table} UNION ALL "  # noqa: S608
            f"SELECT (SELECT MIN({name}) FROM {table} WHERE {name} > found.held) "
            "FROM found WHERE found.held IS NOT NULL) "
            "SELECT held FROM found WHERE held IS NOT NULL"
        )
        return [value for (value,) in cursor.fetchall()]


class IndexedFilter(admin.SimpleListFilter):
    """Filters by the values that an indexed column holds."""

    model: type[models.Model]
    column: str

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """Return every value there is, by its words."""
        values = [(value, self.words(value)) for value in indexed_values(self.model, self.column)]
        return sorted(values, key=lambda pair: pair[1].lower())

    def words(self, value: str) -> str:
        """Return what a value is called."""
        return value

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows that hold the chosen value."""
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset
