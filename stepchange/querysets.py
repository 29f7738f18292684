"""Reads of the platform's rows, in the words of the record."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from django.db import models

if TYPE_CHECKING:
    from stepchange.models import Event, User

Q = TypeVar("Q", bound="models.QuerySet[Any]")


def manager_of(queryset: type[Q]) -> Q:
    """Return a manager that has the queryset's own methods, typed as what it passes them on to."""
    return cast(Q, queryset.as_manager())


class AppendOnly(Exception):
    """Somebody tried to change or delete a row of the record."""


class AppendOnlyRows:
    """Makes a queryset refuse to change its rows: they are added and read."""

    def update(self, **_: object) -> NoReturn:
        """Refuse: the record is append-only (law 6)."""
        raise AppendOnly("The record is append-only: nothing in it is changed.")

    def delete(self) -> NoReturn:
        """Refuse: the record is append-only (law 6)."""
        raise AppendOnly("The record is append-only: nothing in it is deleted.")


class EventQuerySet(AppendOnlyRows, models.QuerySet["Event"]):
    """The record: added to, read, never changed."""

    def of_kind(self, *kinds: str) -> "EventQuerySet":
        """Return the events of these kinds."""
        return self.filter(kind__in=kinds)

    def about(self, subject: models.Model) -> "EventQuerySet":
        """Return what happened to one thing, oldest first."""
        return self.filter(
            subject_kind=subject._meta.label_lower, subject_key=record_key(subject)
        ).order_by("id")

    def about_any(self, known: Iterable[tuple[str, str]]) -> "EventQuerySet":
        """Return what happened to any of several things, each by its kind (a model's label) and key."""
        keys: dict[str, list[str]] = {}
        for kind, key in known:
            keys.setdefault(kind, []).append(key)
        any_of = models.Q(pk__in=())
        for kind, of_kind in keys.items():
            any_of |= models.Q(subject_kind=kind, subject_key__in=of_kind)
        return self.filter(any_of).order_by("id")

    def about_or_by(self, account: "User") -> "EventQuerySet":
        """Return what happened to an account and what was done by it."""
        return self.filter(
            models.Q(actor=account)
            | models.Q(subject_kind=account._meta.label_lower, subject_key=record_key(account))
        )


def record_key(subject: models.Model) -> str:
    """Return the name the record knows a thing by: never a sequential id."""
    key = getattr(subject, "record_key", None)
    if key is None:
        raise TypeError(f"{type(subject).__name__} needs a `record_key` to be in the record.")
    return str(key)
