"""Calls and organisations: each move allowed, refused with words, overtaken, recorded."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from stepchange import clock, transitions
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Overtaken, Refused
from tests.builders import make_call, make_organisation
from tests.office import make_holder, office
from tests.workstreams.moves import ONLY_MANAGERS, OVERTAKEN, WHY, day
from workstreams import policies, tasks, workflow
from workstreams.models import Call

pytestmark = pytest.mark.django_db


def make_ended_call(**fields: Any) -> Call:
    now = clock.now()
    times = {"opens_at": now - timedelta(days=9), "closes_at": now - timedelta(seconds=1)}
    return make_call(**times | fields)


def redate(call: Call, **changed: Any) -> None:
    given = {
        "opens_at": call.opens_at,
        "closes_at": call.closes_at + timedelta(days=7),
        "delivery_on": call.delivery_on,
        "decisions_on": call.decisions_on,
        "by": make_holder(Role.OFFICE_MANAGER),
        "reason": WHY,
    }
    workflow.redate_call(call, **given | changed)


# The simple moves -----------------------------------------------------------------------------------

MOVES = {
    "publish_call": (lambda: make_call(state="draft"), {}, "published"),
    "close_call": (make_ended_call, {}, "closed"),
    "archive_call": (lambda: make_call(state="closed"), {}, "archived"),
    "publish_organisation": (lambda: make_organisation(state="proposed"), {}, "published"),
    "refuse_organisation": (
        lambda: make_organisation(state="proposed"),
        {"reason": WHY},
        "refused",
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_a_manager_makes_a_move_and_it_is_recorded(name):
    make, given, target = MOVES[name]
    subject, manager = make(), make_holder(Role.OFFICE_MANAGER)

    getattr(workflow, name)(subject, by=manager, **given)

    assert type(subject).objects.get().state == target
    event = Event.objects.about(subject).get()
    assert (event.actor, event.reason) == (manager, given.get("reason", ""))
    assert event.facts["to"] == target


@pytest.mark.parametrize("name", MOVES)
def test_nobody_else_makes_it(name):
    make, given, _target = MOVES[name]
    subject = make()
    before = subject.state

    with pytest.raises(Refused, match=ONLY_MANAGERS):
        getattr(workflow, name)(subject, by=make_holder(Role.CASEWORKER), **given)

    assert type(subject).objects.get().state == before
    assert not Event.objects.exists()


@pytest.mark.parametrize("name", MOVES)
def test_who_was_slower_is_told(name):
    make, given, _target = MOVES[name]
    subject = make()
    stale = type(subject).objects.get()
    getattr(workflow, name)(subject, by=None, **given)

    with pytest.raises(Overtaken, match=OVERTAKEN):
        getattr(workflow, name)(stale, by=None, **given)

    assert Event.objects.count() == 1


def test_an_organisation_is_refused_only_with_a_reason():
    with pytest.raises(Refused, match="Say why"):
        workflow.refuse_organisation(make_organisation(state="proposed"), by=None, reason=" ")


# Calls --------------------------------------------------------------------------------------------


def test_a_second_call_is_not_published():
    make_call(name="Call 2026")

    with pytest.raises(Refused, match="“Call 2026” is published: close it first"):
        workflow.publish_call(make_call(state="draft"), by=None)


def test_of_two_calls_published_in_the_same_instant_the_slower_is_told(monkeypatch):
    call = make_call(state="draft")
    # What the policy saw before the other was published; tests/concurrency has the race itself.
    monkeypatch.setattr(workflow.CALL, "check", lambda *_, **__: None)
    make_call(name="Call 2026")

    with pytest.raises(Overtaken, match="“Call 2026” is published: close it first"):
        workflow.publish_call(call, by=None)

    assert call.state == Call.objects.get(pk=call.pk).state == "draft"
    assert not Event.objects.exists()


def test_an_error_of_the_database_that_is_no_race_stays_an_error(monkeypatch):
    def fail(*_: Any, **__: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(transitions, "change", fail)

    with pytest.raises(IntegrityError):
        workflow.publish_call(make_call(state="draft"), by=None)


def test_a_call_is_not_closed_before_its_time():
    with pytest.raises(Refused, match="The closing time has not come"):
        workflow.close_call(make_call(), by=None)


def test_the_sweep_closes_what_has_ended_and_nothing_else():
    ended, draft = make_ended_call(), make_ended_call(state="draft")

    tasks.close_ended()

    assert Call.objects.get(pk=ended.pk).state == "closed"
    assert Call.objects.get(pk=draft.pk).state == "draft"
    assert Event.objects.get().actor is None
    assert workflow.close_ended_calls() == 0


@pytest.mark.parametrize("state", ["draft", "published"])
def test_a_call_is_re_dated_until_it_ends_and_the_record_keeps_the_old_dates(state):
    call, manager = make_call(state=state), make_holder(Role.OFFICE_MANAGER)
    before, later = call.closes_at, call.closes_at + timedelta(days=7)

    redate(call, by=manager)

    assert Call.objects.get().closes_at == call.closes_at == later
    event = Event.objects.about(call).get()
    assert (event.kind, event.actor, event.reason) == ("workstreams.call.redated", manager, WHY)
    assert set(event.facts) == {"before", "after"}
    assert event.facts["before"]["closes_at"][:16] == before.isoformat()[:16]
    assert event.facts["after"]["closes_at"][:16] == later.isoformat()[:16]


def test_a_call_that_has_ended_is_not_opened_again_before_the_sweep_came():
    call = make_ended_call()
    before = call.closes_at

    with pytest.raises(Refused, match="The closing time has come"):
        redate(call)
    page = office().get(f"/admin/workstreams/call/{call.slug}/redate/")

    assert page.status_code == 409
    assert "The closing time has come" in page.content.decode()
    assert Call.objects.get().closes_at == before
    redate(call, by=None)  # the demonstration, which begins with 2018's call
    assert Call.objects.get().closes_at > before


def test_the_closing_instant_itself_is_too_late_to_re_date(time_machine):
    call = make_call()
    manager = make_holder(Role.OFFICE_MANAGER)

    time_machine.move_to(call.closes_at - timedelta(seconds=1), tick=False)
    assert policies.may_redate(manager, call) is None
    time_machine.move_to(call.closes_at, tick=False)
    assert policies.may_redate(manager, call)
    assert policies.may_redate(manager, make_ended_call(state="draft")) is None


@pytest.mark.parametrize(
    ("state", "changed", "words"),
    [
        ("published", {"by": "caseworker"}, ONLY_MANAGERS),
        ("published", {"reason": " "}, "Say why"),
        ("closed", {}, "A closed call keeps its dates"),
        ("archived", {"by": None}, "A closed call keeps its dates"),
        (
            "draft",
            {"closes_at": clock.start_of(clock.today()) - timedelta(days=99)},
            "closes after",
        ),
    ],
)
def test_a_re_dating_that_can_not_be_says_why(state, changed, words):
    call = make_call(state=state)
    before = Call.objects.values().get()
    if changed.get("by"):
        changed = {"by": make_holder(Role.CASEWORKER)}

    with pytest.raises(Refused, match=words):
        redate(call, **changed)

    assert Call.objects.values().get() == before
    assert not Event.objects.exists()


@pytest.mark.parametrize("name", ["opens_at", "closes_at", "delivery_on", "decisions_on"])
def test_two_re_datings_never_overwrite_each_other_whichever_date_moved(name):
    call = make_call(decisions_on=day(20))
    stale = Call.objects.get()
    same = {key: getattr(call, key) for key in ("opens_at", "closes_at")}
    redate(call, **same | {name: getattr(call, name) - timedelta(days=1)})
    after = Call.objects.values().get()

    with pytest.raises(Overtaken, match=OVERTAKEN):
        redate(stale, delivery_on=day(99))

    assert Call.objects.values().get() == after
    assert Event.objects.count() == 1
