"""Filters of the console's lists of participants."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from participants.models import ProjectChoice
from stepchange.console import RelationFilter
from workstreams.admin import WorkStreamFilter
from workstreams.models import Call, Sector


class CallFilter(RelationFilter):
    """Filters by call, of those that were announced."""

    title = gettext_lazy("call")
    parameter_name = "call"
    path = "call"
    options = Call.objects.shown


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
