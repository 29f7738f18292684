"""Suggested conflicts in the console: to accept or dismiss, and a question that changes nothing."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.db.models import Case, Q, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from participants.admin.withheld import withheld_from
from participants.forms.compliance import WouldConflictForm
from participants.models import ConflictSuggestion, Interest, Person, Reason
from participants.policies import compliance
from participants.policies.houses import entries_of
from participants.querysets import SuggestionQuerySet
from participants.workflow import suggestions
from stepchange.console import ROWS, Named, ReadOnlyAdmin, Step, Waiting, acting_user, row_page
from stepchange.console.exports import on_the_page
from stepchange.console.gate import behind_the_gate, record_look
from stepchange.models import Event
from stepchange.transitions import Words
from stepchange.uk_time import uk_moment
from workstreams.admin import WorkStreamFilter
from workstreams.models import Organisation

OTHERS: dict[str, Words] = {
    Reason.DECLARES_EMPLOYER.value: gettext_lazy(
        "They declare an interest in it, and others on the project work for it"
    ),
    Reason.BOTH_DECLARE.value: gettext_lazy(
        "They declare an interest in it, and so do others on the project"
    ),
}
"""What the reasons mean where there is no other person."""
_NEXT = gettext_lazy(
    "Assess the interest, or see that they are recused. Once that is done, dismiss it and say so."
)


class SuggestedStreamFilter(WorkStreamFilter):
    """Filters by the work-stream, the project's too."""

    def keep(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep those for the work-stream or for a project of it."""
        of_project = Q(project__isnull=False, project__work_stream__slug=value)
        return queryset.filter(Q(work_stream__isnull=False, work_stream__slug=value) | of_project)


@admin.register(ConflictSuggestion)
class ConflictSuggestionAdmin(ReadOnlyAdmin):
    """Conflicts that the portal suggests, those that wait first."""

    empty = gettext_lazy("Nothing in common was found.")
    address = "public_id"
    look = list_look = "suggested conflict"
    table = suggestions.SUGGESTION
    named_in_confidence = True
    change_list_template = "participants/console/suggestions.html"
    ask_template = "participants/console/would_conflict.html"
    steps = {
        "accept": Step(
            function=suggestions.accept,
            done=gettext_lazy("Accepted as a conflict"),
            explanation=gettext_lazy(
                "It keeps them out of the project, or of each project of the work-stream, from now on. "
                "Assess the interest, or see that they are recused, next; once that is done, dismiss this "
                "with what was done as the reason."
            ),
        ),
        "dismiss": Step(
            function=suggestions.dismiss,
            done=gettext_lazy("Dismissed"),
            explanation=gettext_lazy(
                "It is suggested again only if what the two have in common changes. Where it was accepted "
                "it keeps them out no longer: say what was done about it."
            ),
        ),
        "take_back": Step(
            function=suggestions.take_back,
            done=gettext_lazy("Waits again"),
            explanation=gettext_lazy(
                "For what was accepted or dismissed by mistake. It waits to be settled, as before; the "
                "record keeps both."
            ),
        ),
    }
    fields = ("person", "with_whom", "organisation", "about_what", "why", "state", "raised_at")
    list_display = ("whom", "with_whom", "organisation", "about_what", "why", "state", "raised_at")
    list_filter = ("state", SuggestedStreamFilter)
    search_fields = ("person__full_name", "other__full_name", "organisation__name")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read what is neither about the reader nor about their own organisation (law 3)."""
        shown = _not_ones_own(request)
        waits = Case(When(state="suggested", then=Value(0)), default=Value(1))
        return shown.annotate(order=waits).select_related(
            "person__user",
            "person__organisation__merged_into",
            "other__user",
            "other__organisation__merged_into",
            "organisation",
            "project",
            "work_stream",
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Put what waits first."""
        return ("order", "-raised_at", "-pk")

    def called(self, obj: Any) -> str:
        """Name both sides."""
        return _("%(person)s and %(other)s") % {
            "person": obj.person,
            "other": obj.other or obj.organisation,
        }

    def note_look(self, request: HttpRequest, obj: Any) -> None:
        """Record a look at each of the two people."""
        if request.method in {"GET", "HEAD"}:
            for side in self.told_of(obj):
                record_look(side, by=acting_user(request), what=self.look)

    def told_of(self, row: Any) -> Iterable[Person]:
        """Return both people, or the one."""
        return [side for side in (row.person, row.other) if side]

    # The columns ----------------------------------------------------------------------------------
    @admin.display(description=gettext_lazy("person"))
    def whom(self, suggestion: ConflictSuggestion) -> str:
        """Name the person."""
        return str(suggestion.person)

    @admin.display(description=gettext_lazy("with"))
    def with_whom(self, suggestion: ConflictSuggestion) -> str:
        """Name the other side."""
        if suggestion.other:
            return _("%(name)s, who holds a seat") % {"name": suggestion.other}
        return _("Others on the project")

    @admin.display(description=gettext_lazy("for"))
    def about_what(self, suggestion: ConflictSuggestion) -> str:
        """Name the project or the work-stream."""
        return str(suggestion.about)

    @admin.display(description=gettext_lazy("why"))
    def why(self, suggestion: ConflictSuggestion) -> str:
        """Say what they have in common."""
        words = OTHERS if suggestion.other is None else dict(Reason.choices)
        return ". ".join(str(words[reason]) for reason in suggestion.reasons) + "."

    # The page -------------------------------------------------------------------------------------
    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Show what each side works for and declares of it, as it stands, and how it was settled."""
        entries = entries_of([obj.organisation_id])
        panels = [_side(side, entries) for side in (obj.person, obj.other) if side]
        panels += [_what_follows(obj), self._settled(obj)]
        return [(ROWS, panel) for panel in panels if panel]

    def _settled(self, obj: Any) -> dict[str, Any]:
        kinds = [suggestions.SUGGESTION.kind(name) for name in ("accept", "dismiss", "take_back")]
        rows = [
            (uk_moment(event.at), event.actor, event.reason)
            for event in Event.objects.about(obj).of_kind(*kinds).select_related("actor")
        ]
        if not rows:
            return {}
        return {
            "title": _("How it was settled"),
            "columns": (_("When"), _("By"), _("Why")),
            "rows": rows,
        }

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say how many are withheld from this reader."""
        withheld = (
            ConflictSuggestion.objects.count() - self.get_queryset(request).order_by().count()
        )
        if not withheld:
            return []
        words = ngettext(
            "%(withheld)d is withheld: it is about you, or people or organisations that are your own.",
            "%(withheld)d are withheld: they are about you, or people or organisations that are your own.",
            withheld,
        )
        return [words % {"withheld": withheld}]

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count what waits to be settled."""
        number = self.get_queryset(request).filter(state="suggested").order_by().count()
        if not number:
            return []
        url = self.list_page("state__exact=suggested")
        return [Waiting(label=gettext_lazy("Suggested conflicts"), number=number, url=url)]

    # Would these two conflict? --------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        """Put the question's page before a row's."""
        view = self.admin_site.admin_view(behind_the_gate(self.ask_view))
        return [
            path("would-conflict/", view, name="participants_conflictsuggestion_ask"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead from the list to the question."""
        context = {"ask_url": reverse("admin:participants_conflictsuggestion_ask")}
        return super().changelist_view(request, context | (extra_context or {}))

    def ask_view(self, request: HttpRequest) -> HttpResponseBase:
        """Say what two sides have in common: nothing changes but the record of who looked."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return HttpResponse(
                status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, POST"}
            )
        if not self.has_view_permission(request):
            raise Http404
        by = acting_user(request)
        form = WouldConflictForm(request.POST if request.method == "POST" else None, acting=by)
        answer = None
        if request.method == "POST" and form.is_valid():
            answer = _answer(form)
            for side in (form.person, form.other):
                if side:
                    record_look(side, by=by, what=self.look)
        # What was typed stands on the page that is shown again: it need not be kept beside it.
        request.typing_is_safe = True  # type: ignore[attr-defined]
        return TemplateResponse(
            request,
            self.ask_template,
            {
                **self.admin_site.each_context(request),
                "title": _("Would these two conflict?"),
                "opts": self.opts,
                "list_url": self.list_page(),
                "form": form,
                **on_the_page(form, self),
                "answer": answer,
            },
        )


def _what_follows(suggestion: ConflictSuggestion) -> dict[str, Any]:
    """Return what comes of a conflict that was accepted, and what to do next; nothing of another."""
    if suggestion.state != ConflictSuggestion.State.ACCEPTED:
        return {}
    return {
        "title": _("What follows"),
        "columns": (_("Keeps out"), _("Of"), _("What to do next")),
        "rows": [(suggestion.person, suggestion.about, _NEXT)],
    }


def _not_ones_own(request: HttpRequest) -> SuggestionQuerySet:
    """Return those that the reader may see (law 3); what that rests on is read once a request."""
    if "own_entries" not in vars(request):
        vars(request)["own_entries"] = compliance.own_entries(acting_user(request))
    return ConflictSuggestion.objects.not_about(
        withheld_from(request), vars(request)["own_entries"]
    )


def accepted_of(request: HttpRequest, person: Person | None) -> dict[str, Any]:
    """Return the accepted conflicts of somebody that the reader may see; nothing where there is none."""
    by = acting_user(request)
    if person is None or not by.has_perm("participants.view_conflictsuggestion"):
        return {}
    found = _not_ones_own(request).accepted().filter(person=person).order_by("pk")
    rows = [
        (each.about, Named(str(each.organisation), row_page(each)), _NEXT)
        for each in found.select_related("organisation", "project", "work_stream")
    ]
    if not rows:
        return {}
    return {
        "title": _("Conflicts that keep them out"),
        "columns": (_("Of"), _("In common"), _("What to do next")),
        "rows": rows,
    }


def _side(person: Person, entries: Iterable[int]) -> dict[str, Any]:
    """Return what somebody works for, and what they declare of the organisations in common."""
    newest = person.declarations.order_by("-number").first()
    named = Interest.objects.filter(declaration=newest, parties__organisation__in=list(entries))
    rows = [
        (
            interest.get_kind_display(),
            interest.party,
            interest.project or _("In general"),
            interest.since,
        )
        for interest in named.distinct().select_related("project").order_by("position")
    ]
    title = str(person)
    if person.organisation:
        words = {"name": person, "organisation": person.organisation.current}
        title = _("%(name)s, of %(organisation)s") % words
    return {
        "title": title,
        "columns": (_("Kind"), _("With"), _("Project"), _("Since")),
        "rows": rows,
        "empty": _("They declare no interest in it."),
    }


def _answer(form: WouldConflictForm) -> dict[str, Any]:
    """Return the words of an answer: both sides, and what they have in common."""
    person = form.person
    if person is None:
        return {}
    if form.entry:
        works, declares = suggestions.has_to_do_with(person, form.entry.pk)
        found = [
            words
            for words, holds in (
                (_("They work for it, or for its group."), works),
                (_("They declare an interest in it, or in its group."), declares),
            )
            if holds
        ]
        return {"sides": [str(person), str(form.entry)], "found": found}
    common = suggestions.would_conflict(person, form.other) if form.other else {}
    names = Organisation.objects.in_bulk(list(common))
    labels = dict(Reason.choices)
    found = [
        f"{names[house]}: {labels[reason]}."
        for house, reasons in common.items()
        for reason in reasons
    ]
    return {"sides": [str(person), str(form.other)], "found": found}
