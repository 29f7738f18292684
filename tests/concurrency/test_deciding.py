"""Deciding jointly at the same moment, on PostgreSQL: one decision, whoever comes first (laws 2 and 3).

`DECIDING_ROUNDS` makes it try longer.
"""

import os
from typing import Any

import pytest

from participants import workflow as participants_workflow
from participants.models import ProjectChoice
from participants.workflow.declarations import InterestGiven
from reviews import policies, workflow
from reviews.models import Decision, Key, Recusal, SettlementView, Split
from stepchange.models import Event
from stepchange.transitions import Refused
from tests.builders import make_declaration
from tests.concurrency.racing import at_once
from tests.reviews.deciding import Desk, make_desk

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
ROUNDS = int(os.environ.get("DECIDING_ROUNDS", "3"))


def desks() -> list[Desk]:
    """Return one desk, with another volunteer for each round."""
    desk = make_desk()
    return [desk, *(desk.with_another() for _ in range(ROUNDS - 1))]


def cast(desk: Desk, who: str, view: str = "accept") -> Any:
    return desk.cast(who, view)


def unexpected(given: list[Any]) -> list[Any]:
    return [each for each in given if isinstance(each, Exception) and not isinstance(each, Refused)]


def test_two_co_chairs_at_once_make_one_decision():
    for desk in desks():
        given = at_once(4, lambda n, desk=desk: cast(desk, ("business", "police")[n % 2]))

        assert unexpected(given) == []
        made = Decision.objects.get(choice=desk.choice)
        assert {made.business_key.state, made.police_key.state} == {"cast"}
        assert made.business_key.caster != made.police_key.caster
        assert Key.objects.cast().filter(choice=desk.choice).count() == 2
        assert Event.objects.about(made).of_kind("reviews.decision.made").count() == 1


def test_two_that_differ_at_once_make_one_split():
    for desk in desks():
        both = (("business", "accept"), ("police", "decline"))
        given = at_once(2, lambda n, desk=desk, both=both: cast(desk, *both[n]))

        assert unexpected(given) == []
        assert Split.objects.get(choice=desk.choice).state == "open"
        assert not Decision.objects.filter(choice=desk.choice).exists()


@pytest.mark.parametrize("how", ["withdraws", "withdraws all", "declares", "amends", "aside"])
def test_deciding_against_what_the_volunteer_or_the_other_does(how):
    """Either the decision was first, of keys that stand; or it is not made, and no key is left behind."""
    for desk in desks():
        desk.cast("business")

        def act(number: int, desk: Desk = desk) -> Any:
            if number:
                return cast(desk, "police")
            match how:
                case "withdraws":
                    return participants_workflow.withdraw_choice(desk.now(), by=desk.volunteer)
                case "withdraws all":
                    return participants_workflow.withdraw(desk.now().expression, by=desk.volunteer)
                case "declares":
                    return desk.declare(InterestGiven(kind="financial", party="Sablebrook"))
                case "amends":
                    return desk.amend()
            return workflow.stand_aside(desk.now(), by=desk.people["business"], reason="Friend.")

        given = at_once(2, act)

        assert unexpected(given) == []
        made = Decision.objects.filter(choice=desk.choice).first()
        if made:
            assert {made.business_key.state, made.police_key.state} == {"cast"}
        else:
            assert Key.objects.get(choice=desk.choice, side="business").state == "void"
        assert len(policies.counting_keys(desk.now(), 1)) <= (2 if made else 1)


def test_two_of_the_board_at_once_settle_once():
    for desk in desks():
        desk.cast("business", "accept")
        desk.cast("police", "decline")

        who = ("board private", "board police", "board government")
        given = at_once(3, lambda n, desk=desk, who=who: desk.settle(who[n], "decline"))

        assert unexpected(given) == []
        made = Decision.objects.get(choice=desk.choice)
        assert made.one_view.sector != made.other_view.sector
        assert SettlementView.objects.filter(split=made.split, state="cast").count() == 2


def test_a_mediation_and_a_settlement_end_a_split_once():
    for desk in desks():
        desk.cast("business", "accept")
        desk.cast("police", "decline")
        desk.settle("board private", "decline")
        split = Split.objects.get(choice=desk.choice)

        def act(number: int, desk: Desk = desk, split: Split = split) -> Any:
            if number:
                return desk.settle("board police", "decline")
            return workflow.mediate(split, by=desk.people["office"], how="Spoke to both.")

        given = at_once(2, act)

        assert unexpected(given) == []
        split.refresh_from_db()
        assert (split.state == "settled") == Decision.objects.filter(choice=desk.choice).exists()


def test_one_outcome_is_released_once():
    for desk in desks():
        desk.cast("business")
        desk.cast("police")

        given = at_once(
            3,
            lambda _n, desk=desk: workflow.release(
                Decision.objects.select_related("choice").get(choice=desk.choice),
                by=desk.people["office"],
            ),
        )

        assert unexpected(given) == []
        assert desk.now().state == ProjectChoice.State.OFFERED
        events = Event.objects.about(desk.now())
        assert events.of_kind("participants.choice.offered").count() == 1


def test_a_conflict_met_in_two_tabs_is_recorded_once():
    desk = make_desk()
    name = desk.choice.expression.person.organisation.name
    make_declaration(desk.people["business"], InterestGiven(kind="financial", party=name))

    given = at_once(4, lambda _n: cast(desk, "business"))

    assert [type(each) for each in given] == [Refused] * 4
    assert Recusal.objects.count() == 1


def test_releasing_against_a_withdrawal_leaves_one_outcome():
    for desk in desks():
        desk.cast("business")
        desk.cast("police")
        made = Decision.objects.get(choice=desk.choice)

        def act(number: int, desk: Desk = desk, made: Decision = made) -> Any:
            if number:
                return workflow.release(made, by=desk.people["office"])
            return participants_workflow.withdraw_choice(desk.now(), by=desk.volunteer)

        given = at_once(2, act)

        assert unexpected(given) == []
        assert desk.now().state in {"withdrawn", "offered"}
