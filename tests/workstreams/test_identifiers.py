"""The numbers by which other registers know an organisation: their form, their sector, one entry each."""

import json
from http import HTTPStatus

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_organisation, make_user
from tests.office import make_holder, office, search, seen, signed_in
from tests.reading import read
from tests.workstreams.moves import WHY
from workstreams import identifiers, workflow
from workstreams.identifiers import COMPANIES_HOUSE, GOVERNMENT, POLICE_FORCE, plainly
from workstreams.models import Organisation

pytestmark = pytest.mark.django_db

PAGE = "/admin/workstreams/organisation/"
NUMBER = {"identifier_kind": COMPANIES_HOUSE, "identifier": "01234567"}
FORCE = {"sector": "police", "identifier_kind": POLICE_FORCE, "identifier": "48"}


def edit(row: Organisation, **changed: str):
    """Save the entry's form with some of it changed; return the page that answers."""
    names = ("name", "unit", "sector", "aliases", "domains", "identifier_kind", "identifier")
    fields = {name: getattr(row, name) for name in names}
    return office().post(f"{PAGE}{row.public_id}/change/", {**fields, **seen(row), **changed})


def refused(page) -> str:
    assert page.status_code == HTTPStatus.OK
    return read(page).words


# Their form -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (COMPANIES_HOUSE, "01234567", "01234567"),
        (COMPANIES_HOUSE, "1234567", "01234567"),
        (COMPANIES_HOUSE, " 1 234 567 ", "01234567"),
        (COMPANIES_HOUSE, "sc123456", "SC123456"),
        (COMPANIES_HOUSE, "SC 1234", "SC001234"),
        (COMPANIES_HOUSE, "ni-012345", "NI012345"),
        (COMPANIES_HOUSE, "OC301540", "OC301540"),
        (COMPANIES_HOUSE, "R0000123", "R0000123"),
        (COMPANIES_HOUSE, "r123", "R0000123"),
        (COMPANIES_HOUSE, "ip12345r", "IP12345R"),
        (COMPANIES_HOUSE, "SP2475RS", "SP2475RS"),
        (COMPANIES_HOUSE, "", ""),
        (COMPANIES_HOUSE, "00000000", ""),
        (COMPANIES_HOUSE, "123456789", ""),
        (COMPANIES_HOUSE, "XX123456", ""),
        (COMPANIES_HOUSE, "SC1234567", ""),
        (COMPANIES_HOUSE, "SC", ""),
        (COMPANIES_HOUSE, "GB123456789", ""),
        (COMPANIES_HOUSE, "\uff11234567", ""),  # a digit, but of another script
        (POLICE_FORCE, "48", "48"),
        (POLICE_FORCE, "1", "01"),
        (POLICE_FORCE, "00", ""),
        (POLICE_FORCE, "148", ""),
        (POLICE_FORCE, "Met", ""),
        (GOVERNMENT, "d16", "D16"),
        (GOVERNMENT, "EA 75", "EA75"),
        (GOVERNMENT, "OT1056", "OT1056"),
        (GOVERNMENT, "16", ""),
        (GOVERNMENT, "HOME16", ""),
    ],
)
def test_a_number_is_kept_as_its_register_writes_it_or_not_at_all(kind, typed, kept):
    assert plainly(kind, typed) == kept


@given(st.sampled_from(sorted(identifiers.REGISTERS)), st.text(max_size=12))
def test_what_is_kept_fits_its_column_and_is_kept_the_same_again(kind, typed):
    kept = plainly(kind, typed)
    assert len(kept) <= identifiers.LONGEST
    assert not kept or (kept.isascii() and kept.isalnum() and plainly(kind, kept) == kept)


# What the form says ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sector", "kind", "typed", "words"),
    [
        ("private", COMPANIES_HOUSE, "123", None),
        ("police", POLICE_FORCE, "48", None),
        ("government", GOVERNMENT, "d16", None),
        ("government", COMPANIES_HOUSE, "4402220", None),
        ("private", COMPANIES_HOUSE, "XX1", "8 digits, or 2 letters and 6 digits"),
        ("police", POLICE_FORCE, "481", "2 digits, like 01 or 48"),
        ("government", GOVERNMENT, "x", "like D16 or EA75"),
        ("private", COMPANIES_HOUSE, "", "Enter the number, or choose no register."),
        ("private", "", "123", "Choose the register that the number is from."),
        ("private", POLICE_FORCE, "48", "In the sector “Private sector” choose: Companies House"),
        ("police", COMPANIES_HOUSE, "123", "In the sector “Police” choose: Code of a police force"),
        ("police", "nonsense", "123", "Select a valid choice"),
    ],
)
def test_the_form_says_what_to_do_and_keeps_what_was_typed(sector, kind, typed, words):
    row = make_organisation(sector=sector)
    page = edit(row, identifier_kind=kind, identifier=typed)

    row.refresh_from_db()
    if words is None:
        assert row.identifier == plainly(kind, typed)
        assert Event.objects.about(row).get().facts["fields"] == ["identifier_kind", "identifier"]
    else:
        assert words in refused(page)
        assert f'value="{typed}"' in page.content.decode() or not typed
        assert row.identifier == ""


