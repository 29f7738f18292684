"""Finding who is likely one person with whom: when, among whom, and what the office is told of it."""

import re

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from participants import tasks, workflow
from participants.likeness_flags import likely_duplicates, shared_referees, shared_telephones
from participants.models import LikelyPair, LikenessKey, Person
from participants.workflow import likeness, merging
from stepchange import clock
from stepchange.credentials import ADDRESS_CHANGED
from stepchange.encryption import Undecryptable
from stepchange.events import record
from stepchange.models import Event
from tests.builders import make_call, make_organisation, make_submitted, make_user
from tests.participants.likeness.alike import (
    MOBILE,
    WHY,
    fresh,
    make_alike,
    make_person,
    manager,
    merge,
    pair_of,
)
from workstreams.models import Call

pytestmark = pytest.mark.django_db


def change(person: Person, **fields) -> None:
    Person.objects.filter(pk=person.pk).update(likeness_due=True, **fields)
    likeness.compare_due()


# When -------------------------------------------------------------------------------------------------
def test_whoever_submits_is_compared_by_the_next_sweep():
    call = make_call()
    one, other = make_submitted(call=call), make_submitted(call=call)
    assert not LikelyPair.objects.exists()
    assert Person.objects.to_be_compared().count() == 2

    tasks.compare_people()

    pair = LikelyPair.objects.get()
    assert {pair.one, pair.other} == {one.person, other.person}
    assert not Person.objects.to_be_compared().exists()
    (event,) = Event.objects.about(pair)
    assert event.kind == "participants.likely_pair.suggested"
    assert event.actor is None
    assert event.personal == {}
    assert set(event.facts["people"]) == {one.person.record_key, other.person.record_key}


def test_a_draft_is_compared_with_nobody(user):
    make_alike()
    workflow.start(user, Call.objects.get(), received_at=clock.now())

    assert not Person.objects.filter(user=user).to_be_compared().exists()


def test_a_changed_log_in_address_is_compared_anew():
    one, other = make_person("Karen Dunnock"), make_person("Karen Wheatear")
    draft = make_person("Karen Finch", state="draft")
    likeness.compare_due()
    Person.objects.update(likeness_due=False)
    for person in (other, draft):
        with transaction.atomic():
            record(ADDRESS_CHANGED, person.user, by=person.user)

    assert list(Person.objects.to_be_compared()) == [other]
    one.work_email = "karen@post.example"
    one.save()
    other.user.email = "karen@post.example"
    other.user.save()
    Person.objects.update(likeness_due=True)
    likeness.compare_due()
    assert "the same email address" in pair_of(one, other).told


def test_one_that_can_not_be_read_does_not_keep_the_others_from_being_compared(monkeypatch):
    make_alike()
    broken = make_person("William Hartnoll", telephone=MOBILE)
    Person.objects.update(likeness_due=True)
    compare = likeness.compare

    def failing(key: int) -> bool:
        if key == broken.pk:
            raise Undecryptable
        return bool(compare(key))

    monkeypatch.setattr(likeness, "compare", failing)
    assert likeness.compare_due() == 2
    assert list(Person.objects.to_be_compared()) == [broken]


# Among whom -------------------------------------------------------------------------------------------
def test_two_who_share_a_switchboard_and_a_referee_are_flagged_and_not_paired():
    one = make_person("Priscilla Vane", telephone="020 7946 0857 x1")
    other = make_person("Gordon Tasker", telephone="+44 20 7946 0857")
    make_person("Somebody Else", telephone="020 7946 0001")
    likeness.compare_due()

    assert not LikelyPair.objects.exists()
    assert shared_telephones([one, other]) == {one.pk: [other], other.pk: [one]}


def test_the_employer_is_the_entry_that_counts_now_or_one_of_its_group():
    group = make_organisation()
    hotel, inn = make_organisation(group=group), make_organisation(group=group)
    one = make_person("Florence Habgood", organisation=hotel, work_email="")
    other = make_person("Florence Habgood", organisation=inn, work_email="")
    likeness.compare_due()

    assert "an employer of the same group" in pair_of(one, other).told


def test_a_person_is_compared_with_a_bounded_number_of_others(monkeypatch):
    monkeypatch.setattr(likeness, "COMPARED_AT_MOST", 3)
    for number in range(6):
        make_person(f"Margaret Quill{'abcdef'[number]}")
    nearest = make_person("Margaret Quarmby", telephone=MOBILE)
    likeness.compare_due()
    last = make_person("Margaret Quarmby", telephone=MOBILE)
    compared = []
    real = likeness.likeness_of
    monkeypatch.setattr(
        likeness, "likeness_of", lambda *two: compared.append(two[1].full_name) or real(*two)
    )
    likeness.compare_due()

    assert len(compared) == 3
    assert pair_of(nearest, last).state == "suggested"


