"""Which organisations the text of an interest names: found as people write them, and not elsewhere."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants.models import InterestParty
from participants.workflow.declarations import InterestGiven
from participants.workflow.matching import match_declarations
from tests.builders import make_declaration, make_organisation, make_user
from workstreams.models import Organisation

pytestmark = pytest.mark.django_db


def named_by(party: str) -> dict[str, bool]:
    """Return what a party names of the register, and whether whole."""
    signed = make_declaration(make_user(), InterestGiven(kind="financial", party=party))
    links = InterestParty.objects.filter(interest__declaration=signed)
    return {str(link.organisation): link.is_whole for link in links.select_related("organisation")}


@pytest.fixture
def register() -> None:
    make_organisation(name="Acme Rail plc", aliases="ARP\nAcme Railways")
    make_organisation(name="Acme")
    make_organisation(name="Harbour & Vale Hotels")
    make_organisation(name="Security", aliases="met")
    make_organisation(name="Northmere Police", sector="police")
    make_organisation(name="Northmere Police", unit="Airport Command", sector="police")
    make_organisation(name="Westhallow Police", unit="Insider Team", sector="police")


@pytest.mark.parametrize(
    ("party", "found"),
    [
        ("Acme Rail", {"Acme Rail plc": True}),
        ("ACME RAIL PLC", {"Acme Rail plc": True}),
        ("Acme Railways", {"Acme Rail plc": True}),
        ("ARP", {"Acme Rail plc": True}),
        ("ARP, as a director", {"Acme Rail plc": True}),
        ("I own shares in Acme Rail plc and in nothing else", {"Acme Rail plc": False}),
        ("Harbour and Vale Hotels: my employer", {"Harbour & Vale Hotels": True}),
        ("Acme Rail and Acme", {"Acme Rail plc": False}),
        ("Acme Rail\nAcme", {"Acme Rail plc": True, "Acme": True}),
        ("Northmere Police", {"Northmere Police": True}),
        ("Northmere Police, Airport Command", {"Northmere Police, Airport Command": True}),
        ("Westhallow Police", {"Westhallow Police, Insider Team": True}),
        ("We met at a fair about security", {}),
        ("A firm of Jane Smith’s", {}),
        ("", {}),
        ("…!?", {}),
        ("a" * 500, {}),
    ],
)
def test_what_is_named(register, party, found):
    if party == "Northmere Police, Airport Command":
        # Its force is a clause of its own: both are meant.
        found = {**found, "Northmere Police": True}
    assert named_by(party) == found


def test_a_refused_entry_and_a_merged_one_are_found_too():
    refused = make_organisation(name="Blunt & Sons", state=Organisation.State.REFUSED)

    assert list(named_by("Blunt and Sons")) == [str(refused)]


def test_a_firm_called_as_a_force_does_not_hide_the_units_of_the_force():
    make_organisation(name="Moorland", sector="private")
    make_organisation(name="Moorland", unit="Dogs", sector="police")

    assert named_by("Moorland") == {"Moorland": True, "Moorland, Dogs": False}


def test_all_parties_are_looked_up_at_once():
    make_organisation(name="Acme Rail")
    for count in (1, 40):
        interests = [
            InterestGiven(kind="financial", party=f"Acme Rail and {number}")
            for number in range(count)
        ]
        signed = make_declaration(make_user(), *interests)
        InterestParty.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            assert match_declarations([signed]) == count
        asked = [each for each in queries if "workstreams_organisationkey" in each["sql"]]
        assert len(asked) == 1


def test_matching_again_keeps_in_step_with_the_register():
    entry = make_organisation(name="Acme Rail")
    signed = make_declaration(make_user(), InterestGiven(kind="financial", party="Beta Rail"))
    assert match_declarations([signed]) == 0

    entry.aliases = "Beta Rail"
    entry.save()
    assert match_declarations([signed]) == 1
    assert match_declarations([signed]) == 0
    entry.aliases = ""
    entry.save()
    match_declarations([signed])
    assert not InterestParty.objects.exists()
