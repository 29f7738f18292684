"""The programme's structure in the office's console."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stepchange import clock
from stepchange.console import (
    ROWS,
    ConsoleAdmin,
    ReadOnlyAdmin,
    RelationFilter,
    Step,
    Waiting,
    row_page,
)
from stepchange.uk_time import uk_date, uk_deadline
from workstreams import policies, workflow
from workstreams.forms import (
    AppointForm,
    CallForm,
    EndTermForm,
    RedateForm,
    SourcedForm,
    VerbatimForm,
)
from workstreams.models import Call, KeyActivity, Passage, Seat, Term, WorkStream

SOON = timedelta(days=7)


class WorkStreamFilter(RelationFilter):
    """Filters by work-stream."""

    title = gettext_lazy("work-stream")
    parameter_name = "work-stream"
    path = "work_stream"
    options = WorkStream.objects.all


class SeatWorkStreamFilter(WorkStreamFilter):
    """Filters terms by their seat's work-stream."""

    path = "seat__work_stream"


def current_terms() -> QuerySet[Term]:
    """Return today's terms with what a list shows of them."""
    return Term.objects.filter(pk__in=Term.objects.on(clock.today()).values("pk")).select_related(
        "holder", "organisation"
    )


@admin.register(WorkStream)
class WorkStreamAdmin(ConsoleAdmin):
    """Work-streams, with who holds their seats today."""

    address = "slug"
    subject = "workstreams.work_stream"
    form = SourcedForm
    once = ("slug", "code_prefix")
    fields = ("name", "also_called", "slug", "code_prefix", "summary", "position", "notes")
    list_display = ("name", "also_called", "code_prefix", "holders")
    search_fields = ("name", "also_called", "code_prefix")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read the seats and today's holders along."""
        seats = Seat.objects.prefetch_related(
            Prefetch("terms", queryset=current_terms(), to_attr="current")
        )
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("seats", queryset=seats, to_attr="seats_now"))
        )

    @admin.display(description=gettext_lazy("seats held"))
    def holders(self, stream: Any) -> str:
        """Say how many of the seats are held today."""
        held = sum(bool(seat.current) for seat in stream.seats_now)
        return _("%(held)s of %(seats)s") % {"held": held, "seats": len(stream.seats_now)}

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Show the seats with their holders."""
        rows = []
        for seat in obj.seats_now:
            term = seat.current[0] if seat.current else None
            name = f"{seat.get_side_display()}, {seat.get_kind_display().lower()}"
            rows.append(
                (
                    {"words": name, "url": row_page(seat)},
                    term.holder if term else _("Vacant"),
                    term.organisation if term else "",
                    uk_date(term.ends_on) if term else "",
                )
            )
        columns = (_("Seat"), _("Holder"), _("Organisation"), _("Last day"))
        panel = {"title": _("Seats"), "columns": columns, "rows": rows, "empty": _("No seats yet.")}
        return [(ROWS, panel)]


@admin.register(Seat)
class SeatAdmin(ConsoleAdmin):
    """Seats, and who is appointed to them."""

    address = "public_id"
    subject = "workstreams.seat"
    once = ("work_stream", "side", "kind")
    public_keys = {"work_stream": "slug"}
    steps = {
        "appoint": Step(
            function=workflow.appoint,
            done=gettext_lazy("Holder appointed"),
            form=AppointForm,
            label=gettext_lazy("Appoint a holder"),
            policy=policies.runs_the_office,
            explanation=gettext_lazy(
                "The terms of a seat never overlap: end the present one first."
            ),
        )
    }
    fields = ("work_stream", "side", "kind")
    list_display = ("seat", "work_stream", "side", "kind", "holder", "until")
    list_display_links = ("seat",)
    list_filter = (WorkStreamFilter, "side", "kind")
    list_select_related = ("work_stream",)
    search_fields = ("work_stream__name", "terms__holder__name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read today's holders along."""
        current = Prefetch("terms", queryset=current_terms(), to_attr="current")
        return super().get_queryset(request).select_related("work_stream").prefetch_related(current)

    @admin.display(description=gettext_lazy("seat"))
    def seat(self, seat: Seat) -> str:
        """Name the seat."""
        return f"{seat.work_stream.code_prefix} {seat.get_side_display()}"

    @admin.display(description=gettext_lazy("holder today"))
    def holder(self, seat: Any) -> str:
        """Name today's holder."""
        return str(seat.current[0].holder) if seat.current else _("Vacant")

    @admin.display(description=gettext_lazy("until"))
    def until(self, seat: Any) -> Any:
        """Return the last day of today's term."""
        return seat.current[0].ends_on if seat.current else None

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Show every term, past and coming."""
        rows = [
            (
                {"words": term.holder, "url": row_page(term)},
                term.organisation,
                uk_date(term.starts_on),
                uk_date(term.ends_on) or _("open"),
            )
            for term in obj.terms.select_related("holder", "organisation").order_by("-starts_on")
        ]
        columns = (_("Holder"), _("Organisation"), _("First day"), _("Last day"))
        panel = {"title": _("Terms"), "columns": columns, "rows": rows, "empty": _("No terms yet.")}
        return [(ROWS, panel)]

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count the co-chairs' seats that nobody holds today."""
        held = Term.objects.on(clock.today()).filter(seat=OuterRef("pk"))
        vacant = Seat.objects.filter(~Exists(held), kind=Seat.Kind.CO_CHAIR).count()
        if not vacant:
            return []
        return [Waiting(label=_("Co-chairs' seats vacant"), number=vacant, url=self.list_page())]


