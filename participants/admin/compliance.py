"""Who has declared, in the office's console: a roster whose numbers always add up, and its file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.admin.suggestions import accepted_of
from participants.models import Declarant, Declaration, ExpressionOfInterest, Part, Standing
from participants.querysets import DeclarantQuerySet, due_again_on
from stepchange import clock
from stepchange.console import ROWS, ExportPages, ReadOnlyAdmin, Waiting, acting_user, name_subjects
from stepchange.console.gate import record_look
from stepchange.models import User
from stepchange.uk_time import uk_date, uk_short_date
from workstreams.models import Sector

UNKNOWN = "unknown"


class StandingFilter(admin.SimpleListFilter):
    """Filters by where somebody stands."""

    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> Any:
        """Return the four."""
        return Standing.choices

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those that stand so."""
        return queryset.filter(standing=self.value()) if self.value() else queryset


class PartFilter(admin.SimpleListFilter):
    """Filters by what somebody is counted under."""

    title = gettext_lazy("part")
    parameter_name = "part"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> Any:
        """Return the parts."""
        return Part.choices

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those that are counted under it."""
        return queryset.filter(part=self.value()) if self.value() else queryset


class SectorFilter(admin.SimpleListFilter):
    """Filters by the sector of the organisation, known or not."""

    title = gettext_lazy("sector")
    parameter_name = "sector"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> Any:
        """Return the three sectors, and that none is known."""
        return [*Sector.choices, (UNKNOWN, _("Not known"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those of the sector."""
        wanted = self.value()
        if not wanted:
            return queryset
        return queryset.filter(sector="" if wanted == UNKNOWN else wanted)