def test_a_change_of_sector_asks_for_a_number_that_fits_it():
    row = make_organisation(**NUMBER)

    assert "In the sector “Police” choose" in refused(edit(row, sector="police"))


# One entry a number ---------------------------------------------------------------------------------
def test_a_company_is_one_entry_and_the_form_says_which_has_the_number():
    make_organisation(name="Harbour", **NUMBER)
    other = make_organisation(unit="Security", state="proposed")

    page = edit(other, identifier_kind=COMPANIES_HOUSE, identifier="1234567")
    assert "Harbour has this number. If they are one organisation, merge them." in refused(page)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_organisation(**NUMBER)


def test_the_units_of_a_force_share_its_code_and_each_is_one_entry():
    make_organisation(name="Northmere Police", unit="CID", **FORCE)
    traffic = make_organisation(name="Northmere Police", unit="Traffic", sector="police")
    same = make_organisation(name="Northmere Constabulary", unit="CID", sector="police")

    edit(traffic, identifier_kind=POLICE_FORCE, identifier="48")
    traffic.refresh_from_db()
    assert traffic.identifier == "48"
    page = edit(same, identifier_kind=POLICE_FORCE, identifier="48")
    assert "Northmere Police, CID has this number" in refused(page)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_organisation(unit="CID", **FORCE)


@pytest.mark.parametrize("state", ["refused", "merged"])
def test_what_does_not_count_keeps_its_number_and_bars_nobody(state):
    kept = make_organisation(name="Harbour")
    old = make_organisation(state="proposed", **NUMBER)
    by = make_holder(Role.OFFICE_MANAGER)
    if state == "refused":
        workflow.refuse_organisation(old, by=by, reason=WHY)
    else:
        workflow.merge_organisation(old, into=kept, by=by, reason=WHY)

    edit(kept, **NUMBER)
    kept.refresh_from_db()
    assert kept.identifier == "01234567"
    assert Organisation.objects.get(pk=old.pk).identifier == "01234567"


def test_a_merge_is_not_undone_while_another_has_its_number():
    kept, old = make_organisation(name="Harbour"), make_organisation(**NUMBER)
    by = make_holder(Role.OFFICE_MANAGER)
    workflow.merge_organisation(old, into=kept, by=by, reason=WHY)
    edit(kept, **NUMBER)

    said = r"Harbour has its number now \(Companies House number 01234567\): take it away"
    with pytest.raises(Refused, match=said):
        workflow.unmerge_organisation(old, by=by, reason=WHY)
    kept.refresh_from_db()
    edit(kept, identifier_kind="", identifier="")
    workflow.unmerge_organisation(old, by=by, reason=WHY)
    assert Organisation.objects.get(pk=old.pk).state == "published"


@pytest.mark.parametrize(
    "wrong",
    [
        {"identifier_kind": COMPANIES_HOUSE},
        {"identifier": "01234567"},
        {"sector": "police", **NUMBER},
        {**FORCE, "sector": "private"},
        {"identifier_kind": GOVERNMENT, "identifier": "D16"},
    ],
)
def test_the_database_refuses_half_a_number_and_one_of_another_sector(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_organisation(**wrong)


# Who sees it ----------------------------------------------------------------------------------------
def test_it_is_shown_and_found_in_the_console():
    row = make_organisation(name="Harbour", **NUMBER)
    make_organisation(name="Kestrowe")
    reader = office(Role.CASEWORKER)

    shown = read(reader.get(f"{PAGE}{row.public_id}/change/"))
    assert shown.says("Companies House number")
    assert shown.says("01234567")
    found = search(reader, PAGE, "1234567").content.decode()
    assert "Harbour" in found
    assert "Kestrowe" not in found


def test_the_public_is_never_shown_it():
    make_organisation(name="Harbour", **NUMBER)
    client = signed_in(make_user())

    for typed in ("Harbour", "01234567"):
        typed = {"organisation": typed, "sector": "private"}
        answer = client.post("/expression-of-interest/organisation/suggestions/", typed)
        assert "01234567" not in json.dumps(answer.json())
    assert not Organisation.objects.suggested("01234567")
