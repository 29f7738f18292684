"""Expressions of interest in the office's console: those submitted, and who has looked at each."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from participants import policies, workflow
from participants.forms.extensions import ExtensionForm
from participants.models import EnteredForm, ExpressionOfInterest, Extension, ProjectChoice
from participants.workflow import looking
from stepchange import clock
from stepchange.console import ReadOnlyAdmin, RelationFilter, Step, Waiting, acting_user
from stepchange.models import Event
from stepchange.uk_time import uk_deadline, uk_moment
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
            "person__user", "person__organisation__merged_into", "call"
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
        works_for = expression.person.organisation
        return works_for and works_for.current

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
            number = snapshot.number if snapshot else None
            looking.viewed(expression, by=acting_user(request), snapshot=number)
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
        panels = [(ROWS, projects), ("participants/answers_submitted.html", {"snapshot": snapshot})]
        return [*self._withdrawal(obj), *panels]

    def _withdrawal(self, obj: ExpressionOfInterest) -> list[tuple[str, dict[str, Any]]]:
        """Say when and why it was withdrawn, in the participant's words while the record has them."""
        if obj.is_live:
            return []
        event = Event.objects.about(obj).filter(kind=workflow.EXPRESSION.kind("withdraw")).last()
        row = (uk_moment(event.at), event.reason or _("No reason given.")) if event else ()
        return [
            (
                ROWS,
                {
                    "title": _("Withdrawn by the participant"),
                    "columns": (_("When"), _("Reason")),
                    "rows": [row] if row else [],
                    "empty": _("The record does not say when."),
                },
            )
        ]

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


@admin.register(Extension)
class ExtensionAdmin(ReadOnlyAdmin):
    """More time for one person: given and ended here, with a reason; nothing of a form is shown."""

    address = "public_id"
    subject = "participants.extension"
    look = "extension"
    steps = {
        "end": Step(
            function=workflow.end_extension,
            label=gettext_lazy("End it now"),
            policy=policies.may_end_extension,
            asks_reason=True,
            explanation=gettext_lazy(
                "What the person has not submitted by now stays saved, and can't be submitted. The "
                "call's own closing time stays as it is."
            ),
        )
    }
    form = ExtensionForm
    public_keys = {"call": "slug"}
    fields = ("person", "call", "time", "reason", "by", "given_at")
    list_display = ("person", "call", "time", "by", "given_at")
    list_filter = (CallFilter,)
    list_select_related = ("person__user", "call", "by")
    search_fields = ("person__full_name", "=person__user__email")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along what a row is called by."""
        return super().get_queryset(request).select_related(*self.list_select_related)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Ask for the permission to give one."""
        return acting_user(request).has_perm("participants.add_extension")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for an address and a day when one is given; show the instant after."""
        return ("email", "call", "last_day", "reason") if obj is None else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Show what was given."""
        return self.fields if obj is not None else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Tell the form who gives it, so that what the policies refuse is said beside the field."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.acting = acting_user(request)
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Let the workflow write the row with its event."""
        given = workflow.give_extension(
            workflow.person_of(form.user),
            obj.call,
            until=form.until,
            reason=obj.reason,
            by=acting_user(request),
        )
        obj.pk, obj.public_id, obj.person, obj.until = (
            given.pk,
            given.public_id,
            given.person,
            given.until,
        )

    @admin.display(description=gettext_lazy("until"), ordering="until")
    def time(self, extension: Extension) -> str:
        """Return the closing time in the words that the person reads (law 4)."""
        return uk_deadline(extension.until)

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say which row counts."""
        return [_("For each person and call the newest row counts.")]


@admin.register(EnteredForm)
class EnteredFormAdmin(ReadOnlyAdmin):
    """Forms taken by telephone or on paper: for whom, since when, and how far; never what they say."""

    address = "reference"
    look = "entered form"
    table = workflow.ENTERED
    steps = {
        "take_back": Step(
            function=workflow.take_back,
            explanation=gettext_lazy(
                "You can change the answers again. The person is asked anew when you send it."
            ),
        ),
        "cancel": Step(
            function=workflow.cancel,
            explanation=gettext_lazy("It ends, and what was entered is deleted."),
        ),
        "ask-again": Step(
            function=workflow.ask_again,
            label=gettext_lazy("Send the email again"),
            policy=policies.may_ask_again,
            when=lambda entered: entered.is_waiting,
            explanation=gettext_lazy("To the same address, with the same link."),
        ),
    }
    fields = (
        "reference",
        "state",
        "full_name",
        "email",
        "call",
        "medium",
        "taken_on",
        "entered_by",
        "started_at",
        "handed_over_at",
        "asked_at",
    )
    list_display = ("reference", "full_name", "call", "state", "handed_over_at", "entered_by")
    list_filter = ("state", "medium", CallFilter)
    list_select_related = ("call", "entered_by")
    search_fields = ("=reference", "full_name", "=email")
    ordering = ("-started_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Ask for the permission to enter one."""
        return acting_user(request).has_perm("participants.add_enteredform")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Lead to the form's own pages, on which it is entered."""
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        return redirect("participants:entered-begin")

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Lead to the pages on which it is entered, as long as it is."""
        if not obj.is_being_entered or not self.may_step(request):
            return []
        page = reverse("participants:entered-tasks", args=[obj])
        rows = [({"words": _("Go on entering it"), "url": page}, len(obj.answers))]
        columns = (_("Form"), _("Pages saved"))
        return [(ROWS, {"title": _("What is entered"), "columns": columns, "rows": rows})]

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count those that wait for the person."""
        number = EnteredForm.objects.filter(state=EnteredForm.State.HANDED_OVER).count()
        if not number:
            return []
        url = self.list_page("state__exact=handed+over")
        label = _("Forms taken by the office, waiting for the person")
        return [Waiting(label=label, number=number, url=url)]

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say what is not shown here."""
        return [
            _(
                "Once a form is sent for confirmation, only the person it is for reads the answers. "
                "It counts when they have submitted it."
            )
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
