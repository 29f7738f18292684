"""The reviewer's desk over HTTP: what waits for whom, each project's numbers, and the list."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Case, Count, DateTimeField, OuterRef, Q, Subquery, Sum, When, Window
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from participants.models import ProjectChoice
from projects.models import Contribution, Project
from reviews.forms.desk import AGES, SORTS, STATES, VALIDATION, DeskFilter
from reviews.models import Key, Side
from reviews.policies import desk as desks
from reviews.policies.desk import Desk, Tally, Waits
from reviews.views import searching, undoing
from reviews.views.gate import desk_of, gate
from stepchange import clock
from stepchange.listing import LONGEST_NUMBER
from stepchange.requests import SignedInRequest
from stepchange.transitions import Words
from workstreams.models import Sector

ROWS_A_PAGE = 50
STATE_SHAPES = {
    "pending": "waiting",
    "shortlisted": "open",
    "offered": "done",
    "accepted": "done",
    "reserve": "waiting",
    "declined": "stopped",
    "turned down": "stopped",
    "withdrawn": "stopped",
}
WAITS_SHAPES = {
    "me": "due",
    "other": "waiting",
    "office": "open",
    "reserve": "draft",
    "done": "done",
}


@require_safe
@login_required
@never_cache
def index(request: SignedInRequest) -> HttpResponse:
    """List the work-streams for which somebody sits or stands in, with what waits in each."""
    streams = list(desks.streams_of(request.user))
    if not streams:
        raise Http404
    if turned_away := gate(request):
        return turned_away
    shown = []
    for stream in streams:
        here = Desk(stream, request.user)
        tallies = list(here.tallies().values())
        shown.append(
            {
                "stream": stream,
                "sides": [side.label for side in Side if side in here.sides],
                "waits": _waiting(tallies),
                "withheld": here.withheld,
                "number": sum(tally.number for tally in tallies),
            }
        )
    return render(request, "reviews/index.html", {"desks": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def stream(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the desk of one work-stream; keep what is searched for on POST, and lead to what is found."""
    here, projects = _desk_with_projects(request, slug)
    if turned_away := gate(request):
        return turned_away
    asked = DeskFilter.read(request.GET, projects, searching.words_searched(request))
    if request.method == "POST":
        key = searching.keep(request, request.POST.get("words", ""))
        return redirect(f"{reverse('reviews:stream', args=[slug])}?{asked.as_query(q=key)}")
    tallies = here.tallies()
    number = _page_number(request.GET.get("page", ""))
    first = (number - 1) * ROWS_A_PAGE
    rows = list(_rows(here, asked)[first : first + ROWS_A_PAGE])
    if number > 1 and not rows:
        raise Http404
    found: int = vars(rows[0])["found"] if rows else 0
    return render(
        request,
        "reviews/desk.html",
        {
            "desk": here,
            "stream": here.stream,
            "places": here.places,
            "withheld": here.withheld,
            "waits": _waiting(list(tallies.values()), asked),
            "numbers": [ProjectNumbers(each, tallies.get(each.pk)) for each in _in_order(projects)],
            "sectors": list(Sector),
            "rows": [Row(each) for each in rows],
            "asked": asked,
            "query": asked.as_query(),
            "chosen": _chosen(asked, rows),
            "found": found,
            "page": Pages(number, found),
            "choices": [
                (name, label, asked.options(name, offered))
                for name, label, offered in _options(projects)
            ],
            "shortlisted": undoing.last(request, here.stream),
            "back_url": reverse("reviews:index"),
        },
    )


def _desk_with_projects(request: SignedInRequest, slug: str) -> tuple[Desk, dict[str, Project]]:
    """Return a desk with its projects by their codes, by one query for both; Http404 as `desk_of`."""
    mine = desks.streams_of(request.user).order_by()
    projects = Project.objects.filter(work_stream__in=mine, work_stream__slug=slug)
    found = {each.code: each for each in projects.select_related("work_stream")}
    first = next(iter(found.values()), None)
    return Desk(first.work_stream, request.user) if first else desk_of(request, slug), found


