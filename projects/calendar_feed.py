"""The milestones as an iCalendar file (RFC 5545) that calendar programs subscribe to.

Days are DATE values with an exclusive end, instants are UTC: no time zone is named, so none can be
misread. An event keeps its UID when it moves, so that a subscriber's entry moves with it.
"""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from projects.models import Milestone
from stepchange import clock
from stepchange.uk_time import uk_date, uk_deadline
from workstreams.models import Call

AT_MOST = 500
PRODUCER = "-//Step-Change//Milestones//EN"
CALLS = uuid.UUID("0b3c0a52-5a1e-4d8b-9c0e-6f5d6a2f7c11")  # ours: the space of the calls' UIDs


def write(milestones: Iterable[Milestone], call: Call | None) -> bytes:
    """Return the file: each milestone on its day, the call's opening day and its closing minute."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCER)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", _("Step-Change milestones"))
    calendar.add("refresh-interval", timedelta(hours=12), parameters={"VALUE": "DURATION"})
    # DTSTAMP is when this file was made: without METHOD that is all it says. By the hour, so that a
    # subscriber who asks again is told that nothing changed.
    made_at = clock.now().replace(minute=0, second=0, microsecond=0)
    for milestone in milestones:
        calendar.add_component(_of_milestone(milestone, made_at))
    if call:
        calendar.add_component(_opening(call, made_at))
        calendar.add_component(_closing(call, made_at))
    return bytes(calendar.to_ical())


def _event(uid: uuid.UUID, summary: str, made_at: datetime, path: str) -> Event:
    event = Event()
    event.add("uid", f"{uid}@step-change")
    event.add("dtstamp", made_at)
    event.add("summary", summary)
    event.add("url", f"{settings.PUBLIC_URL}{path}")
    return event


def _on(event: Event, day: date) -> Event:
    """Put an event on a whole day, which blocks nobody's time."""
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    return event


def _of_milestone(milestone: Milestone, made_at: datetime) -> Event:
    project = milestone.project
    title = f"{project.code}: {milestone.title}" if project else milestone.title
    path = project.get_absolute_url() if project else reverse("projects:milestones")
    event = _event(milestone.public_id, title, made_at, path)
    told = f"{milestone.get_state_display()}."
    if milestone.has_moved:
        told += " " + _("First due on %(day)s.") % {"day": uk_date(milestone.first_due_on)}
    event.add("description", told)
    return _on(event, milestone.due_on)


def _opening(call: Call, made_at: datetime) -> Event:
    summary = _("%(call)s opens") % {"call": call.name}
    uid = uuid.uuid5(CALLS, f"{call.slug}/opens")
    event = _event(uid, summary, made_at, reverse("projects:home"))
    return _on(event, call.opens_at.astimezone(clock.UK).date())


def _closing(call: Call, made_at: datetime) -> Event:
    """Return the last minute in which an expression of interest is on time."""
    words = {"call": call.name, "when": uk_deadline(call.closes_at)}
    path = reverse("projects:home")
    event = _event(
        uuid.uuid5(CALLS, f"{call.slug}/closes"), _("%(call)s closes") % words, made_at, path
    )
    event.add("description", _("Expressions of interest close at %(when)s.") % words)
    event.add("dtstart", call.closes_at - timedelta(minutes=1))
    event.add("dtend", call.closes_at)
    return event
