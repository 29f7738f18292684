"""The geometry of the drawn timeline."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.models import Milestone
from projects.timeline import LABEL_WIDTH, MARGIN, WIDTH, draw
from stepchange import clock
from workstreams.models import Call

DAY = date(2018, 5, 1)


def milestone(day: date, state: str = "planned") -> Milestone:
    return Milestone(title="Step", due_on=day, first_due_on=day, state=state)


def a_call(opens: date, closes: date) -> Call:
    return Call(opens_at=clock.start_of(opens), closes_at=clock.end_of(closes))


def test_nothing_to_place_draws_nothing():
    assert draw([], a_call(DAY, DAY + timedelta(24)), DAY) is None


def test_points_stand_in_proportion_and_pile_up_on_one_day():
    days = [DAY, DAY, DAY + timedelta(10), DAY + timedelta(40)]
    chart = draw([milestone(day) for day in days], None, DAY + timedelta(20))
    first, second, third, last = chart.points
    assert [point.number for point in chart.points] == [1, 2, 3, 4]
    assert first.x == second.x == MARGIN
    assert second.y < first.y == third.y == last.y < chart.axis_y
    assert last.x == WIDTH - MARGIN
    assert third.x - first.x == (last.x - first.x) // 4
    assert chart.today_x - first.x == (last.x - first.x) // 2
    assert [label.words for label in chart.labels] == ["1 May 2018", "11 May 2018", "10 Jun 2018"]
    assert chart.span is None


@pytest.mark.parametrize(
    ("today", "is_open"),
    [
        (DAY - timedelta(1), False),
        (DAY, True),
        (DAY + timedelta(24), True),
        (DAY + timedelta(25), False),
    ],
)
def test_the_call_spans_its_days_and_is_warm_only_while_open(today, is_open):
    chart = draw([milestone(DAY - timedelta(8))], a_call(DAY, DAY + timedelta(24)), today)
    assert chart.span.words == "Call: 1 May to 25 May 2018"
    assert chart.span.x + chart.span.width == WIDTH - MARGIN
    assert chart.span.is_open == is_open


@pytest.mark.parametrize(
    ("state", "days_from_today", "kind"),
    [
        ("planned", 1, "coming"),
        ("planned", 0, "coming"),
        ("planned", -1, "due"),
        ("missed", -1, "due"),
        ("met", -1, "met"),
        ("met", 1, "met"),
    ],
)
def test_a_point_shows_how_its_milestone_stands(state, days_from_today, kind):
    chart = draw([milestone(DAY + timedelta(days_from_today), state)], None, DAY)
    assert [point.kind for point in chart.points] == [kind]


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=200), st.integers(-500, 4500))
def test_everything_stays_inside_and_no_label_covers_another(offsets, today):
    days = sorted(DAY + timedelta(offset) for offset in offsets)
    call = a_call(DAY + timedelta(5), DAY + timedelta(29))
    chart = draw([milestone(day) for day in days], call, DAY + timedelta(today))
    assert len(chart.points) == len(days)
    for point in chart.points:
        assert MARGIN <= point.x <= WIDTH - MARGIN
        assert 0 < point.y < chart.axis_y
    assert 0 <= chart.span.x < chart.span.x + chart.span.width <= WIDTH
    lanes: dict[int, list[int]] = {}
    for label in chart.labels:
        assert LABEL_WIDTH // 2 <= label.x <= WIDTH - LABEL_WIDTH // 2
        assert chart.axis_y < label.y < chart.height
        lanes.setdefault(label.y, []).append(label.x)
    for lane in lanes.values():
        gaps = [right - left for left, right in pairwise(lane)]
        assert all(gap >= LABEL_WIDTH for gap in gaps)
