"""Choices under review in the console: whose key each waits for, and keys given to another."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.models import ProjectChoice
from reviews import policies, workflow
from reviews.admin.scope import ChoicePages
from reviews.forms.office import ReassignForm
from reviews.models import Decision, Key, Letter, Reassignment, Release, SettlementView, Side, Split
from reviews.policies.keys_waiting import KeysWaiting
from reviews.policies.rounds import UNDECIDED_STATES
from stepchange.console import ROWS, Step, Waiting
from stepchange.models import User
from stepchange.transitions import Words
from stepchange.uk_time import uk_moment
from workstreams.admin import WorkStreamFilter

ABOUT: dict[str, tuple[type[Any], str]] = {
    model._meta.label_lower: (model, way)
    for model, way in (
        (ProjectChoice, "public_id"),
        (Key, "choice__public_id"),
        (Split, "choice__public_id"),
        (SettlementView, "split__choice__public_id"),
        (Decision, "choice__public_id"),
        (Release, "decision__choice__public_id"),
        (Letter, "decision__choice__public_id"),
    )
}
"""What the record has of a choice, and the way from each kind of row to it."""


class ChoiceStreamFilter(WorkStreamFilter):
    """Filters by the work-stream of the project that was chosen."""

    path = "project__work_stream"


def _may_reassign(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit where at least one of the two keys can be given to another."""
    refusals = [policies.may_reassign(by, choice, side) for side in Side]
    return None if None in refusals else refusals[0]


@admin.register(ProjectChoice)
class ChoiceAdmin(ChoicePages):
    """Choices that are, or were, under review: who holds which key, since when, and what it waits for."""

    empty = gettext_lazy("Nobody has volunteered for a project yet.")
    subject = "participants.choice"
    look = list_look = "choice under review"
    steps = {
        "reassign": Step(
            function=workflow.reassign,
            done=gettext_lazy("Given to another"),
            label=gettext_lazy("Give a key to another"),
            policy=_may_reassign,
            form=ReassignForm,
            asks_reason=True,
            explanation=gettext_lazy(
                "For a co-chair who can’t be reached. The key of a side goes to its deputy or stand-in, or "
                "back. Nothing is decided by it, and nobody learns what was cast."
            ),
        ),
    }
    fields = (
        "reference",
        "person",
        "project",
        "contribution",
        "hours",
        "rank",
        "state",
        "waits_for",
    )
    list_display = ("reference", "person", "project", "state", "business", "police")
    list_filter = ("state", ChoiceStreamFilter)
    search_fields = ("=expression__reference", "expression__person__full_name", "=project__code")
    sortable_by = ()

    def scope(self) -> QuerySet[Any]:
        """Return what was submitted."""
        return ProjectChoice.objects.exclude(expression__state="draft")

    def choice_of(self, row: Any) -> ProjectChoice:
        """Return the row itself."""
        found: ProjectChoice = row
        return found

    def within(self, rows: QuerySet[Any], choices: QuerySet[ProjectChoice]) -> QuerySet[Any]:
        """Keep those that are among the choices."""
        return rows.filter(pk__in=choices.order_by().values("pk"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along which keys are cast: of none what it says."""
        cast = Key.objects.undecided().filter(choice=OuterRef("pk"))
        read = ("project__work_stream", "expression__call", "expression__person__user")
        rows: QuerySet[Any] = super().get_queryset(request).select_related(*read)
        read_along: QuerySet[Any] = rows.annotate(
            has_business=Exists(cast.filter(side=Side.BUSINESS)),
            has_police=Exists(cast.filter(side=Side.POLICE)),
        )
        return read_along

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Put the oldest first."""
        return ("expression__submitted_at", "rank", "pk")

    def called(self, obj: ProjectChoice) -> str:
        """Name the volunteer and the project."""
        return f"{obj.expression.reference}: {obj.project}"

    @admin.display(description=gettext_lazy("reference"))
    def reference(self, row: ProjectChoice) -> str:
        """Return the reference of the form."""
        return row.expression.reference

    @admin.display(description=gettext_lazy("volunteer"))
    def person(self, row: ProjectChoice) -> str:
        """Name the volunteer."""
        return str(row.expression.person)

    @admin.display(description=gettext_lazy("business key"), boolean=False)
    def business(self, row: Any) -> str:
        """Say whether it is cast."""
        return self._cast(row, row.has_business)

    @admin.display(description=gettext_lazy("police key"))
    def police(self, row: Any) -> str:
        """Say whether it is cast."""
        return self._cast(row, row.has_police)

    def _cast(self, row: Any, is_cast: bool) -> str:
        if row.state not in UNDECIDED_STATES:
            return "–"
        return _("Cast") if is_cast else _("Not cast")

    @admin.display(description=gettext_lazy("waits for"))
    def waits_for(self, row: ProjectChoice) -> str:
        """Say what the choice waits for now."""
        waiting = policies.waiting_on(row)
        return str(waiting.why_not or waiting.waits_for.words)

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Show whose key each side's is, since when, and what it waits for; and keys given to another."""
        sides = [
            (
                each.side.label,
                each.cast_by or each.holder or _("Nobody"),
                _("Cast at %(at)s") % {"at": uk_moment(each.since)}
                if each.is_cast
                else each.waits_for.words,
                "; ".join(
                    f"{passed.user or passed.cast_as.label}: {passed.because.words}"
                    for passed in (each.holding.passed if each.holding else ())
                ),
            )
            for each in policies.waiting_on(obj).sides
        ]
        given = [
            (
                uk_moment(each.at),
                each.get_side_display(),
                each.get_to_display(),
                each.by,
                each.reason,
            )
            for each in Reassignment.objects.filter(choice=obj).select_related("by")
        ]
        titles = (
            (_("Keys"), (_("Side"), _("Whose"), _("Stands"), _("Passed by")), sides),
            (
                _("Keys given to another"),
                (_("When"), _("Side"), _("To"), _("By"), _("Why")),
                given,
            ),
        )
        return [
            (ROWS, {"title": title, "columns": columns, "rows": rows, "empty": _("None now.")})
            for title, columns, rows in titles
        ]

    def evidence_of(self, asked: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """Return what in the record tells of a choice: withheld from whoever the choice is."""
        keys: dict[str, set[str]] = {}
        for kind, key in asked:
            if kind in ABOUT:
                keys.setdefault(kind, set()).add(key)
        found: dict[tuple[str, str], str] = {}
        for kind, of_kind in keys.items():
            model, way = ABOUT[kind]
            rows = model._default_manager.filter(public_id__in=of_kind)
            for key, choice in rows.order_by().values_list("public_id", way):
                found[kind, str(key)] = str(choice)
        return found

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Tell for which sides nobody can recommend: to be appointed here, or named by the board."""
        found = []
        for each in KeysWaiting().unheld(self.get_queryset(request)):
            words = (
                _("%(stream)s, %(side)s: appoint somebody, for volunteers who wait")
                if each.is_vacant
                else _(
                    "%(stream)s, %(side)s: the board has to name a stand-in, for volunteers who wait"
                )
            )
            label = words % {"stream": each.stream, "side": str(each.side.label).lower()}
            url = self.list_page(f"work-stream={each.stream.slug}")
            found.append(Waiting(label=label, number=each.number, url=url, is_due=each.is_vacant))
        return found
