"""Two people merged, and parted again: what counts as one, what is refused, and that all comes back."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from participants import policies, workflow
from participants.models import (
    Declaration,
    ExpressionOfInterest,
    LikelyPair,
    LikenessKey,
    Person,
    SecondFactorReset,
)
from participants.workflow import give_extension, likeness, merging
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_call, make_draft, make_organisation, make_user
from tests.office import make_holder
from tests.participants.likeness.alike import (
    MOBILE,
    WHY,
    fresh,
    make_alike,
    make_person,
    manager,
    merge,
    pair_of,
    unmerge,
)

pytestmark = pytest.mark.django_db

ROWS = (Person, ExpressionOfInterest, Declaration, LikelyPair, LikenessKey, User)


def everything() -> dict[str, Any]:
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in ROWS}


# What a merge means -----------------------------------------------------------------------------------
def test_merged_they_count_as_one_and_undone_every_row_is_what_it_was():
    one, other = make_alike()
    by = manager()
    before = everything()
    assert not policies.same_person(one, other)

    merge(one, other, by)
    one, other = fresh(one), fresh(other)
    assert one.current == other == other.current
    assert policies.same_person(one, other)
    assert policies.same_person(other, one)
    assert set(Person.objects.counting_as(one)) == set(Person.objects.counting_as(other))
    assert pair_of(one, other).state == "merged"
    changed = {name for name, rows in everything().items() if rows != before[name]}
    assert changed == {"Person", "LikelyPair"}

    unmerge(one, by)
    assert everything() == before
    about = Event.objects.about(one).of_kind(merging.PERSON_MERGED, merging.PERSON_UNMERGED)
    assert [event.facts for event in about] == [
        {"into": other.record_key},
        {"out_of": other.record_key},
    ]
    assert {event.reason for event in about} == {WHY}
    told = Event.objects.about(pair_of(one, other)).order_by("id")
    kinds = [event.kind.rpartition(".")[2] for event in told]
    assert kinds == ["suggested", "merged", "unmerged"]


def test_neither_gives_the_other_more_time_nor_settles_their_lost_factor():
    one, other = make_alike()
    by = make_holder(Role.OFFICE_MANAGER, is_ready=False)
    Person.objects.filter(pk=other.pk).update(user=by)
    merge(one, other)
    one = fresh(one)
    assert policies.is_self(by, one)
    call = make_call(state="closed")

    with pytest.raises(Refused, match="Nobody gives themselves more time"):
        give_extension(one, call, until=clock.now(), reason=WHY, by=by)
    reset = SecondFactorReset(user=one.user, expires_at=clock.now().replace(year=2999))
    assert "Nobody does this for themselves" in str(policies.may_settle_reset(by, reset))
    stranger = SecondFactorReset(user=make_user(), expires_at=reset.expires_at)
    assert policies.may_settle_reset(by, stranger) is None
    reset.vouched_by = one.user
    assert "You vouched for them" in str(policies.may_approve_reset(by, reset))


def test_what_one_account_has_submitted_the_other_can_not_submit_too(user):
    call = make_call()
    draft = make_draft(user=user, call=call)
    mine = draft.person
    other = make_person("Amina Thistlewood", call=call, state="submitted")
    Person.objects.filter(pk=mine.pk).update(merged_into=other)

    with pytest.raises(Refused, match="with another account"):
        workflow.submit(draft, by=user, received_at=clock.now())
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert draft.pages.count() > 5
    other.expressions.update(state="withdrawn")
    workflow.submit(draft, by=user, received_at=clock.now())
    draft.refresh_from_db()
    assert draft.state == "submitted"


def test_submitting_asks_at_most_two_questions_about_it(user):
    """Whether they are merged, and if so what the other has submitted; nothing is compared meanwhile."""
    draft = make_draft(user=user)
    with CaptureQueriesContext(connection) as asked:
        workflow.submit(draft, by=user, received_at=clock.now())
    statements = [each["sql"] for each in asked.captured_queries]
    held = [
        sql for sql in statements if sql.startswith('SELECT "participants_person"."merged_into_id"')
    ]
    beside = [sql for sql in statements if '"participants_person" U0' in sql and "SELECT 1" in sql]
    assert len(held) == len(beside) == 1
    assert not [sql for sql in statements if "likenesskey" in sql or "likelypair" in sql]


def test_those_there_before_are_compared_first():
    """What the migration does: whoever has submitted something is due, and nobody else."""
    one, other = make_alike()
    make_person("Drafty Draper", state="draft")
    Person.objects.update(likeness_due=False)

    import_module("participants.migrations.0015_likely_duplicates").compare_all(apps, None)
    assert set(Person.objects.to_be_compared()) == {one, other}


# What is refused --------------------------------------------------------------------------------------
def test_two_forms_in_one_call_are_settled_first():
    one, other = make_alike(state="submitted")
    call = one.expressions.get().call
    with pytest.raises(Refused, match="withdraw one first") as refused:
        merge(one, other)
    assert str(call) in str(refused.value)

    one.expressions.update(
        state="draft"
    )  # of a draft nothing is told, and it stands in nobody's way
    ExpressionOfInterest.objects.create(
        person=one, call=make_call(state="closed"), state="withdrawn", submitted_at=clock.now()
    )
    merge(one, other)


def test_a_second_form_of_one_who_was_merged_before_stands_in_the_way_too():
    one, other = make_alike()
    third = make_person("Willie Hartnoll", telephone=MOBILE, state="submitted")
    likeness.compare_due()
    merge(one, other)
    one.expressions.update(state="submitted")

    with pytest.raises(Refused, match="withdraw one first"):
        merge(third, other)


def test_merges_never_chain():
    one, other = make_alike()
    third = make_person("Willie Hartnoll", telephone=MOBILE)
    likeness.compare_due()
    merge(one, other)

    with pytest.raises(Refused, match="undo those merges first"):
        merge(other, third)
    with pytest.raises(Refused, match="choose that one"):
        merge(third, one)
    with pytest.raises(Refused, match="merged already"):
        merge(one, third)
    with pytest.raises(Refused, match="Say first"):
        merge(third, third)
    merge(third, other)
    assert fresh(third).current == fresh(one).current == fresh(other)
    assert pair_of(one, third).state == "suggested"
    assert not LikelyPair.objects.suggested().exists()  # they count as one: nobody has to look
    unmerge(third)
    assert LikelyPair.objects.suggested().count() == 2


@pytest.mark.parametrize(
    "chain",
    [
        lambda a, b, c: [(a, b), (b, c)],
        lambda a, b, c: [(b, c), (a, b)],
        lambda a, b, c: [(a, b), (b, a)],
        lambda a, b, c: [(a, a)],
    ],
)
def test_the_database_refuses_a_chain_whoever_goes_past_the_workflow(chain):
    links = chain(*(make_person(f"Person {letter}") for letter in "abc"))

    def link(one, other):
        Person.objects.filter(pk=one.pk).update(merged_into=other)

    for one, other in links[:-1]:
        link(one, other)
    with pytest.raises(IntegrityError), transaction.atomic():
        link(*links[-1])
    connection.check_constraints()


def test_only_office_managers_never_for_themselves_and_with_a_reason():
    one, other = make_alike()
    for by in (make_holder(Role.CASEWORKER), make_holder(Role.AUDITOR), make_user()):
        with pytest.raises(Refused, match="Only an office manager"):
            merge(one, other, by)
    with pytest.raises(Refused, match="Say why"):
        merging.merge_people(one, into=other, by=manager(), reason=" ")
    for mine in (one, other):
        by = make_holder(Role.OFFICE_MANAGER, is_ready=False)
        Person.objects.filter(pk=mine.pk).update(user=by)
        with pytest.raises(Refused, match="ask another office manager"):
            merge(one, other, by)
        with pytest.raises(Refused, match="ask another office manager"):
            merging.dismiss(one, other=other, by=by, reason=WHY)
    merge(one, other)
    with pytest.raises(Refused, match="ask another office manager"):
        unmerge(one, by)


@pytest.mark.parametrize("whose", ["one", "other"])
def test_nobody_settles_who_is_who_of_their_own(whose):
    """A withheld manager would settle a flag on a colleague's case by it (law 3)."""
    one, other = make_alike()
    colleague = one if whose == "one" else other
    colleague.organisation = make_organisation()
    colleague.save()
    by, stranger = make_holder(Role.OFFICE_MANAGER), make_person("Iris Calloway")
    person = workflow.person_of(by)
    person.organisation = colleague.organisation
    person.save()
    person.organisation = None  # and has retyped their own employer since
    person.save()
    told: dict[str, Any] = {"by": by, "reason": WHY}

    for step in (
        lambda: merging.merge_people(fresh(one), into=fresh(other), **told),
        lambda: merging.dismiss(fresh(one), other=fresh(other), **told),
        lambda: merging.suggest(stranger, other=fresh(colleague), **told),
        lambda: merging.suggest(fresh(colleague), other=stranger, **told),
    ):
        with pytest.raises(Refused, match="same organisation"):
            step()
    merge(one, other)
    with pytest.raises(Refused, match="same organisation"):
        merging.unmerge_people(fresh(one), **told)
    assert policies.may_be_unmerged(by, fresh(one)) is not None
    assert policies.may_be_unmerged(make_holder(Role.OFFICE_MANAGER), fresh(one)) is None


