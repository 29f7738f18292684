"""Queries composed once: for what each signed-in request reads before it does anything else.

Composing a statement, and working out which column belongs where, costs Django several times what the
database takes to answer; planning it costs PostgreSQL more than answering it. Of a query that differs by
nothing but its keys all of it stays the same: how to ask is kept by the process, the plan by the connection
(docs/decisions/0009-keeping-public-pages.md). No answer is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import count
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, ForeignKey, Model, Prefetch, QuerySet
from django.db.models.query import get_related_populators
from psycopg2.extensions import AsIs

Row = TypeVar("Row", bound=Model)
Key = int | str
NUMBER = -8_215_377_104_326_915_561
TEXT = "\ue000key\ue001"
"""What stands for keys while a statement is composed: numbers and texts that no row has."""


class Composed(Generic[Row]):
    """A query by keys; what it reads along (`select_related`, `annotate`), it reads as anywhere else.

    So does what points to its rows by one foreign key, `prefetch_related(Prefetch(relation, to_attr=...))`,
    but by the same statement: the rows are joined to it.

    `of` says what each key is, in the order in which `rows_by` takes them: a number or a text.
    """

    def __init__(
        self, rows_by: Callable[..., QuerySet[Row]], of: tuple[type[Key], ...] = (int,)
    ) -> None:
        self._rows_by, self._of = rows_by, of

    def rows(self, *keys: Key) -> list[Row]:
        """Return what the query finds for these keys now, as Django's own objects."""
        return self._statement.rows(keys)

    @cached_property
    def _statement(self) -> "_Statement[Row]":
        """The statement, composed when first asked for: models are not there yet before."""
        marks = [
            NUMBER + place if kind is int else f"{TEXT}{place}"
            for place, kind in enumerate(self._of)
        ]
        return _Statement(self._rows_by(*marks), marks)


class _Statement(Generic[Row]):
    """A query as the database takes it, and which columns of an answer become which objects."""

    _numbers = count(1)

    def __init__(self, rows: QuerySet[Row], marks: list[Key]) -> None:
        self._database, self._marks = rows.db, marks
        lookups: tuple[Any, ...] = vars(rows)["_prefetch_related_lookups"]
        self._pointing = _Pointing(rows, lookups) if lookups else None
        self._composed(self._pointing.joined(rows) if self._pointing else rows)
        self._name = f"composed_{next(self._numbers)}"
        self._planned_on: WeakSet[Any] = WeakSet()

    def _composed(self, rows: QuerySet[Row]) -> None:
        """Have Django compile the query; keep of it what `ModelIterable` works out for each answer anew."""
        compiler: Any = rows.query.get_compiler(self._database)
        self._sql, self._values = compiler.as_sql()
        if not set(self._marks) <= set(self._values):
            raise ValueError("A composed query names each of its keys.")
        columns, told = compiler.select, compiler.klass_info
        expressions = [expression for expression, _sql, _alias in columns]
        own = told["select_fields"]
        self._model: type[Row] = told["model"]
        self._own = slice(own[0], own[-1] + 1)
        self._names = [expression.target.attname for expression in expressions[self._own]]
        self._key = own[0] + self._names.index(self._model._meta.pk.attname)
        self._related = get_related_populators(  # type: ignore[call-arg]  # typed for a later Django
            told, columns, self._database
        )
        annotated, converters = compiler.annotation_col_map, compiler.get_converters(expressions)
        if self._pointing:
            self._pointing.take(annotated, converters)
        self._annotated = tuple(annotated.items())
        self._conversions = _conversions(converters)

    def rows(self, keys: Sequence[Key]) -> list[Row]:
        """Ask, and make objects of the answer."""
        connection = connections[self._database]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                self._plan(connection)
                places = ", ".join(["%s"] * len(keys))
                cursor.execute(f"EXECUTE {self._name}" + (f" ({places})" if keys else ""), keys)
            else:
                cursor.execute(self._sql, self._values_with(keys))
            found = cursor.fetchall()
        if self._pointing is None:
            return [self._row(list(values), connection) for values in found]
        rows: dict[Any, Row] = {}
        for values in map(list, found):  # a row stands in as many of them as point to it
            row = rows.get(values[self._key])
            if row is None:
                row = rows[values[self._key]] = self._row(values, connection)
            self._pointing.add(row, values, connection)
        return list(rows.values())

    def _plan(self, connection: BaseDatabaseWrapper) -> None:
        """Have PostgreSQL keep the plan, once a connection; a connection made anew plans anew."""
        if connection.connection in self._planned_on:
            return
        # Past Django's cursor, as its health check goes: a matter of the connection, no query of the page.
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            places = [AsIs(f"${place}") for place, _mark in enumerate(self._marks, start=1)]
            cursor.execute(f"PREPARE {self._name} AS {self._sql}", self._values_with(places))
        self._planned_on.add(connection.connection)

    def _values_with(self, keys: Sequence[Any]) -> list[Any]:
        given = dict(zip(self._marks, keys, strict=True))
        return [given.get(value, value) for value in self._values]

    def _row(self, values: list[Any], connection: BaseDatabaseWrapper) -> Row:
        _convert(values, self._conversions, connection)
        row = self._model.from_db(self._database, self._names, values[self._own])
        for related in self._related:
            related.populate(values, row)
        for name, position in self._annotated:
            setattr(row, name, values[position])
        return row


