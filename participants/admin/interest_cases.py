"""Declarations and their interests in the office's console: read as signed, assessed, decided about.

Nobody meets their own there, and who may not judge about somebody (law 3) is told so and shown no word.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from participants import policies, workflow
from participants.admin.filters import SectorFilter
from participants.admin.suggestions import accepted_of
from participants.admin.withheld import WithheldPages
from participants.forms.interest_cases import (
    AssessForm,
    CheckForm,
    ExcludeForm,
    ManageForm,
    ProveForm,
)
from participants.models import Declaration, Interest, InterestCase, ProjectChoice
from participants.workflow import interest_cases
from projects.models import Project
from stepchange import clock
from stepchange.console import (
    ROWS,
    Named,
    RelationFilter,
    Step,
    Waiting,
    row_page,
    who_did,
    words_of_kind,
)
from stepchange.models import Event
from stepchange.transitions import Words
from stepchange.uk_time import uk_date, uk_moment, uk_short_date
from workstreams.admin import WorkStreamFilter

Panel = tuple[str, dict[str, Any]]


def rows_panel(title: Words, columns: tuple[Words, ...], rows: list[Any], empty: Words) -> Panel:
    """Return a small table to show below the fields of a row."""
    return ROWS, {"title": title, "columns": columns, "rows": rows, "empty": empty}


class Confided(WithheldPages):
    """Rows that say what somebody declared."""

    address = "public_id"
    named_in_confidence = True
    always: tuple[str, ...]
    """What is shown of every row."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what the row says."""
        return self.shown(obj)

    def shown(self, obj: Any) -> tuple[str, ...]:
        """Return the fields of a row as it stands."""
        return self.always

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """Show what there is to read below the fields."""
        return self.told(request, obj)

    def told(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """Return what there is to read below the fields."""
        return []

    @admin.display(description=gettext_lazy("participant"), ordering="person__full_name")
    def participant(self, row: Any) -> str:
        """Name the person."""
        return str(row.person)

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, row: Any) -> Any:
        """Name whom they work for."""
        works_for = row.person.organisation
        return works_for and works_for.current


