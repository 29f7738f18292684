"""How pages and letters speak of time: in UK time, in words that can't be misread.

A closing instant is exclusive (law 4): the midnight that ends Friday is shown as 11:59pm on Friday.
Each takes None and returns nothing, so that a date not yet known leaves no trace.
"""

from datetime import date, datetime, timedelta

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stepchange import clock


def _uk_day(value: date | datetime) -> date:
    return value.astimezone(clock.UK).date() if isinstance(value, datetime) else value


def _uk_clock(moment: datetime) -> str:
    """Return a UK time of day as GOV.UK writes it: 9am, 5:30pm, midnight, midday."""
    local = moment.astimezone(clock.UK)
    if local.minute == 0 and local.hour in {0, 12}:
        return _("midday") if local.hour else _("midnight")
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def uk_date(value: date | datetime | None) -> str:
    """Return "1 June 2018"; of an instant, its UK calendar day."""
    return formatted(_uk_day(value), "j F Y") if value else ""


def uk_short_date(value: date | datetime | None) -> str:
    """Return "1 Jun 2018"."""
    return formatted(_uk_day(value), "j M Y") if value else ""


def uk_long_date(value: date | datetime | None) -> str:
    """Return "Friday 1 June 2018"."""
    return formatted(_uk_day(value), "l j F Y") if value else ""


def uk_moment(value: datetime | None) -> str:
    """Return "3:04pm on Friday 25 May 2018 (UK time)", of an instant at which something happens."""
    if not value:
        return ""
    words = {"time": _uk_clock(value), "day": uk_long_date(value)}
    return _("%(time)s on %(day)s (UK time)") % words


def uk_list_moment(value: datetime | None) -> str:
    """Return "3:04pm, 25 May 2018", for a list that says once that its times are UK time."""
    if not value:
        return ""
    return _("%(time)s, %(day)s") % {"time": _uk_clock(value), "day": uk_short_date(value)}


def uk_list_span(first: datetime, last: datetime) -> str:
    """Return "10:02am to 10:41am, 25 May 2018", of two instants of one UK day; of one minute, once."""
    start, end = _uk_clock(first), _uk_clock(last)
    if start == end:
        return uk_list_moment(first)
    words = {"first": start, "last": end, "day": uk_short_date(first)}
    return _("%(first)s to %(last)s, %(day)s") % words


def uk_deadline(value: datetime | None) -> str:
    """Return "11:59pm on Friday 25 May 2018 (UK time)", of an exclusive closing instant."""
    if not value:
        return ""
    local = value.astimezone(clock.UK)
    if (local.hour, local.minute) == (0, 0):
        value -= timedelta(minutes=1)
    return uk_moment(value)


def days_left_words(value: datetime | None, since: datetime | None = None) -> str:
    """Return how long until a closing instant: "24 days left", "Closes today", "Closed"."""
    if not value:
        return ""
    instant = since or clock.now()
    if instant >= value:
        return _("Closed")
    days = clock.days_left(value, instant)
    if days == 0:
        return _("Closes today")
    if days == 1:
        return _("Closes tomorrow")
    return ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}


def time_left_words(value: datetime | None, since: datetime | None = None) -> str:
    """Return how long until a closing instant, to the minute: "5 hours and 12 minutes left"."""
    if not value:
        return ""
    seconds = int((value - (since or clock.now())).total_seconds())
    if seconds <= 0:
        return _("Closed")
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    parts = []
    if hours:
        parts.append(ngettext("%(hours)d hour", "%(hours)d hours", hours) % {"hours": hours})
    if minutes:
        words = ngettext("%(minutes)d minute", "%(minutes)d minutes", minutes)
        parts.append(words % {"minutes": minutes})
    if not parts:
        return _("Less than a minute left")
    return _("%(time)s left") % {"time": _(" and ").join(parts)}
