"""Lists of the console: bounded in what they count, addressed by random or public ids."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import connection, models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

COUNTED_AT_MOST = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
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
        key = getattr(result, self.model_admin.address)  # type: ignore[attr-defined]
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=(quote(key),))

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
    quoted = connection.ops.quote_name
    field: Any = model._meta.get_field(column)
    table, name = quoted(model._meta.db_table), quoted(field.column)
    # Both names are the model's own, quoted by the database's rules.
    sql = f"""
        WITH RECURSIVE found(value) AS (
            SELECT MIN({name}) FROM {table}
            UNION ALL
            SELECT (SELECT MIN({name}) FROM {table} WHERE {name} > found.value)
            FROM found WHERE found.value IS NOT NULL
        )
        SELECT value FROM found WHERE value IS NOT NULL
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]
