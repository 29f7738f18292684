"""Rows about people, for those who may judge them: whoever may not finds none of them (laws 3 and 7)."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import ngettext

from participants import policies
from participants.models import Person
from stepchange.console import ReadOnlyAdmin, acting_user


class WithheldPages(ReadOnlyAdmin):
    """Rows about a person: their list, counts and search leave out those withheld from who asks.

    So do a row's own pages, where the words of a declared interest are asked too: they answer as what
    does not exist.
    """

    way_to_person = "person"
    """The way from a row to the person whom it is about."""

    def scope(self) -> QuerySet[Any]:
        """Return the rows that the console shows, whoever asks."""
        rows: QuerySet[Any] = self.model._default_manager.all()
        return rows

    def about_any(self, people: QuerySet[Person]) -> Q:
        """Return what says that a row is about one of some people."""
        return Q(**{f"{self.way_to_person}__in": people})

    def person_of(self, row: Any) -> Person | None:
        """Return whom a row is about, as far as that is known."""
        found: Person | None = row.person
        return found

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read what is not withheld from who asks."""
        return self.scope().exclude(self.about_any(withheld_from(request)))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Find a row that is not withheld."""
        found: Any = super().get_object(request, object_id, from_field)
        person = self.person_of(found) if found is not None else None
        if person is not None and _is_conflicted(request, person):
            return None
        return found

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say how many are withheld from whoever asks (law 7)."""
        number = self.scope().filter(self.about_any(withheld_from(request))).count()
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
    return people.exclude(pk__in=withheld_from(request))


def withheld_from(request: HttpRequest) -> QuerySet[Person]:
    """Return the keys of the people withheld from who asks; what that rests on is read once a request."""
    known: dict[str, Any] = vars(request).setdefault("withheld_people", {})
    if "people" not in known:
        withheld = Person.objects.withheld_from(acting_user(request))
        known["people"] = withheld.order_by().values("pk")
    found: QuerySet[Person] = known["people"]
    return found


def _is_conflicted(request: HttpRequest, person: Person) -> bool:
    """Say whether the words tell that who asks may not judge a person; asked once a request."""
    known: dict[int, bool] = vars(request).setdefault("conflicted_with", {})
    if person.pk not in known:
        known[person.pk] = policies.why_conflicted(acting_user(request), person) is not None
    return known[person.pk]
