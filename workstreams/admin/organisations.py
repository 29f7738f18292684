"""The register of organisations in the console: its entries, likely duplicates, and merges."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stepchange.console import ROWS, ConsoleAdmin, Step, Waiting, row_page
from stepchange.transitions import Words
from workstreams import policies, workflow
from workstreams.forms import MergeForm, OrganisationRegisterForm, UnmergeForm, what_names
from workstreams.models import Organisation, OrganisationKey


class DuplicatesFilter(admin.SimpleListFilter):
    """Filters proposals by whether the register has their name already."""

    title = gettext_lazy("likely duplicates")
    parameter_name = "duplicates"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> Any:
        """Return the one question worth asking."""
        return [("yes", _("Named like a published one"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those that share a name or an alias with a published entry."""
        if self.value() != "yes":
            return queryset
        return queryset.filter(named_like__isnull=False).exclude(
            state__in=(Organisation.State.MERGED, Organisation.State.REFUSED)
        )


@admin.register(Organisation)
class OrganisationAdmin(ConsoleAdmin):
    """The register of organisations."""

    shows_people = False
    address = "public_id"
    table = workflow.ORGANISATION
    steps = {
        "publish": Step(
            function=workflow.publish_organisation,
            done=gettext_lazy("Published in the register"),
            explanation=gettext_lazy("It will be suggested to those who type its name."),
        ),
        "refuse": Step(
            function=workflow.refuse_organisation,
            done=gettext_lazy("Kept out of the register"),
            explanation=gettext_lazy(
                "It stays out of the register and is never suggested. Who typed it keeps their words."
            ),
        ),
        "merge": Step(
            function=workflow.merge_organisation,
            done=gettext_lazy("Merged into the other"),
            form=MergeForm,
            explanation=gettext_lazy(
                "It counts as the other from now on, everywhere. Nothing is written anew, so that the "
                "merge can be undone exactly."
            ),
        ),
        "unmerge": Step(
            function=workflow.unmerge_organisation,
            done=gettext_lazy("Merge undone"),
            label=gettext_lazy("Undo the merge"),
            form=UnmergeForm,
            policy=policies.may_unmerge,
            asks_reason=True,
            when=lambda organisation: organisation.state == Organisation.State.MERGED,
            explanation=gettext_lazy(
                "It is again the entry that it was, for everybody who named it."
            ),
        ),
    }
    form = OrganisationRegisterForm
    public_keys = {"group": "public_id"}
    readonly_fields = ("counts_as",)
    fields = (
        "state",
        "counts_as",
        "name",
        "unit",
        "sector",
        "group",
        "aliases",
        "domains",
        "identifier_kind",
        "identifier",
    )
    list_display = ("name", "unit", "sector", "group", "identifier", "state", "like")
    list_filter = ("state", "sector", DuplicatesFilter)
    search_fields = ("name", "unit", "aliases", "domains", "identifier")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along the entry that counts for the same name or alias, if another has it."""
        same = OrganisationKey.objects.filter(
            Q(key=OuterRef("name_key")),
            kind__in=(OrganisationKey.Kind.NAME, OrganisationKey.Kind.ALIAS),
            organisation__state__in=(Organisation.State.PUBLISHED, Organisation.State.MERGED),
            organisation__sector=OuterRef("sector"),
            organisation__unit=OuterRef("unit"),
        ).exclude(organisation=OuterRef("pk"))
        named = Coalesce("organisation__merged_into__name", "organisation__name")
        first = same.order_by("organisation__name").values(named=named)[:1]
        found: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .select_related("group", "merged_into")
            .annotate(named_like=Subquery(first))
        )
        return found

    def fixed(self, obj: Any) -> Words | None:
        """Keep what is merged as it is: its merge is undone exactly."""
        return policies.may_edit(obj)

    @admin.display(description=gettext_lazy("likely the same as"))
    def like(self, organisation: Any) -> str:
        """Name the published entry of the same name; on the row's page there are more."""
        settled = organisation.state in {Organisation.State.MERGED, Organisation.State.REFUSED}
        return "" if settled else organisation.named_like or ""

    @admin.display(description=gettext_lazy("counts as"))
    def counts_as(self, organisation: Organisation) -> str:
        """Name the entry that it was merged into, or itself."""
        return str(organisation.current)

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Show what may be the same organisation, what was merged into it, and who names it."""
        panels: list[dict[str, Any]] = []
        if obj.state in {Organisation.State.PROPOSED, Organisation.State.PUBLISHED}:
            likely = Organisation.objects.likely_the_same(obj)
            panels.append(
                {
                    "title": _("Likely the same"),
                    "columns": (_("Organisation"), _("Group"), _("Email domains")),
                    "rows": [(_linked(row), row.current_group, row.domains) for row in likely],
                    "empty": _("Nothing published is named like it."),
                }
            )
        merged = list(obj.merged.all())
        if merged:
            panels.append(
                {
                    "title": _("Merged into it"),
                    "columns": (_("Organisation"), _("Was")),
                    "rows": [
                        (_linked(row), str(Organisation.State(row.state_before_merge).label))
                        for row in merged
                    ],
                }
            )
        panels.append(
            {
                "title": _("What names it"),
                "columns": (_("What"), _("How many")),
                "rows": what_names(obj),
                "empty": _("Nothing."),
            }
        )
        return [(ROWS, panel) for panel in panels]

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count the organisations that were proposed."""
        proposed = Organisation.objects.filter(state=Organisation.State.PROPOSED).count()
        if not proposed:
            return []
        url = self.list_page("state__exact=proposed")
        return [Waiting(label=_("Organisations proposed"), number=proposed, url=url)]


def _linked(organisation: Organisation) -> dict[str, str]:
    return {"words": str(organisation), "url": row_page(organisation)}