def test_nobody_is_merged_who_was_not_suggested():
    one, other = make_person("Yvonne Baptiste"), make_person("Graham Moody")
    with pytest.raises(Refused, match="Say first"):
        merge(one, other)
    with pytest.raises(Refused, match="not suggested"):
        merging.dismiss(one, other=other, by=manager(), reason=WHY)
    with pytest.raises(Refused, match="not merged"):
        unmerge(one)
    with pytest.raises(Refused, match="Only an office manager"):
        merging.suggest(one, other=other, by=make_holder(Role.CASEWORKER), reason=WHY)
    with pytest.raises(Refused, match="Say why"):
        merging.suggest(one, other=other, by=manager(), reason="")
    merging.suggest(one, other=other, by=manager(), reason=WHY)
    merge(one, other)


# Whatever is done ---------------------------------------------------------------------------------------
class Merges(RuleBasedStateMachine):
    """Merges, undoes, tells apart and suggests in any order; knows who must count as whom."""

    people: list[Person]

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.by = make_holder(Role.OFFICE_MANAGER, is_ready=False)
        self.people = [
            make_person(f"{name} Hartnoll", telephone=MOBILE)
            for name in ("William", "Bill", "Will", "Willie")
        ]
        likeness.compare_due()
        self.rows = {
            person.pk: Person.objects.filter(pk=person.pk).values().get() for person in self.people
        }
        self.others = {model: list(model.objects.order_by("pk").values()) for model in ROWS[1:3]}
        self.into: dict[int, int] = {}
        self.apart: set[frozenset[int]] = set()

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @rule(one=st.integers(0, 3), other=st.integers(0, 3))
    def merges(self, one: int, other: int) -> None:
        mine, yours = self.people[one], self.people[other]
        both = frozenset({mine.pk, yours.pk})
        possible = (
            one != other
            and both not in self.apart
            and not {mine.pk, yours.pk} & self.into.keys()
            and mine.pk not in self.into.values()
        )
        if not possible:
            with pytest.raises(Refused):
                merge(mine, yours, self.by)
            return
        merge(mine, yours, self.by)
        self.into[mine.pk] = yours.pk

    @rule(one=st.integers(0, 3))
    def undoes(self, one: int) -> None:
        mine = self.people[one]
        if mine.pk not in self.into:
            with pytest.raises(Refused):
                unmerge(mine, self.by)
            return
        unmerge(mine, self.by)
        del self.into[mine.pk]

    @rule(one=st.integers(0, 3), other=st.integers(0, 3))
    def tells_apart(self, one: int, other: int) -> None:
        mine, yours = self.people[one], self.people[other]
        both = frozenset({mine.pk, yours.pk})
        is_merged = self.into.get(mine.pk) == yours.pk or self.into.get(yours.pk) == mine.pk
        if one == other or both in self.apart or is_merged:
            with pytest.raises(Refused):
                merging.dismiss(mine, other=yours, by=self.by, reason=WHY)
            return
        merging.dismiss(mine, other=yours, by=self.by, reason=WHY)
        self.apart.add(both)

    @rule()
    def compares_again(self) -> None:
        Person.objects.update(likeness_due=True)
        likeness.compare_due()

    @invariant()
    def each_counts_as_whom_it_must_and_nobody_chains(self) -> None:
        if not hasattr(self, "into"):
            return
        for person in Person.objects.filter(pk__in=self.rows).select_related("merged_into"):
            assert person.current.pk == self.into.get(person.pk, person.pk)
            assert person.current.merged_into_id is None
            before = self.rows[person.pk] | {"merged_into_id": self.into.get(person.pk)}
            assert Person.objects.filter(pk=person.pk).values().get() == before

    @invariant()
    def pairs_say_the_same_and_nothing_else_has_moved(self) -> None:
        if not hasattr(self, "into"):
            return
        merged = {frozenset(link) for link in self.into.items()}
        for pair in LikelyPair.objects.all():
            both = frozenset({pair.one_id, pair.other_id})
            expected = (
                "merged" if both in merged else "dismissed" if both in self.apart else "suggested"
            )
            assert pair.state == expected
        for model, rows in self.others.items():
            assert list(model.objects.order_by("pk").values()) == rows


@pytest.mark.django_db
def test_any_sequence_of_merges_and_undos_leaves_every_row_as_it_was(db):
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Merges,
        settings=settings(
            max_examples=3,
            stateful_step_count=8,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