class _Pointing:
    """What points to the rows of a query: the columns joined for it, and the objects made of them."""

    def __init__(self, rows: QuerySet[Any], lookups: tuple[Any, ...]) -> None:
        lookup: Any = lookups[0] if len(lookups) == 1 else None
        plain = isinstance(lookup, Prefetch) and lookup.to_attr and lookup.queryset is None
        relation: Any = plain and rows.model._meta.get_field(lookup.prefetch_through)
        if not relation or not relation.one_to_many:
            raise ValueError(
                "A composed query reads along all that points to a row, as an attribute."
            )
        self._relation, self._attribute = lookup.prefetch_through, lookup.to_attr
        self._by: ForeignKey[Any, Any] = relation.remote_field
        self._model: type[Model] = relation.related_model
        self._database = rows.db
        self._names = [field.attname for field in self._model._meta.concrete_fields]
        self._key = self._names.index(self._model._meta.pk.attname)

    def joined(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """Return the query with a row for each that points to one, and one for a row without any."""
        columns = {self._alias(name): F(f"{self._relation}__{name}") for name in self._names}
        joined: QuerySet[Row] = rows.annotate(**columns)
        return joined

    def _alias(self, name: str) -> str:
        return f"{self._relation}__{name}"

    def take(self, annotated: dict[str, int], converters: dict[int, Any]) -> None:
        """Take what concerns the joined columns out of what Django has worked out for the whole query."""
        self._positions = [annotated.pop(self._alias(name)) for name in self._names]
        theirs = {at: converters.pop(at) for at in self._positions if at in converters}
        self._conversions = _conversions(theirs)

    def add(self, row: Model, values: list[Any], connection: BaseDatabaseWrapper) -> None:
        """Have a row hold what these values say points to it, if anything does."""
        held = vars(row).setdefault(self._attribute, [])
        if values[self._positions[self._key]] is None:
            return
        _convert(values, self._conversions, connection)
        own = [values[position] for position in self._positions]
        one = self._model.from_db(self._database, self._names, own)
        self._by.set_cached_value(one, row)
        held.append(one)


_Conversion = tuple[int, Callable[..., Any], Any]


def _conversions(converters: Mapping[int, Any]) -> list[_Conversion]:
    """Return, a step each, what makes Python's values of the database's: which column, how, of what."""
    return [
        (position, convert, expression)
        for position, (each, expression) in converters.items()
        for convert in each
    ]


def _convert(
    values: list[Any], conversions: list[_Conversion], connection: BaseDatabaseWrapper
) -> None:
    for position, convert, expression in conversions:
        values[position] = convert(values[position], expression, connection)
