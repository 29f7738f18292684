"""Seats and terms: given, shortened, ended, never overlapping, and the group that follows them."""

import pytest

from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role, holds
from stepchange.transitions import Overtaken, Refused
from tests.builders import make_seat, make_user
from tests.office import make_holder, office, seen
from tests.workstreams.moves import ONLY_MANAGERS, OVERTAKEN, WHY, appoint, day, make_term
from workstreams import policies, tasks, workflow
from workstreams.admin import CallAdmin, TermAdmin
from workstreams.models import Term

pytestmark = pytest.mark.django_db


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