@admin.register(Term)
class TermAdmin(ReadOnlyAdmin):
    """Terms: read, and ended with a reason."""

    address = "public_id"
    subject = "workstreams.term"
    steps = {
        "end": Step(
            function=workflow.end_term,
            done=gettext_lazy("Last day of the term set"),
            form=EndTermForm,
            label=gettext_lazy("End this term"),
            policy=policies.may_end,
            asks_reason=True,
        )
    }
    fields = ("seat", "holder", "organisation", "starts_on", "ends_on")
    list_display = ("holder", "seat", "organisation", "starts_on", "ends_on")
    list_filter = (SeatWorkStreamFilter,)
    list_select_related = ("holder", "seat__work_stream", "organisation")
    search_fields = ("holder__name", "organisation__name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along what a term is called by."""
        return super().get_queryset(request).select_related(*self.list_select_related)


@admin.register(Call)
class CallAdmin(ConsoleAdmin):
    """Calls: their moves, and their dates by re-dating."""

    shows_people = False
    address = "slug"
    table = workflow.CALL
    steps = {
        "publish": Step(
            function=workflow.publish_call,
            done=gettext_lazy("Published"),
            explanation=gettext_lazy(
                "It is announced now, and opens by itself at its opening time."
            ),
        ),
        "close": Step(function=workflow.close_call, done=gettext_lazy("Closed")),
        "archive": Step(function=workflow.archive_call, done=gettext_lazy("Archived")),
        "redate": Step(
            function=workflow.redate_call,
            done=gettext_lazy("Dates changed"),
            form=RedateForm,
            label=gettext_lazy("Change its dates"),
            policy=policies.may_redate,
            asks_reason=True,
            explanation=gettext_lazy(
                "The record keeps the old dates; the public pages show the new."
            ),
        ),
    }
    form = CallForm
    once = ("slug", "opens_at", "closes_at", "delivery_on", "decisions_on")
    readonly_fields = ("history", "closing")
    list_display = ("name", "state", "opens_at", "closing", "delivery_on", "is_rolling")
    list_filter = ("state",)
    search_fields = ("name", "slug")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for days when a call is added; show its instants after."""
        if obj is None:
            dates: tuple[str, ...] = ("opens_on", "last_day", "delivery_on", "decisions_on")
            return ("name", "slug", *dates, "is_rolling", "notes")
        dates = ("opens_at", "closing", "delivery_on", "decisions_on")
        return ("state", "name", "slug", *dates, "is_rolling", "history", "notes")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep, once it is announced, when outcomes are released (law 2)."""
        held = super().get_readonly_fields(request, obj)
        announced = obj is not None and obj.state != Call.State.DRAFT
        return (*held, "is_rolling") if announced else held

    @admin.display(description=gettext_lazy("closes"), ordering="closes_at")
    def closing(self, call: Call) -> str:
        """Return the closing time in the words that the public pages have (law 4)."""
        return uk_deadline(call.closes_at)

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Say how long the published call still runs."""
        now = clock.now()
        call = Call.objects.filter(state=Call.State.PUBLISHED).first()
        if call is None:
            return []
        url = self.page_of(call)
        if call.closes_at <= now:
            return [Waiting(label=_("Call ended, not closed yet"), number=1, url=url, is_due=True)]
        if call.opens_at > now:
            days = clock.days_left(call.opens_at, now) + 1
            words = ngettext("Day until %(call)s opens", "Days until %(call)s opens", days)
            return [Waiting(label=words % {"call": call}, number=days, url=url)]
        days = call.days_left(now)
        words = ngettext("Day left of %(call)s", "Days left of %(call)s", days)
        soon = call.closes_at - now <= SOON
        return [Waiting(label=words % {"call": call}, number=days, url=url, is_due=soon)]


@admin.register(KeyActivity)
class KeyActivityAdmin(ConsoleAdmin):
    """Key activity to date."""

    shows_people = False
    address = "slug"
    subject = "workstreams.key_activity"
    form = VerbatimForm
    once = ("slug",)
    fields = ("when", "text", "sort_on", "position", "slug", "notes")
    list_display = ("when", "text", "sort_on")
    search_fields = ("when", "text")


@admin.register(Passage)
class PassageAdmin(ConsoleAdmin):
    """Paragraphs of the Call to Action, verbatim."""

    shows_people = False
    address = "slug"
    form = VerbatimForm
    once = ("slug", "source")
    fields = ("topic", "text", "source", "position", "slug", "notes")
    list_display = ("topic", "position", "text")
    list_display_links = ("topic", "position")
    list_filter = ("topic",)
    search_fields = ("topic", "text")
