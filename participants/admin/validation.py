"""Validations in the office's console: the queue, the case on one page, and each step of casework."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies, workflow
from participants.admin import case
from participants.admin.filters import CallFilter, SectorFilter
from participants.admin.withheld import WithheldPages
from participants.evidence import BY_HAND, MEANS, CheckKind, fitting
from participants.forms.casework import (
    EraseRefereeForm,
    OtherRefereeForm,
    QuestionForm,
    RefusalForm,
    check_form,
    flag_form,
)
from participants.models import (
    Check,
    FlagKind,
    FlagSettlement,
    InformationRequest,
    RefereeRequest,
    Validation,
)
from participants.workflow import referees, validation
from stepchange import clock, roles
from stepchange.console import RelationFilter, Step, Waiting, acting_user
from stepchange.console.forms import revision_of
from stepchange.console.lists import ConsoleList
from stepchange.console.steps import StepOffer
from stepchange.events import fingerprint
from stepchange.models import User
from stepchange.roles import Role
from stepchange.uk_time import uk_short_date
from workstreams.models import Sector


# Filters ----------------------------------------------------------------------------------------------
class WaitsForFilter(admin.SimpleListFilter):
    """Filters by whose turn it is."""

    title = gettext_lazy("waits for")
    parameter_name = "waits"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> Any:
        """Return who can be waited for."""
        return list(case.WAITS_FOR.items())

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those whose turn is the chosen one's."""
        return queryset.filter(waits_for=self.value()) if self.value() else queryset


