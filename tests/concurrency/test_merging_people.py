"""Two of the office merge the same people at once, and people submit meanwhile."""

import pytest

from participants import workflow
from participants.models import ExpressionOfInterest, LikelyPair, Person
from participants.workflow import likeness, merging
from stepchange import clock
from stepchange.roles import synchronise_groups
from stepchange.transitions import Refused
from tests.builders import make_call, make_draft
from tests.concurrency.racing import at_once
from tests.participants.likeness.alike import MOBILE, WHY, make_alike, make_person, manager, pair_of

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_merged_in_both_directions_at_once_exactly_one_is_done():
    synchronise_groups()
    one, other = make_alike()
    managers = [manager() for _ in range(6)]

    def merges(number: int) -> None:
        mine, into = (one, other) if number % 2 else (other, one)
        merging.merge_people(mine, into=into, by=managers[number], reason=WHY)

    outcomes = at_once(6, merges)

    assert sum(outcome is None for outcome in outcomes) == 1
    assert all(outcome is None or isinstance(outcome, Refused) for outcome in outcomes)
    assert Person.objects.filter(merged_into__isnull=False).count() == 1
    assert pair_of(one, other).state == "merged"


def test_of_a_merge_and_a_submission_in_the_same_moment_one_is_refused():
    synchronise_groups()
    by, call = manager(), make_call()
    for _ in range(4):
        draft = make_draft(call=call)
        user = draft.person.user
        mine = draft.person
        ExpressionOfInterest.objects.create(
            person=mine, call=make_call(state="closed"), state="withdrawn", submitted_at=clock.now()
        )
        other = make_person("Amina Thistlewood", call=call, state="submitted")
        merging.suggest(mine, other=other, by=by, reason=WHY)

        def act(number, mine=mine, other=other, draft=draft, user=user):
            if number:
                merging.merge_people(mine, into=other, by=by, reason=WHY)
            else:
                workflow.submit(draft, by=user, received_at=clock.now())

        outcomes = at_once(2, act)
        done = [outcome is None or not isinstance(outcome, Exception) for outcome in outcomes]
        assert sorted(done) == [False, True], outcomes
        assert all(isinstance(each, Refused) for each in outcomes if isinstance(each, Exception))


def test_swept_twice_at_once_each_is_compared_once_and_each_pair_made_once():
    people = [
        make_person(f"{name} Hartnoll", telephone=MOBILE) for name in ("Will", "Bill", "Willie")
    ]
    counts = at_once(4, lambda _number: likeness.compare_due())

    assert [count for count in counts if isinstance(count, Exception)] == []
    likeness.compare_due()
    assert not Person.objects.to_be_compared().exists()
    assert LikelyPair.objects.of(people).count() == 3
