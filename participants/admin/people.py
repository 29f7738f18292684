"""People in the office's console: who has submitted something, and who is likely one with whom."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from participants import policies
from participants.admin.withheld import WithheldPages, withheld_from
from participants.forms.people import (
    WITHHELD_BESIDE,
    MergePeopleForm,
    PairForm,
    SuggestForm,
    pairs_offered,
)
from participants.models import ExpressionOfInterest, LikelyPair, Person
from participants.workflow import looking, merging
from stepchange.console import ROWS, Step, Waiting, acting_user, row_page

SHOW_OTHERS = frozenset({"merge", "tell-apart"})
"""The steps whose pages show others beside the person."""


class LikenessFilter(admin.SimpleListFilter):
    """Filters people by whether somebody has to look whether they are one with another."""

    title = gettext_lazy("likely duplicates")
    parameter_name = "duplicates"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> Any:
        """Return what is worth asking for."""
        return [("yes", _("To be looked at")), ("merged", _("Merged into another"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those that are asked for."""
        if self.value() == "yes":
            return queryset.filter(Exists(_open_pairs()))
        if self.value() == "merged":
            return queryset.filter(merged_into__isnull=False)
        return queryset


def _open_pairs() -> QuerySet[LikelyPair]:
    return LikelyPair.objects.suggested().filter(Q(one=OuterRef("pk")) | Q(other=OuterRef("pk")))


def _is_not_merged(person: Person) -> bool:
    return person.merged_into_id is None


