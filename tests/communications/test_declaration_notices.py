"""Reminders to declare again: two before the day and one on it, to who must declare, until they have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from communications import workflow
from communications.models import Email
from participants.models import Declaration
from participants.workflow.declarations import sign
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_ready, make_user
from tests.office import make_holder

pytestmark = pytest.mark.django_db
SIGNED = datetime(2026, 11, 24, 12, tzinfo=UTC)
DUE = datetime(2027, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def at(instant: datetime) -> list[str]:
    """Sweep at an instant; return the subjects of what has gone out by then."""
    with time_machine.travel(instant, tick=False):
        workflow.sweep()
    return [str(each.subject) for each in mail.outbox]


def renew(user: User, instant: datetime) -> None:
    with time_machine.travel(instant, tick=False):
        sign(user.person, by=user, source=Declaration.Source.OWN, is_nil=True)


@pytest.fixture
def member() -> User:
    with time_machine.travel(SIGNED, tick=False):
        return make_holder(Role.BOARD)


SOON = "Action needed: declare your interests again before 24 November 2027"
LATE = "Action needed: your declaration of interests is out of date"


def test_each_is_sent_once_on_its_day(member):
    told = []
    for left in (61, 60, 59, 15, 14, 13, 1, 0, -1, -40):
        told.append((left, len(at(DUE - left * DAY))))

    assert told == [
        (61, 0), (60, 1), (59, 1), (15, 1), (14, 2), (13, 2), (1, 2), (0, 3), (-1, 3), (-40, 3),
    ]  # fmt: skip
    assert at(DUE) == [SOON, SOON, LATE]
    assert {each.to[0] for each in mail.outbox} == {member.email}


def test_whoever_declared_again_hears_of_the_next_year_only(member):
    at(DUE - 60 * DAY)
    renew(member, DUE - 30 * DAY)
    for left in (14, 0, -30):
        assert len(at(DUE - left * DAY)) == 1

    assert len(at(DUE - 30 * DAY + 366 * DAY - 60 * DAY)) == 2


def test_one_that_waits_for_the_morning_is_stopped_by_a_new_declaration(member):
    night = DUE.replace(hour=23) - 60 * DAY
    assert at(night) == []
    assert Email.objects.get().state == "queued"
    renew(member, night + timedelta(hours=1))
    assert at(night + timedelta(hours=12)) == []
    email = Email.objects.get()
    assert (email.state, email.why) == ("suppressed", "They have declared again.")


def test_by_night_they_wait_for_eight_in_the_morning(member):
    night = DUE.replace(hour=2) - 14 * DAY
    assert at(night) == []
    email = Email.objects.latest("id")
    assert email.due_at == night.replace(hour=8)
    assert at(night.replace(hour=8)) == [SOON]


def test_a_reminder_held_back_for_long_gives_way_to_the_later_one(member):
    with time_machine.travel(DUE - 40 * DAY, tick=False):
        workflow.derive()
    at(DUE - 10 * DAY)

    assert sorted(Email.objects.values_list("occurrence", "state", "why")) == [
        ("14d", "sent", ""),
        ("60d", "suppressed", "A later reminder takes its place."),
    ]


def test_only_who_must_declare_is_told():
    with time_machine.travel(SIGNED, tick=False):
        nobody = make_user()
        make_ready(nobody)
        former = make_holder(Role.BOARD)
    former.groups.clear()

    assert at(DUE) == []


def test_who_left_meanwhile_is_not_told(member):
    with time_machine.travel(DUE, tick=False):
        workflow.derive()
    member.groups.clear()
    at(DUE)

    assert Email.objects.get().why == "They need not declare any more."


def test_who_never_declared_is_not_reminded_of_a_renewal():
    make_holder(Role.BOARD, is_ready=False)

    assert at(clock.now() + 400 * DAY) == []


@pytest.mark.parametrize("signed", ["2028-02-29", "2027-02-28", "2027-03-28"])
def test_the_day_is_the_same_as_everywhere(signed):
    signed_at = datetime.fromisoformat(f"{signed}T12:00:00+00:00")
    with time_machine.travel(signed_at, tick=False):
        make_holder(Role.BOARD)
    due_on = Declaration.objects.get().due_again_on
    noon = datetime(due_on.year, due_on.month, due_on.day, 12, tzinfo=UTC)

    assert LATE not in at(noon - DAY)
    assert LATE in at(noon)
