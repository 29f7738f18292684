"""Calls, organisations, seats and terms: each move allowed, refused with words, overtaken, recorded."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from stepchange import clock, transitions
from stepchange.models import Event
from stepchange.roles import Role, holds
from stepchange.transitions import Overtaken, Refused
from tests.builders import make_call, make_stream, make_user
from tests.office import make_holder, office, seen
from workstreams import policies, tasks, workflow
from workstreams.admin import CallAdmin, TermAdmin
from workstreams.models import Call, Organisation, Seat, Term

pytestmark = pytest.mark.django_db

OVERTAKEN = "Somebody changed this a moment ago"
ONLY_MANAGERS = "Only an office manager can do this"
WHY = "The board asked for it."


def day(days: int):
    return clock.today() + timedelta(days=days)


def make_ended_call(**fields: Any) -> Call:
    now = clock.now()
    times = {"opens_at": now - timedelta(days=9), "closes_at": now - timedelta(seconds=1)}
    return make_call(**times | fields)


def make_organisation(**fields: Any) -> Organisation:
    number = Organisation.objects.count()
    return Organisation.objects.create(
        **{"name": f"Harbour & Vale {number}", "sector": "private", "state": "published"} | fields
    )


def make_seat() -> Seat:
    return Seat.objects.create(work_stream=make_stream(), side="police")


def make_term(seat: Seat | None = None, **fields: Any) -> Term:
    return Term.objects.create(
        **{
            "seat": seat or make_seat(),
            "holder": fields.get("holder") or make_user(),
            "organisation": make_organisation(),
            "starts_on": day(-10),
            "ends_on": day(10),
        }
        | fields
    )


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


def appoint(seat: Seat, **changed: Any) -> Term:
    given = {
        "holder": changed.get("holder") or make_user(),
        "organisation": make_organisation(),
        "starts_on": clock.today(),
        "ends_on": day(30),
        "by": make_holder(Role.OFFICE_MANAGER),
    }
    return workflow.appoint(seat, **given | changed)


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


# Seats and terms ----------------------------------------------------------------------------------
def test_a_holder_is_appointed_and_it_is_recorded():
    seat, manager = make_seat(), make_holder(Role.OFFICE_MANAGER)

    term = appoint(seat, by=manager)

    assert Term.objects.get() == term
    event = Event.objects.about(seat).get()
    assert (event.kind, event.actor) == ("workstreams.seat.appointed", manager)
    assert event.facts["holder"] == term.holder.record_key
    assert event.facts["term"] == term.record_key


def test_only_a_manager_appoints():
    with pytest.raises(Refused, match=ONLY_MANAGERS):
        appoint(make_seat(), by=make_holder(Role.CASEWORKER))

    assert not Term.objects.exists()


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "is_free"),
    [(11, None, True), (10, 20, False), (-30, -10, False), (-30, -11, True), (-30, None, False)],
)
def test_the_terms_of_a_seat_never_overlap(starts_on, ends_on, is_free):
    seat = make_term(holder=make_user(name="Iris")).seat
    dates = {"starts_on": day(starts_on), "ends_on": ends_on and day(ends_on)}

    if is_free:
        appoint(seat, **dates)
    else:
        with pytest.raises(Refused, match="Iris holds this seat then: end that term first"):
            appoint(seat, **dates)

    assert seat.terms.count() == 1 + is_free


def test_a_term_does_not_end_before_it_starts():
    with pytest.raises(Refused, match="A term ends after it starts"):
        appoint(make_seat(), ends_on=day(-1))
    with pytest.raises(Refused, match="A term ends after it starts"):
        workflow.end_term(make_term(), ends_on=day(-11), by=None, reason=WHY)


@pytest.mark.parametrize("ends_on", [None, 10])
def test_a_term_is_shortened_and_it_is_recorded(ends_on):
    term = make_term(ends_on=ends_on and day(ends_on))
    manager = make_holder(Role.OFFICE_MANAGER)

    workflow.end_term(term, ends_on=clock.today(), by=manager, reason=WHY)

    assert Term.objects.get().ends_on == term.ends_on == clock.today()
    event = Event.objects.about(term.seat).get()
    assert (event.kind, event.actor) == ("workstreams.seat.term_ended", manager)
    assert event.reason == WHY
    assert event.facts == {
        "term": term.record_key,
        "before": ends_on and day(ends_on).isoformat(),
        "ends_on": clock.today().isoformat(),
    }


def test_a_term_is_never_lengthened_over_the_next_holders():
    first = make_term()
    make_term(first.seat, starts_on=day(11), ends_on=day(40))

    with pytest.raises(Refused, match="A term is only ever shortened: appoint again"):
        workflow.end_term(first, ends_on=day(20), by=None, reason=WHY)
    path = f"/admin/workstreams/term/{first.public_id}/end/"
    page = office().post(path, {"ends_on": day(20), "reason": WHY, **seen(first)})

    assert page.status_code == 409
    assert "A term is only ever shortened: appoint again" in page.content.decode()
    assert Term.objects.get(pk=first.pk).ends_on == day(10)
    assert Term.objects.on(day(15)).count() == 1
    assert not Event.objects.exists()


def test_a_term_that_is_over_stays_as_it_was():
    term = make_term(ends_on=day(-1))

    with pytest.raises(Refused, match="This term is over"):
        workflow.end_term(term, ends_on=day(-5), by=None, reason=WHY)
    path = f"/admin/workstreams/term/{term.public_id}/end/"
    page = office().post(path, {"ends_on": day(-5), "reason": WHY, **seen(term)})

    assert page.status_code == 409
    assert "This term is over." in page.content.decode()
    assert Term.objects.get().ends_on == day(-1)


@pytest.mark.parametrize(
    ("role", "reason", "words"),
    [(Role.CASEWORKER, WHY, ONLY_MANAGERS), (Role.OFFICE_MANAGER, " ", "Say why")],
)
def test_a_term_is_ended_by_a_manager_with_a_reason(role, reason, words):
    with pytest.raises(Refused, match=words):
        workflow.end_term(make_term(), ends_on=day(1), by=make_holder(role), reason=reason)


def test_two_never_end_a_term_over_each_other():
    term = make_term()
    stale = Term.objects.get()
    workflow.end_term(term, ends_on=day(2), by=None, reason=WHY)

    with pytest.raises(Overtaken, match=OVERTAKEN):
        workflow.end_term(stale, ends_on=day(5), by=None, reason=WHY)

    assert Term.objects.get().ends_on == day(2)


# The co-chairs' group -----------------------------------------------------------------------------
def test_the_group_is_those_whose_term_is_not_over(time_machine):
    over, running = make_term(ends_on=day(-1)).holder, make_term(ends_on=day(0)).holder
    coming, still_open = make_term(starts_on=day(5)).holder, make_term(ends_on=None).holder
    stranger, manager = make_holder(Role.CO_CHAIR), make_holder(Role.OFFICE_MANAGER)

    tasks.settle_co_chairs()

    grouped = [holds(user, Role.CO_CHAIR) for user in (over, running, coming, still_open, stranger)]
    assert grouped == [False, True, True, True, False]
    assert holds(manager, Role.OFFICE_MANAGER)
    assert workflow.settle_co_chairs() == 0
    time_machine.move_to(clock.end_of(clock.today()))
    assert workflow.settle_co_chairs() == 1
    assert not holds(running, Role.CO_CHAIR)


def test_an_appointment_and_its_end_settle_the_group():
    holder = make_user()
    term = appoint(make_seat(), holder=holder, starts_on=day(-5))
    assert holds(holder, Role.CO_CHAIR)

    workflow.end_term(term, ends_on=day(-1), by=None, reason=WHY)
    assert not holds(holder, Role.CO_CHAIR)


def test_who_holds_another_seat_stays_in_the_group():
    holder = make_user()
    term = appoint(make_seat(), holder=holder, starts_on=day(-5))
    appoint(make_seat(), holder=holder)

    workflow.end_term(term, ends_on=day(-1), by=None, reason=WHY)

    assert holds(holder, Role.CO_CHAIR)


def test_the_group_is_settled_by_the_clock():
    from stepchange.settings import CELERY_BEAT_SCHEDULE

    planned = {row["task"] for row in CELERY_BEAT_SCHEDULE.values()}
    assert tasks.settle_co_chairs.name in planned


def test_buttons_and_enforcement_read_one_rule():
    assert CallAdmin.steps["redate"].policy is policies.may_redate
    assert TermAdmin.steps["end"].policy is policies.may_end