@admin.register(Person)
class PersonAdmin(WithheldPages):
    """Who has submitted something, but one's own (law 3). Details are the person's own to change.

    Each look is in the record.
    """

    empty = gettext_lazy("Nobody has submitted an expression of interest yet.")
    way_to_person = "pk"
    address = "public_id"
    look = "person"
    subject = "participants.person"
    named_in_confidence = True
    steps = {
        "merge": Step(
            function=merging.merge_people,
            done=gettext_lazy("Merged into another person"),
            label=gettext_lazy("Merge into another person"),
            form=MergePeopleForm,
            policy=policies.may_be_merged,
            asks_reason=True,
            when=_is_not_merged,
            explanation=gettext_lazy(
                "From then on both count as one person: neither judges, vouches for or gives more time to "
                "the other, and what one has submitted in a call the other can’t submit too. Both accounts "
                "keep signing in, each to its own forms. Nothing is written anew, so that the merge can "
                "be undone exactly."
            ),
        ),
        "tell-apart": Step(
            function=merging.dismiss,
            done=gettext_lazy("Told apart"),
            label=gettext_lazy("Not the same person"),
            form=PairForm,
            policy=policies.may_be_told_apart,
            asks_reason=True,
            when=_is_not_merged,
            explanation=gettext_lazy("It is suggested again only if what speaks for it changes."),
        ),
        "suggest": Step(
            function=merging.suggest,
            done=gettext_lazy("Suggested"),
            label=gettext_lazy("Say who may be the same person"),
            form=SuggestForm,
            policy=policies.may_settle_likeness,
            asks_reason=True,
            when=_is_not_merged,
            explanation=gettext_lazy(
                "For two people whom the portal does not find alike. Nothing is merged by this."
            ),
        ),
        "unmerge": Step(
            function=merging.unmerge_people,
            done=gettext_lazy("Merge undone"),
            label=gettext_lazy("Undo the merge"),
            policy=policies.may_be_unmerged,
            asks_reason=True,
            when=lambda person: person.merged_into_id is not None,
            explanation=gettext_lazy("Both are again who they were, with all that is theirs."),
        ),
    }
    fields = (
        "full_name",
        "role_title",
        "works_for",
        "work_email",
        "telephone",
        "account",
        "counts_as",
    )
    list_display = ("full_name", "role_title", "works_for", "account", "live_forms", "alike")
    list_filter = (LikenessFilter,)
    search_fields = ("full_name", "organisation__name", "=work_email", "=user__email")
    ordering = ("full_name", "pk")

    def scope(self) -> QuerySet[Any]:
        """Return whom the office may know of."""
        return Person.objects.visible_to_office()

    def person_of(self, row: Any) -> Person:
        """Return the row itself."""
        person: Person = row
        return person

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Let the person's pages and steps show nobody beside them who is withheld."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            vars(found)[WITHHELD_BESIDE] = withheld_from(request)
        return found

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along how many forms stand and how many are alike."""
        submitted = (
            ExpressionOfInterest.objects.filter(person=OuterRef("pk"), state="submitted")
            .order_by()
            .values("person")
            .annotate(number=Count("pk"))
            .values("number")
        )
        pairs = LikelyPair.objects.suggested().order_by()
        as_one = pairs.filter(one=OuterRef("pk")).values("one").annotate(number=Count("pk"))
        as_other = pairs.filter(other=OuterRef("pk")).values("other").annotate(number=Count("pk"))
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .select_related("user", "organisation__merged_into", "merged_into")
            .annotate(
                submitted=Coalesce(Subquery(submitted), 0),
                alike_as_one=Coalesce(Subquery(as_one.values("number")), 0),
                alike_as_other=Coalesce(Subquery(as_other.values("number")), 0),
            )
        )
        return rows

    def parts_of(self, key: str) -> Mapping[tuple[str, str], str]:
        """Return the pairs they are one of: what the office made of them stands in the record."""
        try:
            public_id = UUID(key)
        except ValueError:
            return {}
        pairs = LikelyPair.objects.filter(
            Q(one__public_id=public_id) | Q(other__public_id=public_id)
        )
        label = LikelyPair._meta.label_lower
        return {(label, pair.record_key): _("Likely duplicate") for pair in pairs}

    def note_look(self, request: HttpRequest, obj: Any) -> None:
        """Record the look, at everybody whose details the page shows side by side too."""
        super().note_look(request, obj)
        step = request.resolver_match.kwargs.get("step") if request.resolver_match else None
        if step in SHOW_OTHERS and request.method in {"GET", "HEAD"}:
            for pair in pairs_offered(obj):
                looking.looked(pair.beside(obj), by=acting_user(request), what=self.look)

    @admin.display(description=gettext_lazy("organisation"), ordering="organisation__name")
    def works_for(self, person: Person) -> Any:
        """Name their organisation, as it counts now."""
        return person.organisation and person.organisation.current

    @admin.display(description=gettext_lazy("account"))
    def account(self, person: Person) -> str:
        """Say whether they sign in, and not by what."""
        if person.user is None:
            return _("None")
        return _("Signs in") if person.user.is_active else _("Closed")

    @admin.display(description=gettext_lazy("forms submitted"))
    def live_forms(self, person: Any) -> int:
        """Count the expressions of interest that stand."""
        return int(person.submitted)

    @admin.display(description=gettext_lazy("likely duplicates"))
    def alike(self, person: Any) -> Any:
        """Count those who are likely the same person."""
        return person.alike_as_one + person.alike_as_other or ""

    @admin.display(description=gettext_lazy("counts as"))
    def counts_as(self, person: Person) -> str:
        """Name the person that they were merged into, or themself."""
        return str(person.current)

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Show who is likely the same, who was merged into them, and what they have submitted."""
        withheld = withheld_from(request)
        shown = (
            self._alike(obj, withheld),
            *self._merged(obj, withheld),
            self._forms(obj, withheld),
        )
        return [(ROWS, panel) for panel in shown]

    def _alike(self, obj: Person, withheld: QuerySet[Person]) -> dict[str, Any]:
        pairs = (
            LikelyPair.objects.of([obj])
            .exclude(Q(one__in=withheld) | Q(other__in=withheld))
            .exclude(state=LikelyPair.State.LAPSED)
            .select_related("one__organisation__merged_into", "other__organisation__merged_into")
            .order_by("-state", "-score", "pk")
        )
        rows = []
        for pair in pairs:
            other = pair.beside(obj)
            why = capfirst(pair.told)
            cells = (other.role_title, other.organisation and other.organisation.current)
            rows.append((_linked(other), *cells, why, pair.get_state_display()))
        return {
            "title": _("Likely the same person"),
            "columns": (_("Person"), _("Job"), _("Organisation"), _("Why"), _("State")),
            "rows": rows,
            "empty": _("Nobody is like them."),
        }

    def _merged(self, obj: Person, withheld: QuerySet[Person]) -> list[dict[str, Any]]:
        merged = list(obj.merged.exclude(pk__in=withheld).order_by("full_name", "pk"))
        if not merged:
            return []
        rows = [(_linked(each), each.role_title) for each in merged]
        return [{"title": _("Merged into them"), "columns": (_("Person"), _("Job")), "rows": rows}]

    def _forms(self, obj: Person, withheld: QuerySet[Person]) -> dict[str, Any]:
        expressions = (
            ExpressionOfInterest.objects.filter(Q(person=obj) | Q(person__merged_into=obj))
            .exclude(person__in=withheld)
            .select_related("call")
        )
        shown = [
            (
                {"words": str(each), "url": row_page(each)},
                each.call,
                each.get_state_display(),
            )
            for each in expressions
            if not each.is_draft
        ]
        drafts = sum(each.is_draft for each in expressions)
        words = ngettext("And %(count)s draft.", "And %(count)s drafts.", drafts)
        return {
            "title": _("Expressions of interest"),
            "columns": (_("Reference"), _("Call"), _("State")),
            "rows": [*shown, *([(words % {"count": drafts}, "", "")] if drafts else [])],
            "empty": _("None."),
        }

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count the pairs that somebody has to look at."""
        withheld = withheld_from(request)
        pairs = LikelyPair.objects.suggested()
        number = pairs.exclude(one__in=withheld, other__in=withheld).count()
        if not number:
            return []
        url = self.list_page("duplicates=yes")
        return [Waiting(label=_("Likely duplicates of people"), number=number, url=url)]


def _linked(person: Person) -> dict[str, str]:
    return {"words": str(person), "url": row_page(person)}
