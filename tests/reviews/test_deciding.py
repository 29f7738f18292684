"""Joint decisions: two keys, blind until both are cast, resting on what they name (laws 2, 3 and 6)."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction

from participants import workflow as participants_workflow
from participants.models import ProjectChoice
from participants.workflow import outcomes
from participants.workflow.declarations import InterestGiven
from reviews import policies, workflow
from reviews.models import (
    Decision,
    Key,
    Question,
    Reassignment,
    Recusal,
    SettlementView,
    Split,
    StandIn,
)
from reviews.policies import Because, Part, WaitsFor
from reviews.workflow import ChangedSince, falling
from reviews.workflow.held import first_that_differs
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role, holds
from stepchange.transitions import Refused
from tests.builders import make_declaration, make_ready, make_user
from tests.guards import lifted
from tests.office import make_holder
from tests.reviews.deciding import make_desk, said
from workstreams import workflow as programme

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return make_desk()


def decision(desk) -> Decision:
    return Decision.objects.get(choice=desk.choice)


# Two keys ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("view", "outcome"), [("accept", "offered"), ("reserve", "reserve"), ("decline", "declined")]
)
def test_two_that_agree_decide(desk, view, outcome):
    first = desk.cast("business", view)
    assert not Decision.objects.exists()

    second = desk.cast("police", view)

    made = decision(desk)
    assert (made.outcome, made.basis) == (outcome, "joint")
    assert (made.business_key, made.police_key) == (first, second)
    assert made.relied_on["snapshot"]["number"] == 1
    assert desk.now().state == "pending"  # the volunteer sees nothing before the release
    assert first_that_differs() == ""


def test_one_key_decides_nothing_and_neither_does_turning_it_twice(desk):
    desk.cast("business", "accept")
    newer = desk.cast("business", "accept")

    assert not Decision.objects.exists()
    assert list(Key.objects.cast()) == [newer]
    assert Key.objects.filter(state="replaced").count() == 1


def test_two_that_differ_are_a_split(desk):
    desk.cast("business", "accept")
    desk.cast("police", "decline")

    assert Split.objects.get(choice=desk.choice).state == "open"
    assert not Decision.objects.exists()
    with pytest.raises(Refused, match="differ"):
        desk.cast("business", "decline")


def test_nobody_casts_after_it_is_decided(desk):
    desk.cast("business")
    desk.cast("police")

    with pytest.raises(Refused, match="decided jointly"):
        desk.cast("police", "decline")


@pytest.mark.parametrize(
    "who", ["business deputy", "police stand-in", "office", "board police", "volunteer"]
)
def test_only_who_holds_the_key_turns_it(desk, who):
    desk.people["volunteer"] = desk.volunteer
    with pytest.raises(Refused):
        desk.cast(who)


def test_a_reason_and_a_known_view_are_asked_for(desk):
    for fields in ({"reason": " "}, {"view": "ask"}, {"fit": 9}):
        with pytest.raises(Refused):
            desk.cast("business", **fields)
    desk.cast("business", fit=4, capacity=2, risk=1, notes="Ask about Leeds.")


def test_who_has_not_declared_sees_nobody(desk):
    late = make_ready(make_user(), declaration=False)
    type(desk.terms["police"]).objects.filter(pk=desk.terms["police"].pk).update(holder=late)
    desk.people["police"] = late

    with pytest.raises(Refused, match="declare your interests"):
        desk.cast("police")


def test_one_person_never_turns_both_keys(desk):
    """Not by holding seats of both sides, nor past the policies."""
    first = desk.cast("business")
    for kind in ("police", "police deputy"):
        term = desk.terms[kind]
        type(term).objects.filter(pk=term.pk).update(holder=desk.people["business"])

    assert policies.waiting_on(desk.now()).sides[1].holder is None
    with pytest.raises(Refused):
        workflow.cast(
            desk.now(),
            by=desk.people["business"],
            said=said("decline"),
            seen="",
        )
    fields = {field.attname: getattr(first, field.attname) for field in Key._meta.fields}
    fields |= {"id": None, "public_id": desk.choice.public_id, "side": "police"}
    with pytest.raises(IntegrityError, match="caster"), transaction.atomic():
        Key.objects.create(**fields)


def test_a_key_rests_on_what_the_page_showed(desk):
    seen = policies.versions_of(desk.now()).seen
    desk.declare(InterestGiven(kind="financial", party="Sablebrook"))

    with pytest.raises(ChangedSince):
        workflow.cast(desk.now(), by=desk.people["business"], said=said(), seen=seen)


# Blind ------------------------------------------------------------------------------------------------
SECRET = "They sold us nothing but smoke."


def test_nothing_of_a_key_is_told_before_both_are_cast(desk):
    key = desk.cast("business", "decline", reason=SECRET, notes="A second " + SECRET, risk=5)

    for who, user in {**desk.people, "volunteer": desk.volunteer}.items():
        seen = list(Key.objects.visible_to(user))
        assert seen == ([key] if who == "business" else [])
    told = " ".join(f"{e.kind} {e.facts} {e.personal}" for e in Event.objects.all())
    assert SECRET not in told
    assert "decline" not in told.replace("declined", "")
    waiting = policies.waiting_on(desk.now())
    assert (waiting.sides[0].cast_by, waiting.sides[0].since) == (key.caster, key.cast_at)
    assert "decline" not in repr(waiting)
    # Not to be guessed from the digest that the record has: it is salted.
    assert len({policies.digest_of_key(key), desk.cast("business", "decline").digest}) == 2

    desk.cast("police", "accept")

    mine = Key.objects.visible_to(desk.people["police"]).filter(side="business")
    assert mine.get().view == "decline"


def test_a_held_outcome_is_in_no_event(desk):
    desk.cast("business", "decline")
    desk.cast("police", "decline")

    told = " ".join(f"{e.facts} {e.personal}" for e in Event.objects.all())
    assert "decline" not in told


# What it rests on changes -------------------------------------------------------------------------------
@pytest.mark.parametrize("changed", ["amended", "redeclared"])
def test_what_the_volunteer_changes_voids_a_key_that_rests_on_it(desk, changed):
    key = desk.cast("business")

    desk.amend() if changed == "amended" else desk.declare()

    key.refresh_from_db()
    assert (key.state, key.void_because) == ("void", changed)
    said_so = Event.objects.about(key).of_kind("reviews.key.voided").get()
    assert said_so.facts["because"] == changed
    desk.cast("police")
    assert not Decision.objects.exists()
    desk.cast("business")
    assert decision(desk).business_key != key


@pytest.mark.parametrize("changed", ["amended", "redeclared"])
def test_an_older_key_counts_no_more_even_where_its_fall_was_not_recorded(desk, changed):
    """As when whoever changed it did not wait for somebody who was deciding."""
    desk.cast("business")
    with patch.dict(falling.ANEW, clear=True):
        desk.amend() if changed == "amended" else desk.declare()
    assert Key.objects.get().state == "cast"

    assert not policies.waiting_on(desk.now()).sides[0].is_cast
    desk.cast("police")

    assert not Decision.objects.exists()
    assert Key.objects.get(side="business").void_because == changed


def test_a_deputys_key_stands_when_the_seat_is_filled_again(desk):
    office = desk.people["office"]
    workflow.reassign(desk.now(), side="business", to="deputy", by=office, reason="On leave.")
    key = desk.cast("business deputy")
    Reassignment.objects.create(
        choice=desk.choice, side="business", to="stand-in", by=office, reason="x"
    )
    desk.stand_in("business stand-in", "business")

    with pytest.raises(Refused, match="was cast already"):
        desk.cast("business stand-in", "decline")
    assert list(Key.objects.cast()) == [key]


def test_withdrawing_voids_a_key(desk):
    desk.cast("business")

    participants_workflow.withdraw_choice(desk.now(), by=desk.volunteer)

    assert Key.objects.get().void_because == "withdrawn"
    with pytest.raises(Refused, match="withdrawn"):
        desk.cast("police")
    assert policies.waiting_on(desk.now()).blockers == ()


def test_an_amendment_voids_an_open_split_with_the_views_on_it(desk):
    desk.cast("business", "accept")
    desk.cast("police", "decline")
    desk.settle("board private")

    desk.amend()

    split, view = Split.objects.get(), SettlementView.objects.get()
    assert (split.state, split.void_because, view.state) == ("void", "amended", "void")
    assert policies.round_of(desk.now()) == 2
    desk.cast("business")
    desk.cast("police")
    assert decision(desk).round == 2


def test_what_changes_after_a_decision_is_flagged_and_undoes_nothing(desk):
    desk.cast("business")
    desk.cast("police")
    made = decision(desk)
    with pytest.raises(Refused, match="Nothing that it rests on"):
        workflow.look_at_anew(made, by=desk.people["office"], reason="To be sure.")

    desk.declare(InterestGiven(kind="financial", party="Sablebrook"))

    assert Key.objects.cast().count() == 2
    assert len(policies.what_changed(made)) == 1
    with pytest.raises(Refused, match="has changed since"):
        workflow.release(made, by=desk.people["office"])
    workflow.look_at_anew(made, by=desk.people["business"], reason="They declared Sablebrook.")
    desk.cast("business", "decline")
    desk.cast("police", "decline")
    newest = Decision.objects.latest("round")
    assert (newest.outcome, newest.round) == ("declined", 2)
    with pytest.raises(Refused, match="looked at anew"):
        workflow.release(made, by=desk.people["office"], reason="All the same.")
    workflow.release(newest, by=desk.people["office"])
    assert policies.joint_decision(desk.now()) == newest


def test_a_term_that_ends_after_casting_leaves_the_key(desk):
    key = desk.cast("business")
    term = desk.terms["business"]
    type(term).objects.filter(pk=term.pk).update(ends_on=clock.today() - timedelta(days=1))

    desk.cast("police")

    assert decision(desk).business_key == key
    assert key.term == term


def test_who_is_conflicted_after_casting_counts_no_more(desk):
    desk.cast("business")
    name = desk.choice.expression.person.organisation.name
    make_declaration(desk.people["business"], InterestGiven(kind="shareholdings", party=name))

    assert policies.waiting_on(desk.now()).sides[0].holder == desk.people["business deputy"]
    desk.cast("police")

    assert not Decision.objects.exists()
    assert Key.objects.get(side="business").void_because == "conflicted"
    desk.cast("business deputy")
    made = decision(desk)
    assert made.business_key.cast_as == "deputy"
    recusal = Recusal.objects.get(user=desk.people["business"])
    assert (recusal.basis, recusal.side) == ("computed", "business")


# Standing aside -----------------------------------------------------------------------------------------
def test_standing_aside_passes_the_key_down_the_side_and_then_it_waits(desk):
    for who in ("business", "business deputy"):
        workflow.stand_aside(desk.now(), by=desk.people[who], reason="A friend.")
    waiting = policies.waiting_on(desk.now())
    assert waiting.sides[0].waits_for is WaitsFor.STAND_IN_TO_BE_NAMED
    assert waiting.blockers == (desk.people["police"],)
    with pytest.raises(Refused, match="stood aside"):
        desk.cast("business")

    desk.stand_in("business stand-in", "business")

    assert holds(desk.people["business stand-in"], Role.CO_CHAIR)
    key = desk.cast("business stand-in")
    desk.cast("police")
    assert decision(desk).business_key == key
    assert key.stand_in == StandIn.objects.get()


def test_standing_aside_voids_ones_own_key_and_is_recorded_once(desk):
    desk.cast("business")

    first = workflow.stand_aside(desk.now(), by=desk.people["business"], reason="A friend.")
    again = workflow.stand_aside(desk.now(), by=desk.people["business"], reason="A friend.")

    assert first == again
    assert Key.objects.get().void_because == "recused"


def test_standing_aside_from_a_person_binds_in_every_role(desk):
    workflow.stand_aside(
        desk.now(), by=desk.people["board police"], reason="My brother.", from_person=True
    )
    desk.cast("business", "accept")
    desk.cast("police", "decline")

    with pytest.raises(Refused, match="stood aside"):
        desk.settle("board police")


def test_a_vacant_side_waits_for_the_office_to_appoint(desk):
    yesterday = clock.today() - timedelta(days=1)
    for who in ("police", "police deputy"):
        programme.end_term(desk.terms[who], ends_on=yesterday, by=None, reason="Retired.")

    side = policies.waiting_on(desk.now()).sides[1]

    assert side.waits_for is WaitsFor.APPOINTMENT
    assert [each.because for each in side.holding.passed] == [Because.VACANT] * 3


def test_the_office_gives_a_key_to_the_deputy_with_a_reason(desk):
    office = desk.people["office"]
    workflow.reassign(desk.now(), side="business", to="deputy", by=office, reason="On leave.")

    with pytest.raises(Refused):
        desk.cast("business")
    desk.cast("business deputy")
    with pytest.raises(Refused, match="was cast"):
        workflow.reassign(desk.now(), side="business", to="co-chair", by=office, reason="Back.")


@pytest.mark.parametrize(
    "fields",
    [
        {"side": "police"},
        {"by": "business stand-in"},
        {"by": "office"},
        {"organisation": "business"},
        {"ends_on": clock.today() - timedelta(days=400)},
        {"reason": ""},
    ],
    ids=str,
)
def test_the_board_names_whom_it_may(desk, fields):
    given = dict(fields)
    if "by" in given:
        given["by"] = desk.people[given["by"]]
    if "organisation" in given:
        given["organisation"] = desk.organisations[given["organisation"]]
    with pytest.raises(Refused):
        desk.stand_in("business stand-in", **{"side": "business"} | given)


def test_nobody_names_themself(desk):
    with pytest.raises(Refused, match="themself"):
        desk.stand_in("board private", "business", by=desk.people["board private"])


def test_a_stand_in_whose_time_ends_sooner_stands_in_no_more(desk):
    named = desk.stand_in(
        "business stand-in", "business", starts_on=clock.today() - timedelta(days=9)
    )
    board = desk.people["board police"]
    workflow.end_stand_in(named, ends_on=clock.today() - timedelta(days=1), by=board, reason="Ill.")

    assert not policies.sides_of(desk.people["business stand-in"], desk.project.work_stream)
    assert not holds(desk.people["business stand-in"], Role.CO_CHAIR)


# Law 3 --------------------------------------------------------------------------------------------------
def _same_organisation(desk):
    person = desk.choice.expression.person
    type(person).objects.filter(pk=person.pk).update(organisation=desk.organisations["business"])


def _interest_in_project(desk):
    make_declaration(
        desk.people["business"],
        InterestGiven(kind="financial", party="A trust", project=desk.project.code),
    )


def _names_organisation(desk):
    _declares(desk, desk.choice.expression.person.organisation.name)


def _declares(desk, name):
    make_declaration(desk.people["business"], InterestGiven(kind="financial", party=name))


@pytest.mark.parametrize("own", [_same_organisation, _interest_in_project, _names_organisation])
def test_nobody_decides_about_their_own(desk, own):
    own(desk)

    assert policies.may_review(desk.people["business"], desk.now())
    with pytest.raises(Refused):
        desk.cast("business")
    assert Recusal.objects.get().basis == "computed"
    assert policies.waiting_on(desk.now()).sides[0].holder == desk.people["business deputy"]
    with pytest.raises(Refused):
        workflow.ask(desk.now(), by=desk.people["business"], text="Why?")
    assert workflow.shortlist([desk.now()], by=desk.people["business"]).choices == []


# Splits ---------------------------------------------------------------------------------------------------
@pytest.fixture
def split(desk) -> Split:
    desk.cast("business", "accept")
    desk.cast("police", "decline")
    return Split.objects.get()


def test_a_mediated_split_is_cast_anew(desk, split):
    workflow.mediate(split, by=desk.people["office"], how="Both spoke to the referee.")

    desk.cast("business", "reserve")
    desk.cast("police", "reserve")

    assert decision(desk).round == 2
    with pytest.raises(Refused):
        workflow.mediate(split, by=desk.people["office"], how="Again.")


def test_only_the_office_mediates(desk, split):
    for who in ("business", "board private"):
        with pytest.raises(Refused):
            workflow.mediate(split, by=desk.people[who], how="I say so.")


def test_two_of_the_board_of_different_sectors_settle(desk, split):
    first = desk.settle("board private", "decline")
    assert list(SettlementView.objects.visible_to(desk.people["office"])) == []
    assert list(SettlementView.objects.visible_to(desk.people["board private"])) == [first]
    other = make_holder(Role.BOARD)
    with pytest.raises(Refused, match="which organisation"):
        workflow.settle(split, by=other, view="accept", reason="x", seen="")

    desk.settle("board government", "accept")
    assert not Decision.objects.exists()
    assert Split.objects.get().state == "open"
    assert SettlementView.objects.visible_to(desk.people["office"]).count() == 2
    desk.settle("board government", "decline")

    made = decision(desk)
    assert (made.basis, made.outcome, made.split) == ("settled", "declined", split)
    assert made.one_view.sector != made.other_view.sector
    assert Split.objects.get().state == "settled"
    assert first_that_differs() == ""


def test_one_sector_settles_nothing(desk, split):
    desk.settle("board private")
    second = make_holder(Role.BOARD, name="second")
    person = participants_workflow.person_of(second)
    person.organisation = desk.organisations["business deputy"]
    person.save()
    desk.people["second"] = second

    with pytest.raises(Refused, match="of your sector"):
        desk.settle("second")


def test_who_turned_a_key_settles_nothing(desk, split):
    both = desk.people["business"]
    both.groups.add(*make_holder(Role.BOARD).groups.all())

    with pytest.raises(Refused, match="turned a key"):
        desk.settle("business")


# Released -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("view", "state"), [("accept", "offered"), ("reserve", "reserve"), ("decline", "declined")]
)
def test_a_release_moves_the_choice(desk, view, state):
    desk.cast("business", view)
    desk.cast("police", view)

    workflow.release(decision(desk), by=desk.people["office"])

    assert desk.now().state == state
    assert policies.joint_decision(desk.now()) == decision(desk)
    with pytest.raises(Refused):
        workflow.release(decision(desk), by=desk.people["office"])


def test_outcomes_are_held_until_the_call_has_closed_for_the_person():
    desk = make_desk(is_rolling=False)
    desk.cast("business")
    desk.cast("police")

    done = workflow.release_together([decision(desk)], by=desk.people["office"])

    assert done.releases == []
    assert "once the call has closed" in done.refused[0][1]
    type(desk.call).objects.update(closes_at=clock.now())
    fresh = Decision.objects.get()
    assert len(workflow.release_together([fresh], by=desk.people["office"]).releases) == 1


@pytest.mark.parametrize("who", ["business", "board private"])
def test_only_the_office_releases(desk, who):
    desk.cast("business")
    desk.cast("police")
    with pytest.raises(Refused):
        workflow.release(decision(desk), by=desk.people[who])


def test_what_was_withdrawn_is_not_released(desk):
    desk.cast("business")
    desk.cast("police")
    participants_workflow.withdraw_choice(desk.now(), by=desk.volunteer)

    with pytest.raises(Refused, match="withdrawn"):
        workflow.release(decision(desk), by=desk.people["office"])


@pytest.mark.parametrize("move", [outcomes.offer, outcomes.put_on_reserve, outcomes.decline])
def test_no_outcome_moves_past_a_joint_decision(desk, move):
    for user in (desk.people["office"], desk.people["business"]):
        with pytest.raises(Refused, match="not decided jointly"):
            move(desk.now(), by=user)


def test_who_is_on_the_reserve_list_is_decided_about_again(desk):
    for who in ("business", "police"):
        desk.cast(who, "reserve")
    workflow.release(decision(desk), by=desk.people["office"])

    with pytest.raises(Refused, match="reserve list already"):
        desk.cast("business", "reserve")
    desk.cast("business")
    desk.cast("police")

    newest = Decision.objects.latest("round")
    workflow.release(newest, by=desk.people["office"])
    assert (newest.round, desk.now().state) == (2, "offered")


# The shortlist, questions, the explanation ----------------------------------------------------------------
def test_the_shortlist_is_administrative_and_can_be_undone(desk):
    police, office = desk.people["police"], desk.people["office"]
    assert workflow.would_shortlist([desk.now()], by=police).choices == [desk.choice]
    assert desk.now().state == "pending"

    workflow.shortlist([desk.now()], by=police)
    assert desk.now().state == "shortlisted"
    assert not Key.objects.exists()
    assert workflow.take_off_shortlist([desk.now()], by=office).choices == []
    workflow.take_off_shortlist([desk.now()], by=desk.people["business"])

    assert desk.now().state == ProjectChoice.State.PENDING


def test_who_asked_is_hidden_from_the_other_side(desk):
    asked = workflow.ask(desk.now(), by=desk.people["business"], text="Which hotels?")
    with pytest.raises(Refused):
        workflow.answer(asked, by=desk.people["police"], text="All.")
    workflow.answer(asked, by=desk.volunteer, text="Three in Leeds.")
    with pytest.raises(Refused):
        workflow.answer(asked, by=desk.volunteer, text="Four.")

    assert not policies.sees_who_asked(desk.people["police"], asked)
    assert desk.people["business"].record_key not in str(
        list(Event.objects.about(asked).values("facts", "actor__public_id"))
    )
    desk.cast("business")
    desk.cast("police")

    assert policies.sees_who_asked(desk.people["police"], asked)
    assert not policies.sees_who_asked(desk.volunteer, asked)
    assert Question.objects.get().answer == "Three in Leeds."


def test_a_decision_is_explained(desk, django_assert_max_num_queries):
    workflow.ask(desk.now(), by=desk.people["business"], text="Which hotels?")
    desk.cast("business", "accept")
    desk.amend()
    workflow.stand_aside(desk.now(), by=desk.people["business"], reason="A friend.")
    desk.cast("business deputy", "accept")
    desk.cast("police", "decline", reason="Too far away.")
    workflow.mediate(Split.objects.get(), by=desk.people["office"], how="Spoke to both.")
    desk.cast("business deputy", "accept")
    desk.cast("police", "accept")
    made = Decision.objects.select_related("choice__expression").get()

    with django_assert_max_num_queries(12):
        told = policies.explain(made)

    assert [each.part for each in told.happened] == [
        Part.QUESTION,
        Part.KEY,
        Part.KEY_ENDED,
        Part.RECUSAL,
        Part.KEY,
        Part.KEY,
        Part.SPLIT,
        Part.SPLIT_ENDED,
        Part.KEY,
        Part.KEY,
        Part.DECISION,
    ]
    assert [each.by for each in told.made_by] == [
        desk.people["business deputy"],
        desk.people["police"],
    ]
    assert told.happened[5].why == "Too far away."
    assert told.relied_on["snapshot"]["number"] == 2
    assert policies.may_read_explanation(desk.people["business"], made)
    assert policies.may_read_explanation(desk.people["office"], made) is None


# What was written stays ---------------------------------------------------------------------------------
@pytest.mark.parametrize("field", ["view", "caster_id", "round", "salt", "digest", "fit"])
def test_what_a_key_says_never_changes(desk, field):
    desk.cast("business")
    value = {"caster_id": desk.volunteer.pk, "round": 2, "fit": 2}.get(field, "decline")
    for change in (lambda: Key.objects.update(**{field: value}), Key.objects.all().delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_what_is_changed_past_the_guards_is_found(desk):
    desk.cast("business")
    desk.cast("police")
    with lifted():
        if transaction.get_connection().vendor == "postgresql":
            return  # the guards over keys stand there even for a flush
        Key.objects.filter(side="police").update(view="decline")

    assert "does not hold what its digest names" in first_that_differs()