@admin.register(Declarant)
class DeclarantAdmin(ExportPages, ReadOnlyAdmin):
    """Who must declare, and who has: one scoped queryset for the numbers, the list and the file."""

    empty = gettext_lazy("Nobody has to declare yet.")
    address = "public_id"
    look = "whether they have declared"
    named_in_confidence = True
    change_list_template = "participants/console/compliance.html"
    fields = ("called_so", "organisation", "sector_shown", "parts", "stands", "signed", "due")
    list_display = (
        "called_so",
        "organisation",
        "sector_shown",
        "part_shown",
        "stands",
        "signed",
        "due",
    )
    list_filter = (StandingFilter, PartFilter, SectorFilter)
    search_fields = ("name", "person__full_name", "person__organisation__name", "=email")
    ordering = ("person__full_name", "name", "pk")
    sortable_by = ()
    export_of = "compliance"
    export_columns = (
        gettext_lazy("Name"),
        gettext_lazy("Organisation"),
        gettext_lazy("Sector"),
        gettext_lazy("Part"),
        gettext_lazy("Standing"),
        gettext_lazy("Signed"),
        gettext_lazy("Due again"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read the roster of today."""
        return self._roster().select_related("person__organisation__merged_into").defer("password")

    def _roster(self) -> DeclarantQuerySet:
        today = clock.today()
        return Declarant.objects.on_the_roster(today).with_standing(today)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission to view."""
        return acting_user(request).has_perm("participants.view_declarant")

    def may_step(self, request: HttpRequest) -> bool:
        """Refuse: nobody declares for somebody else."""
        return False

    def note_look(self, request: HttpRequest, obj: Any) -> None:
        """Record it under the person, or under the account of somebody who has none yet."""
        if request.method in {"GET", "HEAD"}:
            row = getattr(obj, "person", None) or User.objects.get(pk=obj.pk)
            record_look(row, by=acting_user(request), what=self.look)

    def parts_of(self, key: str) -> Mapping[tuple[str, str], str]:
        """Return their declarations: what the record tells of them here."""
        declared = Declaration.objects.order_by("number")
        try:
            keys = list(
                declared.filter(person__user__public_id=key).values_list("public_id", "number")
            )
        except (ValueError, ValidationError):
            return {}
        kind = Declaration._meta.label_lower
        return {(kind, str(found)): _("number %(number)d") % {"number": n} for found, n in keys}

    # The numbers ----------------------------------------------------------------------------------
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead with how many stand where."""
        context = {**(extra_context or {})}
        if request.method == "GET" and self.has_view_permission(request):
            context["standings"] = Standing.labels
            context["counts"] = self._counts(self._roster().counted())
        return super().changelist_view(request, context)

    def _counts(self, counted: Iterable[tuple[str, str, str, int]]) -> list[dict[str, Any]]:
        """Return a line for everybody, for each sector and for each part: their cells add up."""
        rows = list(counted)
        lines = [self._line(_("Everybody"), "", rows)]
        sectors = [*Sector.choices, ("", _("Sector not known"))]
        for value, label in sectors:
            of_it = [row for row in rows if row[0] == value]
            if value or of_it:
                lines.append(self._line(label, f"sector={value or UNKNOWN}", of_it))
        for value, label in Part.choices:
            lines.append(self._line(label, f"part={value}", [r for r in rows if r[1] == value]))
        return lines

    def _line(self, label: Any, query: str, rows: Sequence[Any]) -> dict[str, Any]:
        cells = []
        for standing in Standing:
            number = sum(row[3] for row in rows if row[2] == standing.value)
            wanted = "&".join(part for part in (query, f"standing={standing.value}") if part)
            cells.append({"number": number, "url": self.list_page(wanted)})
        total = {"number": sum(row[3] for row in rows), "url": self.list_page(query)}
        return {"label": label, "cells": cells, "total": total}

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count whose declaration is overdue."""
        overdue = self.get_queryset(request).filter(standing=Standing.OVERDUE).order_by().count()
        if not overdue:
            return []
        url = self.list_page(f"standing={Standing.OVERDUE.value}")
        words = gettext_lazy("Declarations of interests overdue")
        return [Waiting(label=words, number=overdue, url=url, is_due=True)]

    # The columns ----------------------------------------------------------------------------------
    @admin.display(description=gettext_lazy("name"))
    def called_so(self, declarant: Declarant) -> str:
        """Name the person, or the account."""
        return str(declarant)

    @admin.display(description=gettext_lazy("organisation"), empty_value="-")
    def organisation(self, declarant: Declarant) -> Any:
        """Name where they work, as that counts now."""
        person = getattr(declarant, "person", None)
        works_for = person.organisation if person else None
        return works_for and works_for.current

    @admin.display(description=gettext_lazy("sector"))
    def sector_shown(self, declarant: Any) -> Any:
        """Name the sector."""
        return Sector(declarant.sector).label if declarant.sector else _("Not known")

    @admin.display(description=gettext_lazy("part"))
    def part_shown(self, declarant: Any) -> Any:
        """Name what they are counted under."""
        return Part(declarant.part).label

    @admin.display(description=gettext_lazy("parts"))
    def parts(self, declarant: Any) -> str:
        """Name everything that makes them declare."""
        held = (
            (Part.OFFICE, declarant.of_office),
            (Part.BOARD, declarant.of_board),
            (Part.SEAT, declarant.holds_seat),
            (Part.VOLUNTEER, declarant.is_volunteer),
        )
        return ", ".join(str(part.label) for part, holds in held if holds)

    @admin.display(description=gettext_lazy("standing"))
    def stands(self, declarant: Any) -> Any:
        """Say where they stand."""
        return Standing(declarant.standing).label

    @admin.display(description=gettext_lazy("signed"), empty_value="-")
    def signed(self, declarant: Any) -> str:
        """Say when they declared last."""
        return uk_short_date(declarant.newest_at)

    @admin.display(description=gettext_lazy("due again"), empty_value="-")
    def due(self, declarant: Any) -> str:
        """Say from which day it is out of date."""
        signed_at = declarant.newest_at
        return uk_short_date(due_again_on(signed_at)) if signed_at else ""

    def export_lines(self, obj: Any) -> Iterable[Sequence[Any]]:
        """Return one line."""
        signed_at = obj.newest_at
        yield (
            str(obj),
            self.organisation(obj) or "",
            self.sector_shown(obj),
            self.part_shown(obj),
            self.stands(obj),
            uk_date(signed_at),
            uk_date(due_again_on(signed_at)) if signed_at else "",
        )

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Lead to what the reader may open of theirs."""
        expressions = ExpressionOfInterest.objects.visible_to_office().filter(person__user=obj.pk)
        asked = [(User._meta.label_lower, obj.record_key)]
        kind = ExpressionOfInterest._meta.label_lower
        asked += [(kind, key) for key in expressions.values_list("reference", flat=True)]
        named = name_subjects(asked, request)
        rows = [({"words": each.words, "url": each.url},) for each in named.values() if each.url]
        panel = {
            "title": _("Elsewhere in the console"),
            "columns": (_("Page"),),
            "rows": rows,
            "empty": _("Your role opens no other page about them."),
        }
        conflicts = accepted_of(request, getattr(obj, "person", None))
        return [(ROWS, each) for each in (conflicts, panel) if each]