class _YesFilter(admin.SimpleListFilter):
    """Asks one question, which is answered by yes or not asked."""

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> Any:
        """Return the one answer worth asking for."""
        return [("yes", _("Yes"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what the question is about."""
        return self.keep(queryset) if self.value() == "yes" else queryset

    def keep(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows for which the answer is yes."""
        raise NotImplementedError


class OverdueFilter(_YesFilter):
    """Filters by whether the office has taken too long."""

    title = gettext_lazy("overdue")
    parameter_name = "overdue"

    def keep(self, queryset: Any) -> QuerySet[Any]:
        """Return the overdue ones."""
        found: QuerySet[Any] = queryset.overdue_on(clock.today())
        return found


class RefusedBeforeFilter(_YesFilter):
    """Filters by whether it is looked at again after a refusal."""

    title = gettext_lazy("looked at again after a refusal")
    parameter_name = "again"

    def keep(self, queryset: Any) -> QuerySet[Any]:
        """Return those that were refused before."""
        found: QuerySet[Any] = queryset.refused_before()
        return found


# As the queue calls them, where a line is short.
SECTORS: Mapping[str, Any] = {
    Sector.POLICE: gettext_lazy("Police"),
    Sector.PRIVATE: gettext_lazy("Private"),
    Sector.GOVERNMENT: gettext_lazy("Government"),
}
MINE, NOBODYS = "mine", "nobody"


class CaseworkerFilter(RelationFilter):
    """Filters by who works on it: oneself, nobody, or somebody of the office."""

    title = gettext_lazy("caseworker")
    parameter_name = "caseworker"
    path = "caseworker"
    key = "public_id"

    def options(self) -> QuerySet[User]:
        """Return the accounts that can work on a case."""
        may = (Role.CASEWORKER.value, Role.OFFICE_MANAGER.value)
        return User.objects.filter(groups__name__in=may).distinct().order_by("name", "email")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Begin with the two that are asked for most."""
        own = [(MINE, _("Mine")), (NOBODYS, _("Nobody’s"))]
        return [*own, *super().lookups(request, model_admin)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep one's own, or nobody's, or the chosen one's."""
        if self.value() == MINE:
            return queryset.filter(caseworker=acting_user(request))
        if self.value() == NOBODYS:
            return queryset.filter(caseworker=None)
        return super().queryset(request, queryset)


class CaseCallFilter(CallFilter):
    """Filters by the call in which the person has a live form."""

    def keep(self, queryset: Any, value: str) -> QuerySet[Any]:
        """Keep the validations of people who take part in it."""
        found: QuerySet[Any] = queryset.in_call(value)
        return found


class QueueList(ConsoleList):
    """Puts the cases in order without what each refers to, which is read for the page's rows alone."""

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        """Join nothing: else the database carries every person and employer through its sorting."""
        return super().get_queryset(request, *args, **kwargs).select_related(None)


# Steps ------------------------------------------------------------------------------------------------
def ask_other(
    subject: Validation, *, name: str, role_title: str, email: str, by: User, reason: str
) -> None:
    """Ask another referee, of the details that the form holds."""
    named = referees.Referee(name=name, role_title=role_title, email=email)
    referees.ask_again(subject, by=by, reason=reason, named=named)


def erase_referee(_subject: Validation, *, asking: RefereeRequest, by: User, reason: str) -> None:
    """Remove the details of one of the case's referees, who has asked for it."""
    referees.erase_by_office(asking, by=by, reason=reason)


def checking(kind: CheckKind) -> str:
    """Return the name of the step that records a kind of check."""
    return f"check-{kind.value.replace(' ', '-').lower()}"


def _fits(kind: CheckKind) -> Any:
    def fits(subject: Validation) -> bool:
        fit = fitting(case.sector_of(subject))
        return policies.takes_evidence(subject) and kind in {means.kind for means in fit}

    return fits


def _stands(kind: FlagKind) -> Any:
    def stands(subject: Validation) -> bool:
        return any(flag.kind == kind and flag.is_open for flag in flags_on(subject))

    return stands


def flags_on(subject: Validation) -> list[policies.Flag]:
    """Return the flags on a case, read once for each time that the row is read."""
    held: dict[str, Any] = vars(subject)
    if "flags_read" not in held:
        held["flags_read"] = policies.flags_of([subject])[subject.pk]
    found: list[policies.Flag] = held["flags_read"]
    return found


CHECKS = {
    checking(CheckKind(kind)): Step(
        function=validation.record_check,
        done=gettext_lazy("Check recorded"),
        form=check_form(CheckKind(kind)),
        label=CheckKind(kind).label,
        policy=policies.may_check,
        when=_fits(CheckKind(kind)),
        explanation=MEANS[kind].how,
    )
    for kind in BY_HAND
}
FLAGS = {
    case.settling(kind): Step(
        function=validation.settle_flag,
        done=gettext_lazy("Flag settled"),
        form=flag_form(kind),
        label=kind.label,
        policy=policies.may_settle_flag,
        asks_reason=True,
        when=_stands(kind),
        explanation=gettext_lazy(
            "Say why this is no obstacle: what you found out, and how. Should what it rests on change, it "
            "stands open again."
        ),
    )
    for kind in FlagKind
}
REFEREES = {
    "ask-again": Step(
        function=referees.ask_again,
        done=gettext_lazy("Referee asked again"),
        label=gettext_lazy("Ask the same referee again"),
        policy=policies.may_replace_referee,
        asks_reason=True,
        when=lambda subject: subject.is_open,
        explanation=gettext_lazy(
            "They get a new email with a new link, which works for 14 days. Every older link is dead."
        ),
    ),
    "ask-other": Step(
        function=ask_other,
        done=gettext_lazy("Another referee asked"),
        form=OtherRefereeForm,
        label=gettext_lazy("Ask another referee"),
        policy=policies.may_replace_referee,
        asks_reason=True,
        when=lambda subject: subject.is_open,
        explanation=gettext_lazy(
            "Somebody else at the organisation whom the person has named to you. They are asked in the "
            "place of the referee so far, whose link is dead then."
        ),
    ),
    "erase-referee": Step(
        function=erase_referee,
        done=gettext_lazy("Details removed"),
        form=EraseRefereeForm,
        label=gettext_lazy("Remove a referee’s details"),
        policy=policies.may_work_on,
        asks_reason=True,
        explanation=gettext_lazy(
            "When the referee asks for it. Their name, job, address and comment are removed from every "
            "request to them about this person; what they answered stays. It can’t be undone."
        ),
        confirms_identity=True,
    ),
}
SETTLING = ("validate", "raise_level", "refuse")
"""The steps that settle it, which stand together on its page."""


@admin.register(Validation)
class ValidationAdmin(WithheldPages):
    """The cases that somebody may judge, by whose turn it is; the others are counted and no more."""

    empty = gettext_lazy("No case is open: each begins when somebody submits their form.")
    address = "public_id"
    look = "identity evidence"
    table = workflow.validation.VALIDATION
    named_in_confidence = True
    steps: Mapping[str, Step] = {
        "begin": Step(
            function=validation.begin,
            done=gettext_lazy("Taken on"),
            explanation=gettext_lazy("You are its caseworker from now on."),
        ),
        "take": Step(
            function=validation.take,
            done=gettext_lazy("It is yours now"),
            label=gettext_lazy("Be its caseworker"),
            policy=policies.may_take,
            when=lambda subject: subject.is_open and subject.state != "not started",
            explanation=gettext_lazy("You are its caseworker from now on."),
        ),
        **CHECKS,
        "check-again": Step(
            function=validation.check_again,
            done=gettext_lazy("The portal’s own checks were made again"),
            label=gettext_lazy("Make the portal’s own checks again"),
            policy=policies.may_check,
            when=policies.takes_evidence,
            explanation=gettext_lazy(
                "Whether the work address was confirmed, and whether it is of the organisation’s domains "
                "as the register has them now. What shows nothing new adds nothing."
            ),
        ),
        **FLAGS,
        "ask": Step(
            function=validation.ask,
            done=gettext_lazy("The person was asked"),
            form=QuestionForm,
            explanation=gettext_lazy(
                "They are emailed that you need something, and read what after they have signed in. It "
                "waits for them until they answer, or you go on without."
            ),
        ),
        "go_on": Step(
            function=validation.go_on,
            done=gettext_lazy("Gone on without the answer"),
        ),
        **REFEREES,
        "validate": Step(
            function=validation.validate,
            done=gettext_lazy("Validated"),
            confirms_identity=True,
        ),
        "raise_level": Step(
            function=validation.raise_level,
            done=gettext_lazy("Level raised"),
            explanation=gettext_lazy(
                "What was given stays in force until the day it was given for, at the higher level."
            ),
            confirms_identity=True,
        ),
        "refuse": Step(
            function=validation.refuse,
            done=gettext_lazy("Refused"),
            form=RefusalForm,
            explanation=gettext_lazy(
                "They are told what you choose and write here, and that they can ask for it to be looked "
                "at again by somebody else."
            ),
            confirms_identity=True,
        ),
        "reopen": Step(
            function=validation.reopen,
            done=gettext_lazy("Open again"),
            explanation=gettext_lazy(
                "It counts no more until it is settled anew, by somebody other than you."
            ),
        ),
    }
    fields = ("state",)
    list_display = (
        "called_in_the_queue",
        "works_for",
        "state_now",
        "waits",
        "holds",
        "flags",
        "level_so_far",
        "due",
        "worker",
    )
    list_display_links = ("called_in_the_queue",)
    list_filter = (
        WaitsForFilter,
        OverdueFilter,
        CaseworkerFilter,
        "state",
        RefusedBeforeFilter,
        SectorFilter,
        CaseCallFilter,
    )
    search_fields = (
        "person__full_name",
        "person__organisation__name",
        "=person__user__email",
        "=person__work_email",
    )
    sortable_by = ()
    change_list_template = "participants/console/queue.html"
    change_form_template = "participants/console/case.html"
    step_template = "participants/console/case_step.html"

    # Whose ------------------------------------------------------------------------------------------
    def judged(self, request: HttpRequest) -> Any:
        """Return the reader's scope, nothing read along: in the words of `ValidationQuerySet`."""
        scope: Any = super().get_queryset(request)
        return scope

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read the reader's scope (law 3): not their own case, nor those of their colleagues."""
        cases: QuerySet[Any] = (
            self.judged(request)
            .select_related("person__user", "person__organisation__merged_into")
            .select_related("person__organisation__group__merged_into")
            .select_related("organisation__merged_into", "caseworker", "raised_by")
            .select_related("validated_by", "refused_by")
            .in_order_of_need(clock.now())
        )
        return cases

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the order of need, whose columns the queryset reads along."""
        return ("turn", "-overdue", "-holds_up", "due_on", "pk")

    def parts_of(self, key: str) -> Mapping[tuple[str, str], str]:
        """Return its checks, requests to referees and settled flags."""
        try:
            found = Validation.objects.filter(public_id=uuid.UUID(key)).first()
        except ValueError:
            return {}
        return case.parts_of(found) if found else {}

    def evidence_of(self, asked: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """Return the cases that things belong to: what the record says of them is evidence."""
        wanted = set(asked)
        found = {(kind, key): key for kind, key in wanted if kind == self.opts.label_lower}
        parts: tuple[Any, ...] = (Check, RefereeRequest, FlagSettlement, InformationRequest)
        for model in parts:
            kind = model._meta.label_lower
            keys = [key for of_kind, key in wanted if of_kind == kind]
            if keys:
                rows = model._base_manager.filter(public_id__in=keys).order_by()
                pairs = rows.values_list("public_id", "validation__public_id")
                found |= {(kind, str(key)): str(whole) for key, whole in pairs}
        return found

    # The queue ----------------------------------------------------------------------------------------
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ConsoleList]:
        """Return the list that orders first and reads along after."""
        return QueueList

    def name_rows(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        """Read along what each row shows."""
        case.read_rows(list(rows))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show an office manager, too, who has how many."""
        load = []
        if self.has_view_permission(request) and roles.holds(
            acting_user(request), Role.OFFICE_MANAGER
        ):
            cases = self.judged(request)
            load = [
                (row["caseworker__name"] or row["caseworker__email"] or _("Nobody yet"), row)
                for row in cases.load(clock.today())
            ]
        return super().changelist_view(request, {"load": load, **(extra_context or {})})

    @admin.display(description=gettext_lazy("person"))
    def called_in_the_queue(self, subject: Validation) -> str:
        """Name the person."""
        return str(subject.person)

    @admin.display(description=gettext_lazy("organisation"))
    def works_for(self, subject: Validation) -> Any:
        """Name whom they work for, and under it the sector: a column of its own would be cut off."""
        works_for = subject.person.organisation and subject.person.organisation.current
        if works_for is None:
            return "-"
        return format_html(
            '{}<br><span class="quiet">{}</span>', works_for, SECTORS[works_for.sector]
        )

    @admin.display(description=gettext_lazy("state"))
    def state_now(self, subject: Validation) -> Any:
        """Say where it stands, in words and by a shape."""
        return format_html(
            '<span class="sc-shape" aria-hidden="true">{}</span> {}',
            case.SHAPES[Validation.State(subject.state)],
            case.state_in_words(subject),
        )

    @admin.display(description=gettext_lazy("waits for"))
    def waits(self, subject: Any) -> Any:
        """Say whose turn it is, since when."""
        since = uk_short_date(subject.waits_since)
        whom = case.WAITS_FOR[subject.waits_for]
        if not since:
            return whom
        return format_html(
            '{}<br><span class="quiet">{}</span>', whom, _("since %(day)s") % {"day": since}
        )

    @admin.display(description=gettext_lazy("holds up"))
    def holds(self, subject: Any) -> str:
        """Say how many choices of projects wait for it."""
        return case.holds_up_words(subject)

    @admin.display(description=gettext_lazy("open flags"))
    def flags(self, subject: Any) -> Any:
        """Count what somebody has yet to settle."""
        number = len(subject.open_flags)
        return format_html('<span class="sc-flagged">⚑ {}</span>', number) if number else "-"

    @admin.display(description=gettext_lazy("level so far"))
    def level_so_far(self, subject: Any) -> str:
        """Name the level that the checks so far meet, or that was given."""
        return case.level_in_words(subject, subject.profile_met)

    @admin.display(description=gettext_lazy("due"))
    def due(self, subject: Validation) -> Any:
        """Say by when it is to be settled, and whether that is over."""
        if not subject.is_open or vars(subject).get("waits_for") == "withdrawn":
            return "-"
        day = uk_short_date(subject.due_on)
        if subject.is_overdue:
            return format_html(
                '{}<br><strong class="sc-late"><span aria-hidden="true">▲</span> {}</strong>',
                day,
                _("overdue"),
            )
        return day

    @admin.display(description=gettext_lazy("caseworker"))
    def worker(self, subject: Validation) -> Any:
        """Name who works on it; of what is looked at again after a refusal, who can't."""
        if subject.is_open and subject.refused_by_id and not subject.caseworker_id:
            words = _("Somebody other than %(name)s") % {"name": subject.refused_by}
            return format_html('<strong><span aria-hidden="true">↻</span> {}</strong>', words)
        return str(subject.caseworker or "-")

    # The case -------------------------------------------------------------------------------------------
    def revision(self, obj: Any) -> str:
        """Compare all that a decision rests on: the row, its evidence, and the person's details."""
        rows: Mapping[str, Any] = {
            "checks": Check.objects.filter(validation=obj).values_list("pk"),
            "settled": FlagSettlement.objects.filter(validation=obj).values_list("pk"),
            "referees": RefereeRequest.objects.filter(validation=obj).values_list("pk", "state"),
            "questions": InformationRequest.objects.filter(validation=obj).values_list(
                "pk", "answered_at"
            ),
        }
        held = {name: [list(row) for row in found.order_by("pk")] for name, found in rows.items()}
        works_for = obj.person.organisation
        return fingerprint(
            {
                "case": revision_of(obj),
                "person": policies.facts_of(obj.person),
                "organisation": works_for.current.record_key if works_for else "",
                "flags": sorted((flag.kind, flag.facts) for flag in flags_on(obj)),
                **held,
            }
        )

    def offers(self, request: HttpRequest, obj: Any) -> list[StepOffer]:
        """Offer the office's steps: who was shown the row may judge its person, as `get_object` asked."""
        with policies.asking_once((acting_user(request), obj.person)):
            return super().offers(request, obj)

    def _confirm(self, request: HttpRequest, obj: Any, offer: StepOffer) -> HttpResponse:
        """Hold the case while a step is compared and made, so that of two at once one is told."""
        if request.method != "POST":
            return super()._confirm(request, obj, offer)
        with transaction.atomic():
            Validation.objects.select_for_update().get(pk=obj.pk)
            return super()._confirm(request, self.visible(request, obj.record_key), offer)

    def whole(self, request: HttpRequest, obj: Validation) -> case.Whole:
        """Return all that there is to a case, for whoever asks."""
        return case.Whole(validation=obj, request=request, flags=flags_on(obj))

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Put the whole case on one page."""
        context["whole"] = self.whole(request, obj)
        response = super().render_change_form(request, context, add, change, form_url, obj)
        made = getattr(response, "context_data", None) or {}
        made |= {
            "subtitle": _("Validation of identity"),
            "state_words": case.state_in_words(obj),
            "shape": case.SHAPES[Validation.State(obj.state)],
            "waits": case.waiting_words(obj),
            "holds": case.holds_up_words(obj),
            "moves": moves_of(made.get("offers", ())),
        }
        return response

    def _step_page(
        self, request: HttpRequest, obj: Any, label: Any, *, status: Any, **context: Any
    ) -> HttpResponse:
        """Show beside each step whom it is about, and what a decision would rest on."""
        offer = context.get("offer")
        if offer and offer.name in CHECKS:
            context["submit"] = _("Record this check")
        elif offer and offer.name in FLAGS:
            context["submit"] = _("Settle this flag")
        context["whole"] = self.whole(request, obj)
        return super()._step_page(request, obj, label, status=status, **context)

    # The first page -----------------------------------------------------------------------------------
    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count what waits for the office, what of it is overdue, and what is to be looked at again."""
        cases = self.judged(request)
        now = clock.now()
        office = Validation.objects.waiting_for_office(now)
        found = cases.aggregate(
            office=Count("pk", filter=Q(pk__in=office)),
            overdue=Count("pk", filter=Q(pk__in=office.overdue_on(clock.day_of(now)))),
            again=Count("pk", filter=Q(pk__in=Validation.objects.refused_before())),
            short=Count("pk", filter=Q(pk__in=Validation.objects.short_of_a_choice())),
        )
        counted = (
            (_("Validations waiting for the office"), found["office"], "waits=office", False),
            (_("Validations overdue"), found["overdue"], "waits=office&overdue=yes", True),
            (_("Refusals to look at again"), found["again"], "again=yes", True),
            (_("Validated below what a project asks"), found["short"], "waits=evidence", False),
        )
        return [
            Waiting(label=label, number=number, url=self.list_page(query), is_due=is_due)
            for label, number, query, is_due in counted
            if number
        ]


def moves_of(offers: Iterable[tuple[StepOffer, str]]) -> dict[str, Any]:
    """Return the offers as the page of a case groups them, and what is refused with its words.

    Flags are settled beside their words, and so are not among them. What is refused to somebody for one
    and the same reason is said once; nobody is told that they can't take over what is theirs.
    """
    groups: dict[str, list[Any]] = {"checks": [], "asking": [], "settling": [], "case": []}
    refused: dict[str, list[str]] = {}
    flags: dict[str, str] = {}
    for offer, url in offers:
        if offer.refusal == policies.ALREADY_THEIRS:
            continue
        if offer.refusal:
            refused.setdefault(str(offer.refusal), []).append(str(offer.label))
        elif offer.name in FLAGS:
            flags[offer.name] = url
        else:
            groups[_group_of(offer.name)].append((offer, url))
    return {"groups": groups, "refused": refused, "flags": flags}


def _group_of(name: str) -> str:
    if name in CHECKS:
        return "checks"
    if name in REFEREES or name in {"ask", "go_on"}:
        return "asking"
    return "settling" if name in SETTLING else "case"
