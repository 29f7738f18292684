"""The geometry of the drawn timeline: where each milestone, the call and today stand.

Points carry numbers, and the list under the drawing repeats them: the drawing says nothing alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _

from projects.models import Milestone
from stepchange import clock
from workstreams.models import Call

WIDTH = 1000
MARGIN = 60
AXIS_GAP = 34  # between the axis and the lowest point
ROW = 40  # between points on one day
TOP = 46  # room for the word "Today"
LABEL_WIDTH = 84  # of "23 Apr 2018", in the chart's units
LANE = 22
LANES = 3
SPAN_HEIGHT = 30

Place = Callable[[date], int]


@dataclass(frozen=True)
class Point:
    """One milestone: its number in the list, its place, and how it stands."""

    number: int
    x: int
    y: int
    kind: str


@dataclass(frozen=True)
class Label:
    """One day under the axis."""

    x: int
    y: int
    words: str


@dataclass(frozen=True)
class Span:
    """The days on which the call is open."""

    x: int
    width: int
    y: int
    words: str
    words_x: int
    is_open: bool


@dataclass(frozen=True)
class Chart:
    """A drawing, ready for the template."""

    height: int
    axis_y: int
    today_x: int | None
    points: list[Point]
    labels: list[Label]
    span: Span | None
    width: int = WIDTH


def draw(milestones: Sequence[Milestone], call: Call | None, today: date) -> Chart | None:
    """Place milestones (in order of day), the call and today; None without a milestone."""
    if not milestones:
        return None
    opens, closes = _days_of(call)
    days = [milestone.due_on for milestone in milestones] + [day for day in (opens, closes) if day]
    first, last = min(days), max(days)

    def place(day: date) -> int:
        length = max((last - first).days, 1)
        return MARGIN + round((WIDTH - 2 * MARGIN) * (day - first).days / length)

    shown_days = sorted({milestone.due_on for milestone in milestones})
    rows = max(sum(row.due_on == day for row in milestones) for day in shown_days)
    axis_y = TOP + ROW * (rows - 1) + 2 * AXIS_GAP
    labels = _labels(shown_days, place, axis_y)
    span_y = max(label.y for label in labels) + LANE
    return Chart(
        height=span_y + (SPAN_HEIGHT + LANE if opens else 0),
        axis_y=axis_y,
        today_x=place(today) if first <= today <= last else None,
        points=_points(milestones, place, axis_y, today),
        labels=labels,
        span=_span(call, place, span_y, today),
    )


def _days_of(call: Call | None) -> tuple[date | None, date | None]:
    if call is None:
        return None, None
    return call.opens_at.astimezone(clock.UK).date(), clock.last_day_before(call.closes_at)


def _points(milestones: Sequence[Milestone], place: Place, axis_y: int, today: date) -> list[Point]:
    stacked: dict[date, int] = {}
    points = []
    for number, milestone in enumerate(milestones, start=1):
        height = stacked.get(milestone.due_on, 0)
        stacked[milestone.due_on] = height + 1
        points.append(
            Point(
                number=number,
                x=place(milestone.due_on),
                y=axis_y - AXIS_GAP - ROW * height,
                kind=_kind(milestone, today),
            )
        )
    return points


def _kind(milestone: Milestone, today: date) -> str:
    if milestone.state == Milestone.State.MET:
        return "met"
    late = milestone.state == Milestone.State.MISSED or milestone.due_on < today
    return "due" if late else "coming"


def _labels(days: Sequence[date], place: Place, axis_y: int) -> list[Label]:
    """Write each day under its place, a lane lower where it would run into the one before."""
    ends = [0] * LANES
    labels = []
    for day in days:
        x = min(max(place(day), LABEL_WIDTH // 2), WIDTH - LABEL_WIDTH // 2)
        left = x - LABEL_WIDTH // 2
        lane = next((lane for lane in range(LANES) if ends[lane] <= left), None)
        if lane is None:
            continue  # too close to be read: the list says it
        ends[lane] = x + LABEL_WIDTH // 2
        labels.append(Label(x=x, y=axis_y + LANE * (lane + 1), words=formatted(day, "j M Y")))
    return labels


def _span(call: Call | None, place: Place, y: int, today: date) -> Span | None:
    opens, closes = _days_of(call)
    if not opens or not closes:
        return None
    x, end = place(opens), place(closes)
    return Span(
        x=x,
        width=max(end - x, 4),
        y=y,
        words=_("Call: %(opens)s to %(closes)s")
        % {"opens": formatted(opens, "j M"), "closes": formatted(closes, "j M Y")},
        words_x=min(x + 10, WIDTH - 260),
        is_open=opens <= today <= closes,
    )
