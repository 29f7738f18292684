"""Expressions of interest in the office's console: those submitted, and who has looked at each."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from participants.models import ExpressionOfInterest, ProjectChoice
from stepchange import clock
from stepchange.console import ReadOnlyAdmin, RelationFilter, Waiting, acting_user
from stepchange.events import record
from workstreams.admin import WorkStreamFilter
from workstreams.models import Call, Sector

ROWS = "stepchange/console/rows.html"


class CallFilter(RelationFilter):
    """Filters by call."""

    title = gettext_lazy("call")
    parameter_name = "call"
    path = "call"
    key = "slug"

    def options(self) -> QuerySet[Call]:
        """Return the calls that were announced."""
        return Call.objects.shown()


class ChosenWorkStreamFilter(WorkStreamFilter):
    """Filters by the work-stream of a project chosen."""

    def keep(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep those that name a project of the work-stream, each once."""
        chosen = ProjectChoice.objects.filter(
            expression=OuterRef("pk"), project__work_stream__slug=value
        )
        return queryset.filter(Exists(chosen))


class SectorFilter(admin.SimpleListFilter):
    """Filters by the sector of the participant's organisation."""

    title = gettext_lazy("sector")
    parameter_name = "sector"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> Any:
        """Return the three sectors."""
        return Sector.choices

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the participants of the chosen sector."""
        if not self.value():
            return queryset
        return queryset.filter(person__organisation__sector=self.value())


@admin.register(ExpressionOfInterest)
class ExpressionAdmin(ReadOnlyAdmin):
    """What was submitted. Drafts are counted, never opened; each look at one is in the record."""

    address = "reference"
    subject = "participants.expression"
    fields = ("reference", "participant", "job", "organisation", "call", "state", "submitted_at")
    list_display = ("reference", "participant", "organisation", "call", "state", "submitted_at")
    list_filter = (CallFilter, "state", SectorFilter, ChosenWorkStreamFilter)
    search_fields = (
        "=reference",
        "person__full_name",
        "person__organisation__name",
        "=person__user__email",
    )
    ordering = ("-submitted_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read the office's scope: never a draft (law 7)."""
        return ExpressionOfInterest.objects.visible_to_office().select_related(
            "person__user", "person__organisation", "call"
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission to view."""
        return acting_user(request).has_perm("participants.view_expressionofinterest")

    def may_step(self, request: HttpRequest) -> bool:
        """Refuse: to submit and to withdraw are the participant's own."""
        return False

    @admin.display(description=gettext_lazy("participant"), ordering="person__full_name")
    def participant(self, expression: ExpressionOfInterest) -> str:
        """Name the participant."""
        return str(expression.person)

    @admin.display(description=gettext_lazy("job title"))
    def job(self, expression: ExpressionOfInterest) -> str:
        """Return the participant's job title."""
        return expression.person.role_title

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, expression: ExpressionOfInterest) -> Any:
        """Name the participant's organisation."""
        return expression.person.organisation

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show what was submitted, and record who has looked at which version."""
        if request.method in {"GET", "HEAD"} and object_id and self.has_view_permission(request):
            expression: Any = self.visible(request, object_id)
            snapshot = expression.snapshots.order_by("-number").first()
            with transaction.atomic():
                record(
                    f"{self.subject}.viewed",
                    expression,
                    by=acting_user(request),
                    facts={"snapshot": snapshot.number if snapshot else None},
                )
        return super().changeform_view(request, object_id, form_url, extra_context)

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
        return [(ROWS, projects), ("participants/answers_submitted.html", {"snapshot": snapshot})]

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say how many drafts there are in the current call: their number is all that is told."""
        counts = _counts()
        if counts is None:
            return []
        words = ngettext(
            "%(drafts)s draft of %(call)s is not shown: it is the participant's own.",
            "%(drafts)s drafts of %(call)s are not shown: they are the participants' own.",
            counts["drafts"],
        )
        return [words % counts]

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count what was submitted in the current call, and the drafts."""
        counts = _counts()
        if counts is None:
            return []
        url = self.list_page(f"state__exact=submitted&call={counts['call'].slug}")
        return [
            Waiting(
                label=_("Expressions of interest submitted"), number=counts["submitted"], url=url
            ),
            Waiting(label=_("Drafts not yet submitted"), number=counts["drafts"]),
        ]


def _counts() -> dict[str, Any] | None:
    """Return how many of the current call's are drafts and how many were submitted."""
    call = Call.objects.current(clock.now())
    if call is None:
        return None
    counted = ExpressionOfInterest.objects.in_call(call).aggregate(
        drafts=Count("pk", filter=Q(state="draft")),
        submitted=Count("pk", filter=Q(state="submitted")),
    )
    return {"call": call, **counted}