def _page_number(asked: str) -> int:
    if not asked:
        return 1
    if not (asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_NUMBER and int(asked)):
        raise Http404
    return int(asked)


def _in_order(projects: dict[str, Project]) -> list[Project]:
    return sorted(projects.values(), key=lambda each: (each.position, each.code))


def _rows(here: Desk, asked: DeskFilter) -> Any:
    """Return the list, each row with how many there are and with what a row shows: one query."""
    hours = (
        ProjectChoice.objects.filter(expression=OuterRef("expression"))
        .live()
        .order_by()
        .values("expression")
        .annotate(total=Sum("hours"))
        .values("total")
    )
    cast = {
        side: Key.objects.undecided()
        .filter(choice=OuterRef("pk"), side=side)
        .order_by()
        .values("cast_at")[:1]
        for side in Side
    }
    return (
        asked.apply(here.waiting())
        .select_related("expression__person__organisation__merged_into", "project")
        .select_related("expression__person__validation")
        .defer("reason", "expression__person__telephone")
        .annotate(
            found=Window(Count("*")),
            hours_in_all=Subquery(hours),
            **{
                f"{side}_cast_at": Case(
                    When(here.is_cast(side), then=Subquery(cast[side])),
                    output_field=DateTimeField(),
                )
                for side in Side
            },
        )
        .order_by(*asked.order)
    )


class Row:
    """One line of the list, in the words of the desk."""

    def __init__(self, choice: ProjectChoice) -> None:
        told = vars(choice)
        self.choice = choice
        self.project = choice.project
        person = choice.expression.person
        self.name = str(person)
        self.organisation = person.organisation.current if person.organisation else None
        self.waits = Waits(told["waits"])
        self.waits_shape = WAITS_SHAPES[told["waits"]]
        self.state_shape = STATE_SHAPES[choice.state]
        self.hours_in_all = told["hours_in_all"]
        self.days = (clock.today() - clock.day_of(choice.expression.submitted_at)).days  # type: ignore[arg-type]
        self.keys = [(side.label, told[f"{side}_cast_at"]) for side in Side]
        self.validation, self.validation_shape = validation_in_words(person)
        self.may_shortlist = choice.state == "pending" and self.waits in {Waits.ME, Waits.OTHER}


def validation_in_words(person: Any) -> tuple[Words, str]:
    """Return the state of a person's validation and its level, and a shape: nothing of the evidence."""
    given = getattr(person, "validation", None)
    if given is None:
        return _("Not begun"), "draft"
    if given.state == "refused":
        return _("Refused"), "stopped"
    if given.state != "validated":
        return _("Not yet validated"), "waiting"
    if given.expires_on is None or given.expires_on <= clock.today():
        return _("Ran out"), "due"
    return _("Validated: %(level)s") % {"level": given.get_level_display().lower()}, "done"


class ProjectNumbers:
    """One project's fill against its places, the balance of sectors so far, and the hours offered."""

    def __init__(self, project: Project, tally: Tally | None) -> None:
        self.project = project
        self.volunteers = tally.number if tally else 0
        self.hours = tally.hours if tally else 0
        self.placed = tally.placed if tally else 0
        self.held = tally.held if tally else 0
        self.for_me = tally.waits[Waits.ME] if tally else 0
        self.balance = [
            (
                sector.label,
                tally.taken.get(sector.value, 0) if tally else 0,
                tally.volunteers.get(sector.value, 0) if tally else 0,
            )
            for sector in Sector
        ]
        self.is_full = bool(project.places and self.placed >= project.places)


