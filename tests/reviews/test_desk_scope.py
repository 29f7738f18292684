"""What is on a desk is what law 3 leaves, and waits for whom the engine says (laws 2, 3 and 7)."""

import pytest

from participants.models import ProjectChoice
from participants.workflow import person_of
from reviews.models import Key, Side
from reviews.policies import desk as desks
from reviews.policies import waiting_on, why_barred
from reviews.policies.desk import Waits
from reviews.policies.scope import barred_of
from reviews.policies.waiting import WaitsFor
from tests.builders import make_user
from tests.reviews.deciding import make_desk
from tests.reviews.volunteers import declares, end_term, in_every_state, of_every_kind, volunteer

pytestmark = pytest.mark.django_db

REVIEWERS = (
    *("business", "business deputy", "business stand-in"),
    *("police", "police deputy", "police stand-in"),
)


@pytest.fixture
def desk():
    return make_desk()


def on(desk, who: str) -> desks.Desk:
    return desks.Desk(desk.project.work_stream, desk.people[who])


def expected(choice: ProjectChoice, user) -> str:
    """Return for whom one choice waits, as the engine says it of that one."""
    told = waiting_on(choice)
    if told.waits_for in {WaitsFor.RELEASE, WaitsFor.OFFICE_OR_BOARD}:
        return Waits.OFFICE
    if told.waits_for is WaitsFor.NOTHING:
        return Waits.DONE
    if choice.state == "reserve" and not any(each.is_cast for each in told.sides):
        return Waits.RESERVE
    if any(each.pk == user.pk for each in told.blockers):
        return Waits.ME
    return Waits.OTHER if told.blockers else Waits.OFFICE


def test_what_law_3_withholds_is_not_on_a_desk_and_all_else_is(desk):
    for side in Side:
        desk.stand_in(f"{side} stand-in", side)
    kinds = of_every_kind(desk)
    everything = {**kinds, "first": desk.choice}

    told = {}
    for who in REVIEWERS:
        here = on(desk, who)
        shown = set(here.choices.values_list("pk", flat=True))
        barred = {kind for kind, each in everything.items() if why_barred(desk.people[who], each)}
        assert {k for k, each in everything.items() if each.pk not in shown} == barred, who
        assert here.withheld == len(barred)
        assert all(here.sees(each) == (k not in barred) for k, each in everything.items())
        told[who] = barred

    assert told["business"] == {
        *("same", "group", "worked there", "names the reviewer's", "merged"),
        *("of one counted as another", "stood aside"),
    }
    assert told["police"] == {
        *("force", "unit", "named by the reviewer", "in common", "stood aside from all"),
    }
    assert told["police deputy"] == {"deputy's"}
    assert told["business deputy"] == {"other project"}
    assert "themself" in told["business stand-in"]


@pytest.mark.parametrize("then", ["as it is", "no deputy", "no seat", "both sides", "conflicted"])
def test_each_waits_for_whom_the_engine_says(desk, then):
    made = in_every_state(desk)
    if then == "no deputy":
        end_term(desk, "police deputy")
        volunteer(desk, desk.organisations["police"])
    if then == "no seat":
        end_term(desk, "business")
        end_term(desk, "business deputy")
        desk.stand_in("police stand-in", "police")
    if then == "both sides":
        term = desk.terms["police deputy"]
        type(term).objects.filter(pk=term.pk).update(holder=desk.people["business"])
        end_term(desk, "police")
    if then == "conflicted":  # since they cast
        declares(desk.people["business"], made["one key"].expression.person.organisation.name)

    seen, stream = set(), desk.project.work_stream
    for user in [desk.people[who] for who in REVIEWERS if desks.is_reviewer(desk.people[who])]:
        shown = {each.pk: each.waits for each in desks.Desk(stream, user).waiting()}
        for pk, waits in shown.items():
            choice = desk.now(ProjectChoice.objects.get(pk=pk))
            assert waits == expected(choice, user), (user.name, choice.state, pk)
        seen |= set(shown.values())
    assert seen >= {Waits.ME, Waits.OTHER, Waits.OFFICE, Waits.RESERVE, Waits.DONE}


def test_the_numbers_of_a_project_are_of_what_is_shown(desk):
    made = in_every_state(desk)
    police = desk.organisations["police"]
    volunteer(desk, police)

    mine = on(desk, "police").tallies()[desk.project.pk]
    others = on(desk, "business").tallies()[desk.project.pk]

    assert mine.number == len(made) + 1
    assert others.number == len(made) + 2
    assert (mine.placed, mine.held) == (1, 1)
    assert others.volunteers["police"] == 1
    assert mine.volunteers["police"] == 0
    assert mine.hours == 8 * (len(made) + 1)
    assert mine.waits[Waits.OFFICE] == 2


def test_drafts_the_withdrawn_and_other_work_streams_are_on_no_desk(desk):
    other = make_desk(call=desk.call)
    gone = volunteer(desk)
    ProjectChoice.objects.filter(pk=gone.pk).update(state="withdrawn")

    assert list(on(desk, "business").choices) == [desk.choice]
    assert list(desks.streams_of(desk.people["business"])) == [desk.project.work_stream]
    assert not desks.streams_of(make_user()).exists()
    assert other.choice.pk not in on(desk, "business").choices.values_list("pk", flat=True)


def test_a_stand_in_and_a_deputy_have_a_desk_and_who_sat_before_has_none(desk):
    assert desks.is_reviewer(desk.people["police deputy"])
    assert not desks.is_reviewer(desk.people["police stand-in"])
    desk.stand_in("police stand-in", "police")
    assert desks.is_reviewer(desk.people["police stand-in"])
    end_term(desk, "business")
    assert not desks.is_reviewer(desk.people["business"])


def test_what_bars_many_is_asked_by_as_many_queries_as_what_bars_one(
    desk, django_assert_max_num_queries
):
    of_every_kind(desk)
    known = {user.pk: person_of(user).counts_as_id for user in desk.people.values()}
    with django_assert_max_num_queries(5):
        found = barred_of(known)
    assert found[desk.people["business"].pk].people
    assert Side.POLICE in on(desk, "police").sides
    assert not Key.objects.exists()
