"""Proposing an organisation: which entry of the same name a proposal finds."""

import pytest
from django.db import IntegrityError, transaction

from stepchange.roles import Role
from tests.builders import make_organisation, make_user
from tests.office import make_holder
from workstreams import workflow
from workstreams.models import Organisation

pytestmark = pytest.mark.django_db


def test_the_same_name_in_another_sector_is_another_organisation():
    police = make_organisation(name="Harbour Authority", sector="police", state="proposed")
    proposed = workflow.propose_organisation("Harbour Authority", "", "government", by=make_user())

    assert proposed != police
    assert (proposed.sector, proposed.state) == ("government", "proposed")
    assert (
        workflow.propose_organisation("Harbour Authority", "", "government", by=make_user())
        == proposed
    )


def test_of_one_sector_it_stands_once():
    make_organisation(name="Harbour Authority", sector="police")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_organisation(name="Harbour Authority", sector="police")


STATES = ["refused", "proposed", "merged", "published"]


@pytest.mark.parametrize("better", STATES[1:])
def test_of_entries_of_one_name_the_one_that_counts_most_is_found(better):
    """Written apart, so that each can stand; the worse is the older and the newer of the two."""
    into = make_organisation(name="Vale Group")
    names = iter(["Quill-Stone Ltd", "Quill Stone", "The Quill Stone", "QUILL STONE plc"])

    def make(state: str) -> Organisation:
        row = make_organisation(name=next(names), state="proposed" if state == "merged" else state)
        if state == "merged":
            manager = make_holder(Role.OFFICE_MANAGER)
            workflow.merge_organisation(row, into=into, by=manager, reason="The same firm.")
        return row

    worse = STATES[STATES.index(better) - 1]
    make(worse)
    best = make(better)
    make(worse)

    assert workflow.propose_organisation("quill stone", "", "private", by=make_user()) == best


def test_a_refused_name_is_not_proposed_to_the_office_again():
    """One row, so that two who work there still count as colleagues (law 3)."""
    refused = make_organisation(name="Quillstone", state="refused")

    assert workflow.propose_organisation("Quillstone", "", "private", by=make_user()) == refused
