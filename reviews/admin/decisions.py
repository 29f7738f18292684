"""Joint decisions in the console: how each came about, and their outcomes released, by one or together."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reviews import policies, workflow
from reviews.admin.scope import ChoicePages, is_barred
from reviews.admin.splits import SplitStreamFilter
from reviews.forms.office import ReleaseForm, TogetherForm
from reviews.models import Decision
from reviews.policies.letters import SENTENCES
from reviews.policies.releasing_together import AT_MOST, releasable, with_what_changed
from reviews.previews import email_about
from reviews.workflow.letters import release_with_letter, release_with_letters
from stepchange import kept_typing
from stepchange.console import ROWS, Step, Waiting, acting_user
from stepchange.console import SENTENCES as SENTENCES_PANEL
from stepchange.console.exports import on_the_page
from stepchange.console.gate import behind_the_gate
from stepchange.console.kept import confirmed_first, fill
from stepchange.console.step_pages import LOOK_ONLY
from stepchange.models import User
from stepchange.uk_time import uk_moment


class StandsFilter(admin.SimpleListFilter):
    """Filters by what has become of a decision."""

    title = gettext_lazy("what has become of it")
    parameter_name = "stands"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        """Return what the office looks for."""
        return [
            ("ready", _("Can be released")),
            ("held", _("Held")),
            ("changed", _("Held, and what it rests on has changed")),
            ("released", _("Released")),
            ("anew", _("Looked at anew")),
        ]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Keep those that stand so."""
        decisions: Any = queryset
        match self.value():
            case "ready":
                return releasable(decisions)
            case "held":
                return decisions.held()
            case "changed":
                return decisions.held().filter(is_changed=True)
            case "released":
                return decisions.released()
            case "anew":
                return decisions.filter(reopening__isnull=False)
        return queryset


def _is_held(decision: Decision) -> bool:
    return not hasattr(decision, "release") and not hasattr(decision, "reopening")