def test_comparing_costs_as_many_queries_whoever_else_there_is():
    def queries() -> int:
        one = make_person("Theodora Lambrou", telephone=MOBILE)
        with CaptureQueriesContext(connection) as asked:
            likeness.compare(one.pk)
        return len(asked)

    make_person("Theodora Lindqvist")
    likeness.compare_due()
    few = queries()
    for number in range(10):
        make_person(f"Theodora L{chr(97 + number)}ck")
        make_person(f"Angela L{chr(97 + number)}mbert", telephone=MOBILE)
    likeness.compare_due()
    Person.objects.filter(full_name="Theodora Lambrou").update(full_name="Nobody At All")
    LikenessKey.objects.filter(person__full_name="Nobody At All").delete()
    LikelyPair.objects.all().delete()
    assert queries() == few


def test_keys_follow_the_details_and_hold_none_of_them():
    one = make_person("Amy Clegg", telephone=MOBILE, work_email="amy.clegg@kestrowe.example")
    likeness.compare_due()
    before = set(one.likeness_keys.values_list("key", flat=True))
    assert all(re.fullmatch("[0-9a-f]{32}", key) for key in before)

    change(one, telephone="07700 900999")
    after = set(one.likeness_keys.values_list("key", flat=True))
    assert len(before - after) == len(after - before) == 1


# What becomes of a pair -------------------------------------------------------------------------------
def test_who_was_told_apart_is_suggested_again_only_when_the_facts_change():
    one, other = make_alike()
    merging.dismiss(one, other=other, by=manager(), reason=WHY)

    change(one, role_title="Head of something else")  # less speaks for it
    assert pair_of(one, other).state == "dismissed"
    change(one, telephone="+44 7700 900123")  # the same number, written otherwise
    assert pair_of(one, other).state == "dismissed"
    change(one, role_title="Guard")
    assert pair_of(one, other).state == "dismissed"
    change(other, full_name="William Hartnoll")
    pair = pair_of(one, other)
    assert (pair.state, pair.reasons[0]) == ("suggested", "same name")
    kinds = [event.kind.rpartition(".")[2] for event in Event.objects.about(pair)]
    assert kinds == ["suggested", "dismissed", "raised_again"]


def test_what_nothing_speaks_for_any_more_lapses_and_comes_back():
    one, other = make_alike()
    change(one, full_name="Yvonne Baptiste")
    assert pair_of(one, other).state == "lapsed"
    change(one, full_name="Will Hartnoll")
    assert pair_of(one, other).state == "suggested"


def test_what_the_office_suggested_stays_though_the_portal_finds_nothing():
    one, other = make_person("Yvonne Baptiste"), make_person("Graham Moody")
    merging.suggest(one, other=other, by=manager(), reason=WHY)
    likeness.compare_due()
    assert pair_of(one, other).state == "suggested"
    merging.dismiss(one, other=other, by=manager(), reason=WHY)
    merging.suggest(other, other=one, by=manager(), reason=WHY)
    assert pair_of(one, other).state == "suggested"


def test_a_merge_is_left_as_it_is_whatever_changes():
    one, other = make_alike()
    merge(one, other)
    before = LikelyPair.objects.values().get()
    change(one, full_name="Yvonne Baptiste")
    assert LikelyPair.objects.values().get() == before


# Flags ------------------------------------------------------------------------------------------------
def test_the_flags_cost_the_same_for_many_and_leave_out_who_counts_as_one(
    django_assert_num_queries,
):
    one, other = make_alike()
    third = make_person("Gordon Tasker", telephone=MOBILE)
    likeness.compare_due()
    people = [one, other, third]
    with django_assert_num_queries(1):
        pairs = likely_duplicates(people)
        assert {key: [str(p.beside(one).organisation) for p in of] for key, of in pairs.items()}
    assert pairs == {one.pk: [pair_of(one, other)], other.pk: [pair_of(one, other)]}
    for flag in (shared_telephones, shared_referees):
        with django_assert_num_queries(2 if flag is shared_telephones else 1):
            flag(people)
    assert shared_telephones(people)[one.pk] == [other, third]

    merge(one, other)
    assert shared_telephones([fresh(each) for each in people])[one.pk] == [third]
    assert likely_duplicates(people) == {}


def test_a_shared_referee_is_flagged():
    call = make_call()
    one, other = (make_submitted(call=call, user=make_user()).person for _ in range(2))
    likeness.compare_due()

    assert shared_referees([one]) == {one.pk: [other]}
