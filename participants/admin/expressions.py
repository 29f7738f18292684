"""Expressions of interest in the office's console: those submitted, and who has looked at each."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from participants import workflow
from participants.admin.filters import CallFilter, ChosenWorkStreamFilter, SectorFilter
from participants.admin.withheld import WithheldPages, withheld_from
from participants.models import ExpressionOfInterest, ProjectChoice, Snapshot
from participants.workflow import looking
from stepchange import clock
from stepchange.console import ROWS, Waiting, acting_user
from stepchange.models import Event
from stepchange.uk_time import uk_list_moment, uk_moment
from workstreams.models import Call


class SubmittedStateFilter(admin.ChoicesFieldListFilter):
    """Filters by the states in which the office sees one: a draft is only counted."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Leave out the draft."""
        draft = ExpressionOfInterest.State.DRAFT.label
        return (choice for choice in super().choices(changelist) if choice["display"] != draft)


@admin.register(ExpressionOfInterest)
class ExpressionAdmin(WithheldPages):
    """What was submitted, but by one's own (law 3). Drafts are counted; each look is in the record."""

    empty = gettext_lazy("Nobody has submitted one yet.")
    address = "reference"
    look = "expression of interest"
    subject = "participants.expression"
    fields = (
        "reference",
        "participant",
        "job",
        "organisation",
        "call",
        "state",
        "version",
        "version_submitted",
        "first_submitted",
    )
    list_display = (
        "reference",
        "participant",
        "organisation",
        "call",
        "state",
        "version",
        "newest_at",
        "first_at",
    )
    list_filter = (
        CallFilter,
        ("state", SubmittedStateFilter),
        SectorFilter,
        ChosenWorkStreamFilter,
    )
    search_fields = (
        "=reference",
        "person__full_name",
        "person__organisation__name",
        "=person__user__email",
    )
    ordering = ("-submitted_at",)

    def scope(self) -> QuerySet[Any]:
        """Return the office's scope: never a draft (law 7)."""
        return ExpressionOfInterest.objects.visible_to_office()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along which version counts."""
        newest = Snapshot.objects.filter(expression=OuterRef("pk")).order_by("-number")
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .select_related("person__user", "person__organisation__merged_into", "call")
            .annotate(
                newest_number=Subquery(newest.values("number")[:1]),
                newest_taken_at=Subquery(newest.values("taken_at")[:1]),
            )
        )
        return rows

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission to view."""
        return acting_user(request).has_perm("participants.view_expressionofinterest")

    def may_step(self, request: HttpRequest) -> bool:
        """Refuse: to submit and to withdraw are the participant's own."""
        return False

    def parts_of(self, key: str) -> Mapping[tuple[str, str], str]:
        """Return its choices: one is withdrawn by itself too."""
        choices = ProjectChoice.objects.filter(expression__reference__iexact=key)
        return {
            (choice._meta.label_lower, choice.record_key): str(choice.project)
            for choice in choices.select_related("project")
        }

    @admin.display(description=gettext_lazy("participant"), ordering="person__full_name")
    def participant(self, expression: ExpressionOfInterest) -> str:
        """Name the participant."""
        return str(expression.person)

    @admin.display(description=gettext_lazy("version"))
    def version(self, expression: Any) -> Any:
        """Say which version counts."""
        return expression.newest_number

    @admin.display(description=gettext_lazy("this version submitted"))
    def newest_at(self, expression: Any) -> str:
        """Say briefly when the version that counts was submitted."""
        return uk_list_moment(expression.newest_taken_at)

    @admin.display(description=gettext_lazy("first submitted"), ordering="submitted_at")
    def first_at(self, expression: Any) -> str:
        """Say briefly when it was first submitted."""
        return uk_list_moment(expression.submitted_at)

    @admin.display(description=gettext_lazy("this version submitted"))
    def version_submitted(self, expression: Any) -> str:
        """Say when the version that counts was submitted."""
        return uk_moment(expression.newest_taken_at)

    @admin.display(description=gettext_lazy("first submitted"))
    def first_submitted(self, expression: Any) -> str:
        """Say when it was first submitted."""
        return uk_moment(expression.submitted_at)

    @admin.display(description=gettext_lazy("job title"))
    def job(self, expression: ExpressionOfInterest) -> str:
        """Return the participant's job title."""
        return expression.person.role_title

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, expression: ExpressionOfInterest) -> Any:
        """Name the participant's organisation."""
        works_for = expression.person.organisation
        return works_for and works_for.current

    def note_look(self, request: HttpRequest, obj: Any) -> None:
        """Record who has looked at which version."""
        if request.method in {"GET", "HEAD"}:
            looking.viewed(obj, by=acting_user(request), snapshot=obj.newest_number)

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Show the projects chosen, and the answers as they were submitted."""
        choices = obj.choices.select_related("project").order_by("rank")
        rows = [
            (
                choice.rank,
                choice.project,
                choice.get_contribution_display(),
                choice.hours,
                choice.get_state_display(),
                choice.reason,
            )
            for choice in choices
        ]
        columns = (
            _("Rank"),
            _("Project"),
            _("Offers to"),
            _("Hours a month"),
            _("State"),
            _("Reason"),
        )
        projects = {
            "title": _("Projects chosen"),
            "columns": columns,
            "rows": rows,
            "empty": _("None: it was withdrawn before it named any."),
        }
        snapshot = obj.snapshots.order_by("-number").first()
        answers = {"snapshot": snapshot, "first": obj.submitted_at}
        panels = [(ROWS, projects), ("participants/answers_submitted.html", answers)]
        return [*self._withdrawal(obj), *panels]

    def _withdrawal(self, obj: ExpressionOfInterest) -> list[tuple[str, dict[str, Any]]]:
        """Say when and why it, or a choice of it, was withdrawn, while the record has the words."""
        choices = self.parts_of(obj.record_key)
        events = Event.objects.about_any(
            [(obj._meta.label_lower, obj.record_key), *choices]
        ).of_kind(
            workflow.EXPRESSION.kind("withdraw"),
            workflow.CHOICE.kind("withdraw"),
            workflow.CHOICE.kind("withdraw_alone"),
        )
        rows = [
            (
                uk_moment(event.at),
                choices.get((event.subject_kind, event.subject_key), _("The whole form")),
                event.reason or _("No reason given."),
            )
            for event in events
        ]
        if obj.is_live and not rows:
            return []
        return [
            (
                ROWS,
                {
                    "title": _("Withdrawn by the participant"),
                    "columns": (_("When"), _("What"), _("Reason")),
                    "rows": rows,
                    "empty": _("The record does not say when."),
                },
            )
        ]

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say how many are withheld, and of the current call's drafts their number, which is all told."""
        withheld = super().remarks(request)
        counts = _counts()
        if counts is None:
            return withheld
        words = ngettext(
            "%(drafts)s draft of %(call)s is not shown: it is the participant's own.",
            "%(drafts)s drafts of %(call)s are not shown: they are the participants' own.",
            counts["drafts"],
        )
        return [*withheld, words % counts]

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count what was submitted in the current call, and the drafts."""
        counts = _counts(self.about_any(withheld_from(request)))
        if counts is None:
            return []
        url = self.list_page(f"state__exact=submitted&call={counts['call'].slug}")
        return [
            Waiting(
                label=_("Expressions of interest submitted"), number=counts["submitted"], url=url
            ),
            Waiting(label=_("Drafts not yet submitted"), number=counts["drafts"]),
        ]


def _counts(withheld: Q | None = None) -> dict[str, Any] | None:
    """Return how many of the current call's are drafts and how many were submitted, less the withheld."""
    call = Call.objects.current(clock.now())
    if call is None:
        return None
    submitted = Q(state="submitted")
    counted = ExpressionOfInterest.objects.in_call(call).aggregate(
        drafts=Count("pk", filter=Q(state="draft")),
        submitted=Count("pk", filter=submitted if withheld is None else submitted & ~withheld),
    )
    return {"call": call, **counted}