# Declared interests -----------------------------------------------------------------------------------
class OutcomeFilter(admin.SimpleListFilter):
    """Filters by what has come of an interest that is declared now, or by its being declared no more."""

    title = gettext_lazy("what waits")
    parameter_name = "waits"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        """Return what the office looks for."""
        return [
            ("undecided", _("Undecided")),
            ("overdue", _("Check overdue")),
            ("declared", _("Declared now")),
            ("past", _("Declared no more")),
        ]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Keep those that the office looks for."""
        cases: Any = queryset
        match self.value():
            case "undecided":
                return cases.declared().undecided()
            case "overdue":
                return cases.declared().overdue_on(clock.today())
            case "declared":
                return cases.declared()
            case "past":
                return cases.exclude(pk__in=InterestCase.objects.declared().values("pk"))
        return queryset


class ProjectFilter(RelationFilter):
    """Filters by the project that an interest touches."""

    title = gettext_lazy("project")
    parameter_name = "project"
    path = "interest__project"
    key = "code"
    options = Project.objects.published


class InterestWorkStreamFilter(WorkStreamFilter):
    """Filters by the work-stream of that project."""

    path = "interest__project__work_stream"


@admin.register(InterestCase)
class InterestCaseAdmin(Confided):
    """Declared interests: what the office thinks of each, and what is done about it."""

    empty = gettext_lazy("Nobody has declared an interest yet.")
    look = list_look = "declared interest"
    table = workflow.INTEREST_CASE
    steps = {
        "assess": Step(
            function=interest_cases.assess,
            done=gettext_lazy("Assessed"),
            form=AssessForm,
            explanation=gettext_lazy(
                "Say of which nature it is. What is to come of it is the next step: until then it keeps "
                "them out of what it touches."
            ),
        ),
        "take_no_action": Step(
            function=interest_cases.take_no_action,
            done=gettext_lazy("Decided that no action is needed"),
            explanation=gettext_lazy(
                "They are told that nothing has to be done; the reason is for the office alone."
            ),
        ),
        "manage": Step(
            function=interest_cases.manage, done=gettext_lazy("Managed"), form=ManageForm
        ),
        "exclude": Step(
            function=interest_cases.exclude,
            done=gettext_lazy("Excluded"),
            form=ExcludeForm,
            explanation=gettext_lazy(
                "They are told which projects this keeps them out of; the reason is for the office alone."
            ),
        ),
        "prove": Step(
            function=interest_cases.prove,
            done=gettext_lazy("Recorded that it is done"),
            form=ProveForm,
            explanation=gettext_lazy(
                "Say what you saw that shows it. Whoever answers for it can’t record this themself."
            ),
        ),
        "move_check": Step(
            function=interest_cases.move_check, done=gettext_lazy("Changed"), form=CheckForm
        ),
        "reassess": Step(
            function=interest_cases.reassess,
            done=gettext_lazy("Assessed again"),
            form=AssessForm,
            explanation=gettext_lazy(
                "What was decided ends with this, and stays in the record. Until something is decided "
                "anew the interest keeps them out of what it touches."
            ),
        ),
    }
    always = ("participant", "organisation", "outcome_now", "opened_at")
    list_display = (
        "participant",
        "organisation",
        "kind",
        "about",
        "outcome_now",
        "check_on",
        "first_declared",
    )
    list_filter = (
        OutcomeFilter,
        "state",
        "nature",
        ProjectFilter,
        InterestWorkStreamFilter,
        SectorFilter,
    )
    search_fields = ("person__full_name", "=person__user__email")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along what a row is called by; what it says stays closed until its page is opened."""
        cases: Any = super().get_queryset(request)
        read = cases.by_urgency(clock.today()).select_related(
            "person__user",
            "person__organisation__merged_into",
            "interest__project",
            "interest__declaration",
            "owner",
            "assessed_by",
            "proved_by",
            "excluded_stream",
        )
        words = ("party", "gain", "since")
        return read.defer(*(f"interest__{name}" for name in words))  # type: ignore[no-any-return]

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the order of work: what is overdue, then what is undecided, the oldest first."""
        return ("urgency", "opened_at", "pk")

    def called(self, obj: Any) -> str:
        """Name the person and the kind."""
        words = {"name": obj.person, "kind": obj.interest.get_kind_display()}
        return _("%(name)s: %(kind)s") % words

    def shown(self, obj: Any) -> tuple[str, ...]:
        """Return the fields that hold something in the state it is in."""
        fields = list(self.always)
        if obj is None or obj.state == InterestCase.State.DECLARED:
            return tuple(fields)
        fields += ["nature", "reason", "assessed_by", "assessed_at", "version_assessed"]
        if obj.state == InterestCase.State.MANAGED:
            fields += ["mitigation", "owner", "check_on"]
            fields += ["proof", "proved_by", "proved_at"] if obj.proved_at else []
        if obj.state == InterestCase.State.EXCLUDED:
            fields.append("kept_out_of")
        return tuple(fields)

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, case: InterestCase) -> str:
        """Say of which kind the interest is."""
        return str(case.interest.get_kind_display())

    @admin.display(description=gettext_lazy("project"))
    def about(self, case: InterestCase) -> Any:
        """Name the project that it touches, briefly."""
        return case.interest.project.code if case.interest.project else _("In general")

    @admin.display(description=gettext_lazy("what has come of it"))
    def outcome_now(self, case: Any) -> str:
        """Say what has come of it, by the clock too."""
        if not case.is_declared:
            return _("Declared no more")
        return str(case.outcome.label)

    @admin.display(description=gettext_lazy("first declared"))
    def first_declared(self, case: InterestCase) -> str:
        """Return the day on which it was declared first."""
        return uk_short_date(case.opened_at)

    @admin.display(description=gettext_lazy("excluded from"))
    def kept_out_of(self, case: InterestCase) -> str:
        """Name what it keeps them out of."""
        return ", ".join(excluded_in_words(case))

    @admin.display(description=gettext_lazy("version assessed"))
    def version_assessed(self, case: InterestCase) -> str:
        """Say whether it was said again since it was assessed: then the digests differ."""
        if case.relied_on == case.interest.declaration.digest:
            return case.relied_on
        said = _("%(digest)s; said again in the same words in declaration %(number)s")
        return said % {"digest": case.relied_on, "number": case.interest.declaration.number}

    def told(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """Show all that a decision needs: the interest, their other ones, their choices, the history."""
        declared = policies.declared_by(obj.person)
        return [
            self._interest(request, obj),
            self._others(obj, declared),
            self._choices(obj, declared),
            *((ROWS, each) for each in (accepted_of(request, obj.person),) if each),
            self._history(request, obj),
        ]

    def _interest(self, request: HttpRequest, case: InterestCase) -> Panel:
        interest, declaration = case.interest, case.interest.declaration
        signed = _("Declaration %(number)s") % {"number": declaration.number}
        rows = [
            (_("Kind"), interest.get_kind_display()),
            (_("Project"), interest.project or _("In general")),
            (_("Who or what"), interest.party),
            (_("What could be gained"), interest.gain or _("Not provided")),
            (_("Since"), interest.since or _("Not provided")),
            (_("Signed at"), uk_moment(declaration.signed_at)),
            (_("Read it whole"), Named(signed, row_page(declaration))),
        ]
        return rows_panel(_("The interest, as declared"), (_("Question"), _("Answer")), rows, "")

    def _others(self, case: InterestCase, declared: policies.Declared) -> Panel:
        rows = [
            (
                Named(str(each.interest.get_kind_display()), row_page(each.case)),
                each.interest.project or _("In general"),
                each.interest.party,
                each.case.outcome.label,
            )
            for each in declared.interests
            if each.case and each.case.pk != case.pk
        ]
        return rows_panel(
            _("Their other interests"),
            (_("Kind"), _("Project"), _("Who or what"), _("What has come of it")),
            rows,
            _("They declare no other now."),
        )

    def _choices(self, case: InterestCase, declared: policies.Declared) -> Panel:
        choices = ProjectChoice.objects.live().filter(
            expression__person=case.person, expression__state="submitted"
        )
        rows = [
            (
                choice.project,
                choice.get_contribution_display(),
                choice.get_state_display(),
                declared.bar(choice.project) or _("Nothing"),
            )
            for choice in choices.select_related("project").order_by("expression_id", "rank")
        ]
        return rows_panel(
            _("The projects they chose"),
            (_("Project"), _("Offers to"), _("State"), _("What keeps them out")),
            rows,
            _("They have chosen none, or withdrew."),
        )

    def _history(self, request: HttpRequest, case: InterestCase) -> Panel:
        events = Event.objects.about(case).select_related("actor")
        rows = [
            (
                uk_moment(each.at),
                words_of_kind(each.kind),
                who_did(each.actor, request),
                each.reason,
            )
            for each in events
        ]
        return rows_panel(
            _("What was done"),
            (_("When"), _("What"), _("Who"), _("Why")),
            rows,
            _("It was declared before the office dealt with interests here."),
        )

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count what is undecided, and what was to be checked by now."""
        cases: Any = WithheldPages.get_queryset(self, request)
        cases = cases.declared()
        waiting = []
        today = clock.today()
        found = cases.aggregate(
            undecided=Count("pk", filter=Q(pk__in=InterestCase.objects.undecided())),
            overdue=Count("pk", filter=Q(pk__in=InterestCase.objects.overdue_on(today))),
        )
        if undecided := found["undecided"]:
            url = self.list_page("waits=undecided")
            label = _("Declared interests to decide about")
            waiting.append(Waiting(label=label, number=undecided, url=url))
        if overdue := found["overdue"]:
            url = self.list_page("waits=overdue")
            label = _("Interests whose check is overdue")
            waiting.append(Waiting(label=label, number=overdue, url=url, is_due=True))
        return waiting