@admin.register(Decision)
class DecisionAdmin(ChoicePages):
    """Joint decisions: made by two, held until they are released here, each with its letter."""

    empty = gettext_lazy("Nothing was decided jointly yet.")
    look = list_look = "joint decision"
    change_list_template = "reviews/console/decisions.html"
    together_template = "reviews/console/release.html"
    steps = {
        "release": Step(
            function=release_with_letter,
            done=gettext_lazy("Released"),
            label=gettext_lazy("Release the outcome"),
            policy=policies.may_release,
            form=ReleaseForm,
            when=_is_held,
            explanation=gettext_lazy(
                "Their choice moves, and they are written that there is news. What was decided, and the "
                "letter, they read after signing in."
            ),
            confirms_identity=True,
        ),
        "look_at_anew": Step(
            function=workflow.look_at_anew,
            done=gettext_lazy("To be decided anew"),
            label=gettext_lazy("Have it looked at anew"),
            policy=policies.may_reopen,
            asks_reason=True,
            when=_is_held,
            explanation=gettext_lazy(
                "Only where what it rests on has changed since. Both keys are cast anew; what was decided "
                "stays in the record."
            ),
        ),
    }
    fields = ("reference", "person", "project", "outcome", "basis", "decided_at", "stands")
    list_display = ("reference", "person", "project", "outcome", "basis", "decided_at", "stands")
    list_filter = (StandsFilter, "outcome", "basis", SplitStreamFilter)
    search_fields = (
        "=choice__expression__reference",
        "choice__expression__person__full_name",
        "=choice__project__code",
    )
    ordering = ("-decided_at", "-id")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along what a row is called by, what became of it, and whether its ground has changed."""
        rows: Any = super().get_queryset(request)
        return with_what_changed(rows).select_related(
            "choice__project__work_stream",
            "choice__expression__call",
            "choice__expression__person__user",
            "choice__expression__person__organisation__merged_into",
            "release__released_by",
            "reopening",
            "letter",
        )

    def may_step(self, request: HttpRequest) -> bool:
        """Ask for the permission to release: a decision itself is never changed."""
        return acting_user(request).has_perm("reviews.add_release")

    def called(self, obj: Decision) -> str:
        """Name the form and the project."""
        return f"{obj.choice.expression.reference}: {obj.choice.project}"

    @admin.display(description=gettext_lazy("reference"))
    def reference(self, row: Decision) -> str:
        """Return the reference of the form."""
        return row.choice.expression.reference

    @admin.display(description=gettext_lazy("volunteer"))
    def person(self, row: Decision) -> str:
        """Name the volunteer."""
        return str(row.choice.expression.person)

    @admin.display(description=gettext_lazy("project"))
    def project(self, row: Decision) -> str:
        """Name the project."""
        return str(row.choice.project)

    @admin.display(description=gettext_lazy("stands"))
    def stands(self, row: Any) -> str:
        """Say what has become of it."""
        if hasattr(row, "reopening"):
            return _("Looked at anew")
        if hasattr(row, "release"):
            return _("Released at %(at)s") % {"at": uk_moment(row.release.released_at)}
        return _("Held; what it rests on has changed") if row.is_changed else _("Held")

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Show what changed since, all that led to it, and the letter."""
        told = policies.explain(obj)
        panels: list[tuple[str, dict[str, Any]]] = []
        if told.changed_since and _is_held(obj):
            title = _("What it rests on has changed since")
            panels.append((SENTENCES_PANEL, {"title": title, "sentences": told.changed_since}))
        rows = [
            (uk_moment(each.at), _what(each), each.by or "", each.why) for each in told.happened
        ]
        columns = (_("When"), _("What"), _("Who"), _("Why"))
        panels.append((ROWS, {"title": _("How it came about"), "columns": columns, "rows": rows}))
        if letter := getattr(obj, "letter", None):
            said = [str(SENTENCES[letter.code]), letter.words]
            words = [sentence for sentence in said if sentence]
            panels.append((SENTENCES_PANEL, {"title": _("The letter"), "sentences": words}))
        return panels

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count the outcomes that can be released, and those whose ground has changed."""
        rows: Any = self.get_queryset(request)
        found = []
        ready_ones, changed_ones = releasable(rows), rows.held().filter(is_changed=True)
        counts = Decision.objects.aggregate(
            ready=Count("pk", filter=Q(pk__in=ready_ones.order_by().values("pk"))),
            changed=Count("pk", filter=Q(pk__in=changed_ones.order_by().values("pk"))),
        )
        if ready := counts["ready"]:
            url = self.list_page("stands=ready")
            found.append(Waiting(label=_("Outcomes that can be released"), number=ready, url=url))
        if changed := counts["changed"]:
            url = self.list_page("stands=changed")
            label = _("Decisions whose ground has changed")
            found.append(Waiting(label=label, number=changed, url=url, is_due=True))
        return found

    # Together -----------------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        """Put the page that releases many before a row's."""
        view = self.admin_site.admin_view(behind_the_gate(self.together_view))
        return [path("release/", view, name="reviews_decision_release"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead from the list to the page that releases many."""
        url = reverse("admin:reviews_decision_release") if self.may_step(request) else ""
        return super().changelist_view(request, {"release_url": url} | (extra_context or {}))

    def together_view(self, request: HttpRequest) -> HttpResponseBase:
        """Ask which outcomes are released together (GET), show what would go, release them (POST)."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return HttpResponse(
                status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, POST"}
            )
        if not self.has_view_permission(request):
            raise Http404
        if not self.may_step(request):
            raise PermissionDenied(LOOK_ONLY)
        return confirmed_first(self._together, request)

    def _together(self, request: HttpRequest) -> HttpResponse:
        """Release what the preview showed, and that alone; else show the list, or the preview, anew."""
        rows: Any = self.get_queryset(request)
        by = acting_user(request)
        unchanged = rows.filter(is_changed=False)
        ready = releasable(unchanged).order_by("decided_at", "pk")
        shown = list(ready[:AT_MOST])
        posted = request.method == "POST"
        form = TogetherForm(request.POST if posted else None, decisions=shown)
        kept = self.kept(request)
        if kept:
            fill(form, kept)
        context: dict[str, Any] = {"number": len(shown), "left": max(0, ready.count() - AT_MOST)}
        releases, changes = "release" in request.POST, "change" in request.POST
        if posted and not changes and form.is_valid() and not _barred_in(form, request, by):
            if releases and request.POST.get("seen") == form.seen:
                return self._release(request, form, by)
            context |= _preview(form) | {"is_other": releases}
        self.note_looks(request, shown)
        # What was typed stands on the page that is shown again: it need not be kept beside it.
        request.typing_is_safe = True  # type: ignore[attr-defined]
        status = HTTPStatus.CONFLICT if context.get("is_other") else HTTPStatus.OK
        return TemplateResponse(
            request,
            self.together_template,
            {
                **self.admin_site.each_context(request),
                "title": _("Release outcomes together"),
                "opts": self.opts,
                "list_url": self.list_page(),
                "form": form,
                "kept": kept,
                **on_the_page(form, self),
                **context,
            },
            status=status,
        )

    def _release(self, request: HttpRequest, form: TogetherForm, by: User) -> HttpResponse:
        done = release_with_letters(form.chosen_decisions, by=by, letters=form.letters)
        kept_typing.saved(request)
        number = len(done.releases)
        words = ngettext(
            "%(number)d outcome was released.", "%(number)d outcomes were released.", number
        )
        messages.success(request, words % {"number": number})
        for decision, why in done.refused:
            said = {"row": self.called(decision), "why": why}
            messages.warning(request, _("Not released: %(row)s. %(why)s") % said)
        return HttpResponseRedirect(self.list_page("stands=released"))


def _barred_in(form: TogetherForm, request: HttpRequest, by: User) -> bool:
    """Say whether words keep somebody from one of those that they chose (law 3), and which to leave out."""
    barred = [each for each in form.chosen_decisions if is_barred(request, by, each.choice)]
    for each in barred:
        words = _("Leave out %(reference)s: somebody else has to release it.")
        form.add_error("chosen", words % {"reference": each.choice.expression.reference})
    return bool(barred)


def _preview(form: TogetherForm) -> dict[str, Any]:
    """Return what the page shows before anything is released: how many, the letters, the emails' words.

    One email of each kind of outcome; the others differ by name and reference.
    """
    chosen = form.chosen_decisions
    first = {decision.outcome: decision for decision in reversed(chosen)}
    emails = [
        {"outcome": Decision.Outcome(outcome).label, "email": email_about(decision)}
        for outcome, decision in sorted(first.items())
    ]
    return {
        "previewed": chosen,
        "counts": form.counts,
        "letters": form.told,
        "emails": emails,
        "seen": form.seen,
        "sent": [
            (name, value)
            for name, values in form.data.lists()  # type: ignore[attr-defined]
            if name in form.fields
            for value in values
        ],
    }


def _what(each: Any) -> str:
    """Say what happened: of a key or a view also what it says."""
    said: dict[policies.Part, Callable[[Any], str]] = {
        policies.Part.KEY: lambda row: f"{row.get_side_display()}: {row.get_view_display()}",
        policies.Part.VIEW: lambda row: f"{row.get_sector_display()}: {row.get_view_display()}",
        policies.Part.DECISION: lambda row: row.get_outcome_display(),
        policies.Part.REASSIGNMENT: lambda row: f"{row.get_side_display()}: {row.get_to_display()}",
        policies.Part.SPLIT_ENDED: lambda row: row.get_state_display(),
    }
    words = str(PARTS[each.part])
    return f"{words}. {said[each.part](each.row)}" if each.part in said else words


PARTS = {
    policies.Part.KEY: gettext_lazy("Recommendation"),
    policies.Part.KEY_ENDED: gettext_lazy("Recommendation counts no more"),
    policies.Part.SPLIT: gettext_lazy("The two sides differ"),
    policies.Part.SPLIT_ENDED: gettext_lazy("Difference ended"),
    policies.Part.VIEW: gettext_lazy("View of a member of the board"),
    policies.Part.VIEW_ENDED: gettext_lazy("View counts no more"),
    policies.Part.RECUSAL: gettext_lazy("Stood aside"),
    policies.Part.REASSIGNMENT: gettext_lazy("Key given to another"),
    policies.Part.QUESTION: gettext_lazy("Question to the volunteer"),
    policies.Part.ANSWER: gettext_lazy("Answer of the volunteer"),
    policies.Part.DECISION: gettext_lazy("Decided"),
    policies.Part.RELEASE: gettext_lazy("Released"),
    policies.Part.REOPENING: gettext_lazy("To be looked at anew"),
}
