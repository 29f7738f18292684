"""When those who decide jointly are told that something waits, and a participant of an outcome."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from communications import workflow as ledger
from communications.models import Email
from communications.notices import NOTICES
from participants import workflow as participants_workflow
from participants.workflow import person_of
from reviews import workflow
from reviews.models import Split, StandIn
from stepchange import clock
from tests.builders import make_call, make_submitted
from tests.communications.sink import Sink
from tests.reviews.deciding import Desk, make_desk
from tests.reviews.telling import OF_REVIEWING, release, release_held
from workstreams.models import Term

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOON = "2027-03-01T12:00:00Z"


@pytest.fixture
def hands():
    with time_machine.travel(NOON, tick=False) as hands:
        yield hands


@pytest.fixture
def desk(hands) -> Desk:
    now = clock.now()
    call = make_call(opens_at=now - 9 * DAY, closes_at=now + 400 * DAY, is_rolling=True)
    return make_desk(call=call)


def told(desk: Desk, sink: Sink) -> list[tuple[str, str]]:
    """Send what is due; return which notice of reviewing went to whom, by what they are here."""
    ledger.sweep()
    people = {"volunteer": desk.volunteer, **desk.people}
    names = {user.email: who for who, user in people.items()}
    sent = Email.objects.filter(state="sent", notice__in=OF_REVIEWING)
    assert sink.recipients is not None
    return sorted((email.notice, names.get(email.address, "office inbox")) for email in sent)


# A key that waits ---------------------------------------------------------------------------------
def test_only_who_blocks_is_reminded_after_a_week_and_once_a_week(desk, hands, sink):
    desk.cast("police")
    assert told(desk, sink) == []
    for days, number in ((6, 0), (7, 1), (8, 1), (13, 1), (14, 2), (15, 2)):
        hands.move_to(f"2027-03-{1 + days:02}T12:00:00Z")
        assert told(desk, sink) == [("key_waits", "business")] * number, days

    desk.cast("business")
    hands.move_to("2027-04-20T12:00:00Z")
    assert len(told(desk, sink)) == 2


def test_both_are_reminded_while_neither_has_cast(desk, hands, sink):
    hands.move_to("2027-03-09T12:00:00Z")
    assert told(desk, sink) == [("key_waits", "business"), ("key_waits", "police")]


def test_many_who_wait_make_one_letter(desk, hands, sink):
    for _each in range(3):
        make_submitted(desk.project, call=desk.call)
    hands.move_to("2027-03-09T12:00:00Z")
    assert len(told(desk, sink)) == 2


def test_a_key_that_was_given_to_the_deputy_is_waited_for_there(desk, hands, sink):
    desk.cast("police")
    workflow.reassign(
        desk.now(), side="business", to="deputy", by=desk.people["office"], reason="Away."
    )
    hands.move_to("2027-03-09T12:00:00Z")
    assert told(desk, sink) == [("key_waits", "business deputy")]


def test_a_reminder_that_waited_for_the_morning_stops_when_the_key_is_cast(desk, hands, sink):
    desk.cast("police")
    hands.move_to("2027-03-09T02:00:00Z")
    assert told(desk, sink) == []
    desk.cast("business")
    hands.move_to("2027-03-09T12:00:00Z")

    assert told(desk, sink) == []
    assert Email.objects.get(notice="key_waits").state == "suppressed"


# A key that counts no more ------------------------------------------------------------------------
@pytest.mark.parametrize("changed", ["amended", "redeclared"])
def test_who_has_cast_is_told_that_it_counts_no_more(desk, sink, changed):
    desk.cast("business")
    desk.amend() if changed == "amended" else desk.declare()
    assert told(desk, sink) == [("key_voided", "business")]


@pytest.mark.parametrize("way", ["cast again", "stood aside", "withdrawn"])
def test_it_is_not_told_where_there_is_nothing_to_do(desk, sink, way):
    desk.cast("business")
    if way == "stood aside":
        workflow.stand_aside(desk.now(), by=desk.people["business"], reason="A cousin.")
    elif way == "withdrawn":
        participants_workflow.withdraw_choice(desk.now(), by=desk.volunteer)
    else:
        desk.amend()
        desk.cast("business")
    assert told(desk, sink) == []


# A split ------------------------------------------------------------------------------------------
def split(desk: Desk) -> None:
    desk.cast("business", "accept")
    desk.cast("police", "decline")


def test_a_split_is_told_to_those_of_the_board_who_may_settle_it(desk, sink):
    person = person_of(desk.volunteer)
    person.organisation = desk.organisations["board private"]
    person.save()
    split(desk)
    assert told(desk, sink) == [
        ("split_to_settle", "board government"),
        ("split_to_settle", "board police"),
    ]
    assert told(desk, sink) == told(desk, sink)


@pytest.mark.parametrize("way", ["settled", "mediated", "amended", "given"])
def test_it_is_not_told_once_there_is_nothing_to_settle(desk, sink, way):
    split(desk)
    if way == "mediated":
        workflow.mediate(Split.objects.get(), by=desk.people["office"], how="Both met.")
    elif way == "amended":
        desk.amend()
    else:
        desk.settle("board private")
        if way == "settled":
            desk.settle("board police")
    found = [who for notice, who in told(desk, sink) if notice == "split_to_settle"]
    assert found == (["board government", "board police"] if way == "given" else [])


# A side without anybody ---------------------------------------------------------------------------
def test_a_side_that_nobody_can_turn_is_told_of_once_a_week_to_who_sees_to_it(desk, hands, sink):
    for who in ("business", "business deputy"):
        workflow.stand_aside(desk.now(), by=desk.people[who], reason="A cousin.")
    desk.cast("police")
    board = [
        ("stand_in_to_name", who) for who in ("board government", "board police", "board private")
    ]
    both = [("seat_to_fill", "office inbox"), *board]
    assert told(desk, sink) == []
    hands.move_to("2027-03-02T12:00:00Z")
    assert told(desk, sink) == told(desk, sink) == both
    hands.move_to("2027-03-09T12:01:00Z")
    assert told(desk, sink) == sorted(both * 2)

    desk.stand_in("business stand-in", "business")
    hands.move_to("2027-03-17T12:00:00Z")
    assert [each for each in told(desk, sink) if each[0] != "key_waits"] == sorted(both * 2)


def test_a_vacant_side_is_the_offices_to_fill_and_not_the_boards_to_name_for(desk, hands, sink):
    Term.objects.filter(seat__side="police").update(ends_on=clock.today() - DAY)
    hands.move_to("2027-03-02T12:00:00Z")
    assert told(desk, sink) == [("seat_to_fill", "office inbox")]


def test_found_at_night_and_filled_by_morning_it_is_not_told(desk, hands, sink):
    hands.move_to("2027-03-03T02:00:00Z")
    Term.objects.filter(seat__side="police").update(ends_on=clock.today() - DAY)
    assert told(desk, sink) == []
    StandIn.objects.create(
        work_stream=desk.project.work_stream,
        side="police",
        holder=desk.people["police stand-in"],
        organisation=desk.organisations["police stand-in"],
        ends_on=clock.today() + DAY,
        named_by=desk.people["board private"],
        reason="Vacant.",
    )
    hands.move_to("2027-03-03T12:00:00Z")
    assert told(desk, sink) == []


# An outcome ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("view", ["reserve", "decline"])
def test_an_outcome_is_told_once_it_is_released(desk, sink, view):
    desk.cast("business", view)
    desk.cast("police", view)
    assert told(desk, sink) == []
    release_held(desk)
    assert told(desk, sink) == told(desk, sink) == [("outcome_released", "volunteer")]


@pytest.mark.parametrize("view", ["accept", "reserve", "decline"])
def test_each_outcome_makes_one_letter_that_does_not_tell_it(desk, sink, view):
    release(desk, view)
    told(desk, sink)

    (letter,) = Email.objects.filter(state="sent", address=desk.volunteer.email).exclude(
        notice="receipt"
    )
    assert letter.notice == ("offer_to_answer" if view == "accept" else "outcome_released")
    body = sink.letters[-1].get_body(preferencelist=("plain",)).get_content()
    for secret in ("SECRET", desk.project.code, "declin", "reserve", "offered"):
        assert secret not in body
    assert desk.choice.expression.reference in body


def test_looking_for_what_waits_costs_as_much_for_many(desk, hands, django_assert_max_num_queries):
    hands.move_to("2027-03-20T12:00:00Z")
    looks = NOTICES["key_waits"].by_long_look
    counts = []
    for _each in range(2):
        with django_assert_max_num_queries(60) as asked:
            assert len(list(looks())) == 2
        counts.append(len(asked))
        for _another in range(3):
            make_submitted(desk.project, call=desk.call)
    assert counts[0] == counts[1]
