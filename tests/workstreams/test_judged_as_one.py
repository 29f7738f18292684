"""Whose people may not judge those of an organisation (law 3), as the register stands."""

import pytest

from tests.builders import make_organisation
from workstreams.querysets import judged_as_one_with

pytestmark = pytest.mark.django_db


def house(organisation):
    return {str(entry) for entry in judged_as_one_with(organisation)}


def test_it_is_itself_and_its_namesakes_however_they_are_written():
    harbour = make_organisation(name="Harbour & Vale Ltd", sector="private")
    make_organisation(name="HARBOUR AND VALE", sector="private")
    make_organisation(name="Harbour & Vale", sector="government")
    make_organisation(name="Moor Hotels", sector="private")

    assert house(harbour) == {"Harbour & Vale Ltd", "HARBOUR AND VALE"}


def test_in_the_private_sector_it_is_its_whole_group_up_and_down():
    top = make_organisation(name="Top", sector="private")
    middle = make_organisation(name="Middle", sector="private", group=top)
    low = make_organisation(name="Low", sector="private", group=middle)
    make_organisation(name="Sister", sector="private", group=top)
    make_organisation(name="Stranger", sector="private")

    for each in (top, middle, low):
        assert house(each) == {"Top", "Middle", "Low", "Sister"}


def test_what_is_merged_counts_as_what_it_was_merged_into():
    group = make_organisation(name="Group", sector="private")
    stays = make_organisation(name="Stays", sector="private", group=group)
    gone = make_organisation(
        name="Gone",
        sector="private",
        state="merged",
        merged_into=stays,
        state_before_merge="published",
    )
    below = make_organisation(name="Below", sector="private", group=gone)

    assert house(gone) == house(stays) == house(below) == {"Group", "Stays", "Gone", "Below"}


def test_of_a_force_the_unit_counts_and_none_stands_for_all():
    make_organisation(name="Moorshire Police", unit="CID", sector="police")
    dogs = make_organisation(name="Moorshire Police", unit="Dogs", sector="police")
    whole = make_organisation(name="Moorshire Police", sector="police", group=dogs)

    assert house(dogs) == {"Moorshire Police, Dogs", "Moorshire Police"}
    assert house(whole) == {
        "Moorshire Police, CID",
        "Moorshire Police, Dogs",
        "Moorshire Police",
    }


def test_groups_that_go_round_end():
    one = make_organisation(name="One", sector="private")
    other = make_organisation(name="Other", sector="private", group=one)
    one.group = other
    one.save()

    assert house(one) == {"One", "Other"}
