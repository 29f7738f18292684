"""Times as pages show them, in winter, in summer, and on the days the clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.template import Context, Template

from stepchange import clock
from stepchange.uk_time import (
    days_left_words,
    uk_date,
    uk_deadline,
    uk_long_date,
    uk_moment,
    uk_short_date,
)


@pytest.mark.parametrize(
    ("last_day", "shown"),
    [
        (date(2018, 5, 25), "11:59pm on Friday 25 May 2018 (UK time)"),  # summer time
        (date(2018, 11, 30), "11:59pm on Friday 30 November 2018 (UK time)"),  # winter time
        (date(2018, 3, 24), "11:59pm on Saturday 24 March 2018 (UK time)"),  # the eve of spring's
        (date(2018, 3, 25), "11:59pm on Sunday 25 March 2018 (UK time)"),  # 23 hours long
        (date(2018, 10, 27), "11:59pm on Saturday 27 October 2018 (UK time)"),
        (date(2018, 10, 28), "11:59pm on Sunday 28 October 2018 (UK time)"),  # 25 hours long
        (date(2018, 12, 31), "11:59pm on Monday 31 December 2018 (UK time)"),
    ],
)
def test_the_midnight_that_ends_a_day_is_shown_as_its_last_minute(last_day, shown):
    assert uk_deadline(clock.end_of(last_day)) == shown


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        (datetime(2018, 5, 25, 16, 0, tzinfo=UTC), "5pm on Friday 25 May 2018 (UK time)"),
        (datetime(2018, 5, 25, 16, 30, tzinfo=UTC), "5:30pm on Friday 25 May 2018 (UK time)"),
        (datetime(2018, 5, 25, 11, 0, tzinfo=UTC), "midday on Friday 25 May 2018 (UK time)"),
        (datetime(2018, 1, 5, 9, 5, tzinfo=UTC), "9:05am on Friday 5 January 2018 (UK time)"),
        (datetime(2018, 1, 5, 0, 5, tzinfo=UTC), "12:05am on Friday 5 January 2018 (UK time)"),
        (datetime(2018, 1, 5, 12, 5, tzinfo=UTC), "12:05pm on Friday 5 January 2018 (UK time)"),
    ],
)
def test_any_other_instant_is_shown_as_it_is(instant, shown):
    assert uk_deadline(instant) == uk_moment(instant) == shown


def test_what_happens_at_midnight_belongs_to_the_day_it_begins():
    begins = clock.start_of(date(2018, 5, 1))
    assert uk_moment(begins) == "midnight on Tuesday 1 May 2018 (UK time)"


@pytest.mark.parametrize(
    "value",
    [
        date(2018, 6, 1),
        datetime(2018, 6, 1, 12, 0, tzinfo=UTC),
        datetime(2018, 5, 31, 23, 30, tzinfo=UTC),  # half past midnight in London
    ],
)
def test_a_date_is_the_uk_calendar_day(value):
    assert uk_date(value) == "1 June 2018"
    assert uk_short_date(value) == "1 Jun 2018"
    assert uk_long_date(value) == "Friday 1 June 2018"


CLOSES = clock.end_of(date(2018, 5, 25))


@pytest.mark.parametrize(
    ("closes", "since", "words"),
    [
        (CLOSES, clock.start_of(date(2018, 5, 1)), "24 days left"),
        (CLOSES, clock.end_of(date(2018, 5, 1)) - timedelta(seconds=1), "24 days left"),
        (CLOSES, clock.end_of(date(2018, 5, 1)), "23 days left"),
        (CLOSES, clock.start_of(date(2018, 5, 23)), "2 days left"),
        (CLOSES, clock.start_of(date(2018, 5, 24)), "Closes tomorrow"),
        (CLOSES, clock.start_of(date(2018, 5, 25)) - timedelta(seconds=1), "Closes tomorrow"),
        (CLOSES, clock.start_of(date(2018, 5, 25)), "Closes today"),
        (CLOSES, CLOSES - timedelta(seconds=1), "Closes today"),
        (CLOSES, CLOSES, "Closed"),
        (CLOSES, CLOSES + timedelta(days=400), "Closed"),
        # Over the day of 23 hours, and the one of 25.
        (clock.end_of(date(2018, 3, 25)), clock.start_of(date(2018, 3, 24)), "Closes tomorrow"),
        (clock.end_of(date(2018, 3, 26)), clock.start_of(date(2018, 3, 24)), "2 days left"),
        (clock.end_of(date(2018, 10, 28)), clock.start_of(date(2018, 10, 28)), "Closes today"),
        (clock.end_of(date(2018, 10, 29)), clock.start_of(date(2018, 10, 27)), "2 days left"),
    ],
)
def test_how_long_is_left_counts_uk_days(closes, since, words):
    assert days_left_words(closes, since) == words


def test_a_date_not_known_leaves_no_trace():
    filters = ("uk_date", "uk_short_date", "uk_long_date", "uk_moment", "uk_deadline")
    for name in (*filters, "days_left_words"):
        page = Template("{% load uk_time %}[{{ value|" + name + " }}]")
        assert page.render(Context({"value": None})) == "[]"
