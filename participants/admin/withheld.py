"""Rows about people, for those who may judge them: whoever may not finds none of them (laws 3 and 7)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import ngettext

from participants import policies
from participants.models import Person
from stepchange.console import ReadOnlyAdmin, acting_user


class WithheldPages(ReadOnlyAdmin):
    """Rows with a `person`: its list, counts and search leave out those withheld from who asks.

    So does a row's own page, where the words of a declared interest are asked too: it answers as what
    does not exist.
    """

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read what is not withheld from who asks."""
        withheld = _withheld_from(request).order_by().values("pk")
        rows: QuerySet[Any] = self.model._default_manager.exclude(person__in=withheld)
        return rows

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Find a row that is not withheld."""
        found: Any = super().get_object(request, object_id, from_field)
        if found is not None and _is_conflicted(request, found.person):
            return None
        return found

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say how many are withheld from whoever asks (law 7)."""
        withheld = _withheld_from(request).order_by().values("pk")
        number = self.model._default_manager.filter(person__in=withheld).count()
        if not number:
            return []
        words = ngettext(
            "%(count)s withheld from you: it is about you, or about somebody whom you may not judge.",
            "%(count)s withheld from you: they are about you, or about people whom you may not judge.",
            number,
        )
        return [words % {"count": number}]


def seen_by(request: HttpRequest, people: QuerySet[Person]) -> QuerySet[Person]:
    """Return those of some people whom who asks may see."""
    return people.exclude(pk__in=_withheld_from(request).order_by().values("pk"))


def _withheld_from(request: HttpRequest) -> QuerySet[Person]:
    """Return the people withheld from who asks; what that rests on is read once a request."""
    known: dict[str, QuerySet[Person]] = vars(request).setdefault("withheld_people", {})
    if "people" not in known:
        known["people"] = Person.objects.withheld_from(acting_user(request))
    return known["people"]


def _is_conflicted(request: HttpRequest, person: Person) -> bool:
    """Say whether the words tell that who asks may not judge a person; asked once a request."""
    known: dict[int, bool] = vars(request).setdefault("conflicted_with", {})
    if person.pk not in known:
        known[person.pk] = policies.why_conflicted(acting_user(request), person) is not None
    return known[person.pk]
