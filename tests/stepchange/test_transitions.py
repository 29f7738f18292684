"""A table of moves: what it offers, what it refuses and why, and that one move wins."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from projects.models import Milestone
from stepchange import clock
from stepchange.models import Event
from stepchange.transitions import Overtaken, Refused, Table, Transition, anyone
from tests.builders import make_call, make_milestone, make_user
from workstreams.models import Call

STATES = [state.value for state in Call.State]


def never(_by, _subject):
    return "Ask the office."


def only_named(by, _subject):
    return None if by else "Sign in first."


TABLE = Table(
    "test.call",
    Transition(
        name="publish",
        event="published",
        sources=("draft",),
        target="published",
        label="Publish",
        policy=anyone,
    ),
    Transition(
        name="close",
        event="ended",
        sources=("published",),
        target="closed",
        label="Close",
        policy=only_named,
        asks_reason=True,
    ),
    Transition(
        name="archive",
        event="archived",
        sources=("draft", "closed"),
        target="archived",
        label="Archive",
        policy=never,
    ),
    model="workstreams.Call",
)

# Every state and every move: None where it is made, otherwise the words of the refusal.
TRUTH = {
    ("draft", "publish"): None,
    ("draft", "close"): "“Close” is not possible: it is draft.",
    ("draft", "archive"): "Ask the office.",
    ("published", "publish"): "“Publish” is not possible: it is published.",
    ("published", "close"): "Sign in first.",
    ("published", "archive"): "“Archive” is not possible: it is published.",
    ("closed", "publish"): "“Publish” is not possible: it is closed.",
    ("closed", "close"): "“Close” is not possible: it is closed.",
    ("closed", "archive"): "Ask the office.",
    ("archived", "publish"): "“Publish” is not possible: it is archived.",
    ("archived", "close"): "“Close” is not possible: it is archived.",
    ("archived", "archive"): "“Archive” is not possible: it is archived.",
}


def test_the_truth_table_is_complete():
    assert set(TRUTH) == {(state, row.name) for state in STATES for row in TABLE}


@pytest.mark.parametrize(("state", "name"), TRUTH)
@pytest.mark.django_db
def test_each_move_from_each_state(state, name):
    call = make_call(state=state)

    refusal = None
    try:
        TABLE.move(call, name, by=None, reason="Because")
    except Refused as error:
        refusal = str(error)

    assert refusal == TRUTH[state, name]
    stored = Call.objects.get(pk=call.pk).state
    assert stored == call.state == (TABLE.transitions[name].target if refusal is None else state)
    assert Event.objects.count() == (refusal is None)


@pytest.mark.parametrize("state", STATES)
def test_what_is_offered_is_what_would_be_enforced(state):
    call = Call(state=state)

    offered = {offer.transition.name: offer.refusal for offer in TABLE.offers(call, None)}

    possible_from_here = {row.name for row in TABLE if state in row.sources}
    assert offered == {name: TRUTH[state, name] for name in possible_from_here}
    assert [offer.possible for offer in TABLE.offers(call, None)] == [
        TRUTH[state, name] is None for name in offered
    ]


@pytest.mark.django_db
def test_a_move_is_recorded_with_who_what_why_and_from_where():
    call, actor = make_call(state="published"), make_user()

    event = TABLE.move(
        call, "close", by=actor, reason="It is time", facts={"note": 7}, values={"name": "Ended"}
    )

    assert (event.kind, event.actor, event.reason) == ("test.call.ended", actor, "It is time")
    assert event.facts == {"from": "published", "to": "closed", "note": 7}
    assert list(Event.objects.about(call)) == [event]
    call.refresh_from_db()
    assert (call.state, call.name) == ("closed", "Ended")


@pytest.mark.parametrize("reason", ["", "  \n\t "])
@pytest.mark.django_db
def test_a_reason_that_is_asked_for_must_be_given(reason):
    call = make_call(state="published")

    with pytest.raises(Refused, match="Say why: the reason is kept in the record"):
        TABLE.move(call, "close", by=make_user(), reason=reason)

    assert Call.objects.get().state == "published"


@pytest.mark.django_db
def test_who_was_overtaken_is_told_and_changes_nothing():
    call = make_call(state="draft")
    stale = Call.objects.get(pk=call.pk)
    TABLE.move(call, "publish", by=None)

    with pytest.raises(Overtaken, match="Somebody changed this a moment ago"):
        TABLE.move(stale, "publish", by=None, values={"name": "Mine"})

    assert stale.state == "draft"
    assert (Call.objects.get().state, Call.objects.get().name) == ("published", call.name)
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_without_its_record_a_move_is_not_made(monkeypatch):
    call = make_call(state="draft")
    monkeypatch.setattr("stepchange.transitions.record", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        TABLE.move(call, "publish", by=None)

    assert call.state == Call.objects.get().state == "draft"


def test_an_unknown_move_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        TABLE.check(Call(state="draft"), "abolish", by=None)


def test_two_rows_of_one_name_are_refused():
    row = TABLE.transitions["publish"]

    with pytest.raises(ValueError, match=r"Two transitions of test\.call share a name"):
        Table("test.call", row, row, model="workstreams.Call")


@pytest.mark.django_db
def test_a_table_moves_no_row_of_another_model():
    milestone = make_milestone()

    with pytest.raises(TypeError, match=r"moves workstreams\.Call, not projects\.Milestone"):
        TABLE.move(milestone, "publish", by=None)
    with pytest.raises(TypeError, match=r"moves workstreams\.Call, not projects\.Milestone"):
        TABLE.advance(Milestone.objects.all(), "publish")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_twenty_equal_moves_one_is_made():
    call = make_call(state="draft", opens_at=clock.now() - timedelta(days=1))
    copies = [Call.objects.get(pk=call.pk) for _ in range(20)]
    start, outcomes = threading.Barrier(len(copies)), []

    def move(copy: Call) -> None:
        start.wait(timeout=60)
        try:
            TABLE.move(copy, "publish", by=None)
            outcomes.append("made")
        except Overtaken:
            outcomes.append("overtaken")
        finally:
            connection.close()

    threads = [threading.Thread(target=move, args=[copy]) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert sorted(outcomes) == ["made"] + ["overtaken"] * 19
    assert Event.objects.of_kind("test.call.published").count() == 1
    assert Call.objects.get().state == "published"


def test_a_row_that_names_no_policy_is_no_row():
    with pytest.raises(TypeError, match="policy"):
        Transition(name="open", event="opened", sources=("shut",), target="open", label="Open")


@pytest.mark.django_db
def test_what_else_is_expected_must_still_be_so():
    call = make_call(state="draft", name="As it was read")
    Call.objects.filter(pk=call.pk).update(name="Renamed meanwhile")

    with pytest.raises(Overtaken):
        TABLE.move(call, "publish", by=None, expected={"name": call.name})

    call.refresh_from_db()
    assert call.state == "draft"
    assert not Event.objects.filter(kind="test.call.published").exists()
