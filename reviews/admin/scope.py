"""Rows about a project choice, for those whom law 3 keeps from it neither by rows nor by words (law 7)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import ngettext

from participants.models import Person, ProjectChoice
from reviews import policies, workflow
from reviews.policies import keys_waiting
from reviews.policies.conflicts import barred_once
from reviews.policies.scope import Barred
from stepchange.console import ReadOnlyAdmin, acting_user
from stepchange.console.gate import record_look
from stepchange.models import User


class ChoicePages(ReadOnlyAdmin):
    """Rows about a project choice: lists, counts and search leave out what is withheld from who asks.

    A row's own pages ask the words too, before anything of it is read; they answer as what does not exist,
    and that it was met is recorded.
    """

    address = "public_id"
    named_in_confidence = True

    def scope(self) -> QuerySet[Any]:
        """Return the rows that the console shows, whoever asks."""
        rows: QuerySet[Any] = self.model._default_manager.all()
        return rows

    def choice_of(self, row: Any) -> ProjectChoice:
        """Return the choice that a row is about."""
        found: ProjectChoice = row.choice
        return found

    def within(self, rows: QuerySet[Any], choices: QuerySet[ProjectChoice]) -> QuerySet[Any]:
        """Keep the rows that are about some choices."""
        return rows.filter(choice__in=choices.order_by().values("pk"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read what is not withheld from who asks."""
        seen = ProjectChoice.objects.exclude(withheld_from(request).condition)
        return self.within(self.scope(), seen)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Find a row that is not withheld; record that one was met that is."""
        if not self.has_view_permission(request):
            return None
        found: Any = super().get_object(request, object_id, from_field)
        by = acting_user(request)
        if found is None:
            self._record_met(by, object_id)
            return None
        return None if is_barred(request, by, self.choice_of(found)) else found

    def _record_met(self, by: User, object_id: str) -> None:
        try:
            row = self.scope().filter(**{self.address: object_id}).first()
        except ValueError:
            return
        if row is not None:
            workflow.record_met(by, self.choice_of(row))

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say how many are withheld from whoever asks (law 7)."""
        withheld = ProjectChoice.objects.filter(withheld_from(request).condition)
        number = self.within(self.scope(), withheld).order_by().count()
        if not number:
            return []
        words = ngettext(
            "%(count)s withheld from you: it is about you, or about somebody whom you may not judge.",
            "%(count)s withheld from you: they are about you, or about people whom you may not judge.",
            number,
        )
        return [words % {"count": number}]

    def person_of(self, row: Any) -> Person:
        """Return whom a row is about."""
        return self.choice_of(row).expression.person

    def note_look(self, request: HttpRequest, obj: Any) -> None:
        """Record a look at the volunteer."""
        if self.look and request.method in {"GET", "HEAD"}:
            record_look(self.person_of(obj), by=acting_user(request), what=self.look)

    def told_of(self, row: Any) -> tuple[Person]:
        """Return the volunteer: a list tells more of them than who they are."""
        return (self.person_of(row),)


def withheld_from(request: HttpRequest) -> Barred:
    """Return what is withheld from who asks; read once a request."""
    if "withheld_choices" not in vars(request):
        by = acting_user(request)
        vars(request)["withheld_choices"] = keys_waiting.withheld_from([by.pk])[by.pk]
    found: Barred = vars(request)["withheld_choices"]
    return found


def is_barred(request: HttpRequest, by: User, choice: ProjectChoice) -> bool:
    """Say whether words too keep somebody from a choice, and record that; asked once a request."""
    known: dict[int, bool] = vars(request).setdefault("barred_from", {})
    if choice.pk not in known:
        with barred_once():
            known[choice.pk] = policies.why_barred(by, choice) is not None
            if known[choice.pk]:
                workflow.record_met(by, choice)
    return known[choice.pk]