@dataclass(frozen=True)
class Pages:
    """Where a page of the list stands among the others."""

    number: int
    found: int

    @property
    def last(self) -> int:
        """Return the number of the last page."""
        return max(1, -(-self.found // ROWS_A_PAGE))

    @property
    def first_row(self) -> int:
        """Return the place of the page's first row in the list."""
        return (self.number - 1) * ROWS_A_PAGE + 1

    @property
    def last_row(self) -> int:
        """Return the place of the page's last row in the list."""
        return min(self.found, self.number * ROWS_A_PAGE)

    @property
    def before(self) -> int | None:
        """Return the number of the page before."""
        return self.number - 1 if self.number > 1 else None

    @property
    def after(self) -> int | None:
        """Return the number of the page after."""
        return self.number + 1 if self.number < self.last else None


def _waiting(tallies: list[Tally], asked: DeskFilter | None = None) -> list[dict[str, Any]]:
    """Return for whom how many wait, each with the query that shows them."""
    return [
        {
            "label": TABS[each],
            "shape": WAITS_SHAPES[each.value],
            "number": sum(tally.waits[each.value] for tally in tallies),
            "query": asked.as_query(waits=each.value) if asked else f"waits={each.value}",
            "is_chosen": bool(asked and asked.chosen.get("waits") == each.value),
        }
        for each in Waits
    ]


TABS: dict[Waits, Words] = {
    Waits.ME: gettext_lazy("Wait for you"),
    Waits.OTHER: gettext_lazy("Wait for the other seat"),
    Waits.OFFICE: gettext_lazy("Wait for the office"),
    Waits.RESERVE: gettext_lazy("On the reserve list"),
    Waits.DONE: gettext_lazy("Decided"),
}


def _options(projects: dict[str, Project]) -> list[tuple[str, Words, list[tuple[str, Words]]]]:
    """Return what the list can be narrowed by: the name in the address, its label, its options."""
    return [
        ("project", _("Project"), [(each.code, str(each)) for each in _in_order(projects)]),
        ("contribution", _("Contribution"), [(each.value, each.label) for each in Contribution]),
        ("sector", _("Sector"), [(each.value, each.label) for each in Sector]),
        ("validation", _("Validation"), [*VALIDATION]),
        ("state", _("State"), [*STATES]),
        ("age", _("Waiting for"), [*AGES]),
        ("sort", _("Order"), [*SORTS]),
    ]


def _chosen(asked: DeskFilter, rows: list[ProjectChoice]) -> list[str]:
    """Return in words what the list is narrowed to, beside what the form itself shows."""
    words = []
    if asked.organisation:
        works = rows[0].expression.person.organisation if rows else None
        words.append(str(works.current) if works else _("One organisation"))
    if asked.words:
        words.append(f"“{asked.words}”")
    return words


def neighbours(
    here: Desk, asked: DeskFilter, choice: ProjectChoice
) -> tuple[ProjectChoice | None, ProjectChoice | None]:
    """Return what stands before and after a choice in the list asked for; of one not in it, the first."""
    found = asked.apply(here.waiting())
    place = (
        asked.apply(here.waiting())
        .filter(pk=choice.pk)
        .values_list(*[each.expression.name for each in asked.order])
    )
    at = place.first()
    if at is None:
        return None, found.order_by(*asked.order).first()
    after, before = Q(pk__in=()), Q(pk__in=())
    same = Q()
    for term, value in zip(asked.order, at, strict=True):
        name = term.expression.name
        if value is None:  # the last of all
            before |= same & Q(**{f"{name}__isnull": False})
            same &= Q(**{f"{name}__isnull": True})
            continue
        if term.nulls_last:
            after |= same & Q(**{f"{name}__isnull": True})
        up, down = ("lt", "gt") if term.descending else ("gt", "lt")
        after |= same & Q(**{f"{name}__{up}": value})
        before |= same & Q(**{f"{name}__{down}": value})
        same &= Q(**{name: value})
    backwards = [each.copy() for each in asked.order]
    for term in backwards:
        term.reverse_ordering()
    return (
        found.filter(before).order_by(*backwards).first(),
        found.filter(after).order_by(*asked.order).first(),
    )
