"""Projects and milestones in the office's console."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects import policies, workflow
from projects.models import Milestone, Project
from stepchange import clock
from stepchange.console import ConsoleAdmin, DayInput, Step, StepForm, Waiting
from workstreams.admin import WorkStreamFilter
from workstreams.forms import SourcedForm


class ProjectForm(SourcedForm):
    """Edits a project: what is ours freely, the programme's own words with a reason."""

    verbatim = ("action", "vision")


class MeetForm(StepForm):
    """Asks for the day on which a milestone was met."""

    met_on = forms.DateField(label=gettext_lazy("Met on"), widget=DayInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["met_on"] = clock.today()

    def clean_met_on(self) -> Any:
        """Refuse a day to come."""
        met_on = self.cleaned_data["met_on"]
        if refusal := policies.not_to_come(met_on):
            raise forms.ValidationError(str(refusal))
        return met_on


class RedateMilestoneForm(StepForm):
    """Asks for the new day."""

    due_on = forms.DateField(label=gettext_lazy("Due on"), widget=DayInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["due_on"] = self.subject.due_on


class OwnWorkStreamFilter(WorkStreamFilter):
    """Filters milestones by their project's work-stream."""

    path = "project__work_stream"


@admin.register(Project)
class ProjectAdmin(ConsoleAdmin):
    """Projects, their editorial words and their moves."""

    shows_people = False
    address = "code"
    table = workflow.PROJECT
    steps = {
        "agree_provisionally": Step(
            function=workflow.agree_provisionally,
            done=gettext_lazy("Agreed provisionally"),
            explanation=gettext_lazy("It is shown to the public, and can be chosen, from now on."),
        ),
        "reject": Step(function=workflow.reject, done=gettext_lazy("Rejected")),
        "agree": Step(function=workflow.agree, done=gettext_lazy("Agreed")),
        "start_delivery": Step(
            function=workflow.start_delivery, done=gettext_lazy("Delivery started")
        ),
        "deliver": Step(function=workflow.deliver, done=gettext_lazy("Recorded as delivered")),
        "close": Step(function=workflow.close, done=gettext_lazy("Closed")),
    }
    form = ProjectForm
    once = ("code", "work_stream", "source_action", "source_vision")
    public_keys = {"work_stream": "slug"}
    fieldsets = (
        (None, {"fields": ("state", "code", "work_stream", "position")}),
        (
            gettext_lazy("Editorial: ours"),
            {
                "fields": (
                    "title",
                    "places",
                    "wants_develop",
                    "wants_lead",
                    "wants_deliver",
                    "needs",
                    "interest_prompt",
                    "identity_level",
                )
            },
        ),
        (
            gettext_lazy("The programme's own words"),
            {"fields": ("action", "vision", "source_action", "source_vision", "notes")},
        ),
    )
    list_display = ("code", "title", "work_stream", "state", "places")
    list_display_links = ("code", "title")
    list_filter = (WorkStreamFilter, "state", "wants_develop", "wants_lead", "wants_deliver")
    list_select_related = ("work_stream",)
    search_fields = ("code", "title", "action", "vision", "needs")

    def public_page(self, obj: Any) -> str:
        """Return its public page, unless it is proposed or rejected."""
        return str(obj.get_absolute_url()) if obj.is_published else ""


@admin.register(Milestone)
class MilestoneAdmin(ConsoleAdmin):
    """Milestones: met, missed or moved, each by a step."""

    shows_people = False
    address = "public_id"
    table = workflow.MILESTONE
    steps = {
        "meet": Step(function=workflow.meet, done=gettext_lazy("Recorded as met"), form=MeetForm),
        "miss": Step(function=workflow.miss, done=gettext_lazy("Recorded as missed")),
        "redate": Step(
            function=workflow.redate,
            done=gettext_lazy("Day changed"),
            form=RedateMilestoneForm,
            label=gettext_lazy("Change the day"),
            policy=policies.may_redate_milestone,
            asks_reason=True,
            explanation=gettext_lazy("The first day it was due stays, and is shown."),
        ),
    }
    form = SourcedForm
    once = ("slug", "project", "due_on")
    readonly_fields = ("first_due_on", "met_on")
    public_keys = {"project": "code"}
    list_display = ("title", "project", "due_on", "first_due_on", "state")
    list_filter = ("state", OwnWorkStreamFilter)
    list_select_related = ("project",)
    search_fields = ("title", "project__code", "project__title")
    date_hierarchy = "due_on"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for the first day when it is added; show what became of it after."""
        if obj is None:
            return ("title", "slug", "project", "due_on", "position", "notes")
        dates = ("due_on", "first_due_on", "met_on")
        return ("state", "title", "slug", "project", *dates, "position", "notes")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read the project along."""
        return super().get_queryset(request).select_related("project")

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count the milestones whose day has passed without a word."""
        late = Milestone.objects.filter(
            state=Milestone.State.PLANNED, due_on__lt=clock.today()
        ).count()
        if not late:
            return []
        url = self.list_page("state__exact=planned")
        return [Waiting(label=_("Milestones overdue"), number=late, url=url, is_due=True)]
