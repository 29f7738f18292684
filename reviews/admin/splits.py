"""Splits in the console: both keys are cast, and read; the office mediates, or the board settles."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reviews import workflow
from reviews.admin.scope import ChoicePages
from reviews.forms.office import MediateForm
from reviews.models import SettlementView, Split
from stepchange.console import ROWS, Step, Waiting, acting_user
from stepchange.uk_time import uk_moment
from workstreams.admin import WorkStreamFilter


class SplitStreamFilter(WorkStreamFilter):
    """Filters by the work-stream of the project that was chosen."""

    path = "choice__project__work_stream"


@admin.register(Split)
class SplitAdmin(ChoicePages):
    """Where the two sides differ: mediated here, so that both cast anew, or settled by the board."""

    empty = gettext_lazy("The two sides have never differed.")
    look = list_look = "difference to settle"
    table = workflow.SPLIT
    steps = {
        "mediate": Step(
            function=workflow.mediate,
            done=gettext_lazy("Mediated: both keys are cast anew"),
            form=MediateForm,
            explanation=gettext_lazy(
                "Both sides recommend anew after this, each without reading what the other says. Views "
                "that the board gave meanwhile count no more."
            ),
        ),
    }
    always = ("reference", "person", "project", "state", "opened_at")
    fields = always
    list_display = ("reference", "person", "project", "state", "opened_at", "ended_at")
    list_filter = ("state", SplitStreamFilter)
    search_fields = (
        "=choice__expression__reference",
        "choice__expression__person__full_name",
        "=choice__project__code",
    )
    ordering = ("state", "opened_at")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along what a row is called by, and its keys."""
        return (
            super()
            .get_queryset(request)
            .select_related(
                "choice__project__work_stream",
                "choice__expression__call",
                "choice__expression__person__user",
                "business_key__caster",
                "police_key__caster",
                "ended_by",
            )
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show how it ended, where it did."""
        if obj is None or obj.state == Split.State.OPEN:
            return self.always
        ended = ["ended_at", "ended_by"]
        ended += ["mediation"] if obj.state == Split.State.MEDIATED else []
        ended += ["void_because"] if obj.state == Split.State.VOID else []
        return (*self.always, *ended)

    def called(self, obj: Split) -> str:
        """Name the form and the project."""
        return f"{obj.choice.expression.reference}: {obj.choice.project}"

    @admin.display(description=gettext_lazy("reference"))
    def reference(self, row: Split) -> str:
        """Return the reference of the form."""
        return row.choice.expression.reference

    @admin.display(description=gettext_lazy("volunteer"))
    def person(self, row: Split) -> str:
        """Name the volunteer."""
        return str(row.choice.expression.person)

    @admin.display(description=gettext_lazy("project"))
    def project(self, row: Split) -> str:
        """Name the project."""
        return str(row.choice.project)

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Show both keys; of the board's views what may be read: nothing, before two are given (law 2)."""
        keys = [
            (
                key.get_side_display(),
                key.get_view_display(),
                key.reason,
                key.caster,
                uk_moment(key.cast_at),
            )
            for key in (obj.business_key, obj.police_key)
        ]
        readable = set(
            SettlementView.objects.visible_to(acting_user(request))
            .filter(split=obj)
            .values_list("pk", flat=True)
        )
        views = [
            (
                view.get_sector_display(),
                view.get_view_display() if view.pk in readable else _("Given"),
                view.reason if view.pk in readable else _("Opens when two are given"),
                view.member,
                uk_moment(view.cast_at),
            )
            for view in obj.views.filter(state="cast").select_related("member").order_by("pk")
        ]
        says = (_("Says"), _("Why"), _("Who"), _("When"))
        return [
            (
                ROWS,
                {
                    "title": _("What the two sides recommend"),
                    "columns": (_("Side"), *says),
                    "rows": keys,
                },
            ),
            (
                ROWS,
                {
                    "title": _("What the board says"),
                    "columns": (_("Sector"), *says),
                    "rows": views,
                    "empty": _("No member of the board has given a view."),
                },
            ),
        ]

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count those that wait for the office or the board."""
        rows: Any = self.get_queryset(request).filter(state=Split.State.OPEN)
        live = rows.exclude(choice__state="withdrawn").exclude(
            choice__expression__state="withdrawn"
        )
        number = live.order_by().count()
        if not number:
            return []
        url = self.list_page("state__exact=open")
        return [Waiting(label=_("Splits to mediate, or for the board"), number=number, url=url)]