def excluded_in_words(case: InterestCase) -> list[str]:
    """Return the projects that a case keeps its person out of, and the work-stream."""
    named = [str(project) for project in case.excluded_from.all()]
    if case.excluded_stream:
        named.append(_("All projects of %(stream)s") % {"stream": case.excluded_stream})
    return named


# Declarations -----------------------------------------------------------------------------------------
class InDateFilter(admin.SimpleListFilter):
    """Filters by whether a declaration still counts."""

    title = gettext_lazy("whether it counts")
    parameter_name = "counts"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        """Return the three that a declaration can be."""
        return [
            ("in-date", _("In date")),
            ("due", _("Due again")),
            ("replaced", _("Replaced by a newer one")),
        ]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Keep those that count so."""
        declarations: Any = queryset
        in_date = Declaration.objects.in_date_on(clock.today()).values("pk")
        match self.value():
            case "in-date":
                return declarations.newest().filter(pk__in=in_date)
            case "due":
                return declarations.newest().exclude(pk__in=in_date)
            case "replaced":
                return declarations.exclude(pk__in=Declaration.objects.newest().values("pk"))
        return queryset


@admin.register(Declaration)
class DeclarationAdmin(Confided):
    """Declarations of interests as they were signed, with what came of what they say."""

    empty = gettext_lazy("Nobody has signed one yet.")
    look = "declaration of interests"
    subject = "participants.declaration"
    always = (
        "participant",
        "organisation",
        "number",
        "signed_at",
        "source",
        "says",
        "counts",
        "text_version",
        "digest",
    )
    list_display = ("participant", "organisation", "signed_at", "says", "source", "counts")
    list_filter = (InDateFilter, "is_nil", "source", SectorFilter)
    search_fields = ("person__full_name", "=person__user__email")
    ordering = ("-signed_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along how many interests each says, and which is the person's newest."""
        of_person = Declaration.objects.filter(person=OuterRef("person")).order_by("-number")
        held = Interest.objects.filter(declaration=OuterRef("pk")).order_by()
        counted = held.values("declaration").annotate(number=Count("pk")).values("number")
        rows = super().get_queryset(request)
        read: QuerySet[Any] = rows.select_related(
            "person__user", "person__organisation__merged_into"
        ).annotate(newest=Subquery(of_person.values("number")[:1]), says_many=Subquery(counted))
        return read

    def called(self, obj: Any) -> str:
        """Name the person and the number."""
        return _("%(name)s: declaration %(number)s") % {"name": obj.person, "number": obj.number}

    @admin.display(description=gettext_lazy("says"))
    def says(self, declaration: Any) -> str:
        """Say that it is a nil, or how many interests it holds."""
        if declaration.is_nil:
            return _("Nothing to declare")
        many = declaration.says_many or 0
        return ngettext("%(many)d interest", "%(many)d interests", many) % {"many": many}

    @admin.display(description=gettext_lazy("counts"))
    def counts(self, declaration: Any) -> str:
        """Say whether it is in date, due again, or replaced."""
        if declaration.number != declaration.newest:
            return _("Replaced by declaration %(number)s") % {"number": declaration.newest}
        if policies.declaration_is_due(declaration.signed_at):
            return _("Due again since %(day)s") % {"day": uk_date(declaration.due_again_on)}
        return _("In date until %(day)s") % {"day": uk_date(declaration.due_again_on)}

    def told(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """Show what it says, each interest with what has come of it."""
        rows = [
            (
                each.interest.get_kind_display(),
                each.interest.project or _("In general"),
                each.interest.party,
                each.interest.gain,
                each.interest.since,
                self._came_of(each, is_newest=obj.number == obj.newest),
            )
            for each in policies.interests_in(obj)
        ]
        columns = (
            _("Kind"),
            _("Project"),
            _("Who or what"),
            _("What could be gained"),
            _("Since"),
            _("What has come of it"),
        )
        return [rows_panel(_("As signed"), columns, rows, _("Nothing to declare."))]

    def _came_of(self, each: policies.LiveInterest, *, is_newest: bool) -> Any:
        """Say what has come of an interest, with a link to its case; of an older declaration that alone."""
        if each.case is None:
            return InterestCase.Outcome.UNDECIDED.label
        words = str(each.case.outcome.label) if is_newest else _("See the interest")
        return Named(words, row_page(each.case))
