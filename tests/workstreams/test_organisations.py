"""The register of organisations: found however they are written, merged and parted again."""

from http import HTTPStatus

import pytest
from django.db import IntegrityError, connection, transaction

from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_organisation, make_seat, make_user
from tests.office import make_holder, office, seen
from tests.workstreams.moves import appoint, merge_in_the_console
from workstreams import workflow
from workstreams.models import Organisation
from workstreams.names import domains_above, name_key

pytestmark = pytest.mark.django_db

WHY = "The same firm under an older name."
PAGE = "/admin/workstreams/organisation/"


def manager():
    return make_holder(Role.OFFICE_MANAGER)


def merge(one: Organisation, other: Organisation, by=None) -> None:
    workflow.merge_organisation(one, into=other, by=by or manager(), reason=WHY)


def suggested(typed: str, domain: str = "") -> list[str]:
    return [str(row) for row in Organisation.objects.suggested(typed, domain=domain)]


# Names --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "written",
    [
        "Harbour & Vale Hotels",
        "harbour and vale hotels",
        "  HARBOUR &  VALE\tHOTELS ",
        "The Harbour and Vale Hotels Ltd",
        "Harbour & Vale Hotels Limited.",
        "Harbour+Vale Hotels, P.L.C.",
        "Härbour & Válé Hotels",
        "Harbour-Vale (Hotels)",
    ],
)
def test_however_it_is_written_it_is_the_same_name(written):
    assert name_key(written) == "harbour vale hotels"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Limited", "limited"),
        ("The And", "the and"),
        ("Sainsbury’s", "sainsburys"),
        ("Ørsted Straße", "orsted strasse"),
        ("Æ", "ae"),
        ("警備会社", "警備会社"),
        ("!!!", ""),
        ("", ""),
    ],
)
def test_a_name_of_little_words_or_other_letters_keeps_a_key_of_its_own(written, key):
    assert name_key(written) == key


def test_different_names_stay_apart():
    names = ["Harbour Vale", "Harbour Vale Hotels", "Harbour Vales", "Vale Harbour"]
    assert len({name_key(name) for name in names}) == 4


def test_an_address_belongs_to_the_domains_above_its_own():
    above = domains_above("mail.force.police.example")
    assert above == ["mail.force.police.example", "force.police.example", "police.example"]


# Suggestions --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "typed",
    [
        "Harbour and Vale Hotels Ltd",
        "harb",
        "vale hot",
        "hotels",
        "Harbor & Vale Hotels",
        "HVH",
        "h.v.h.",
    ],
)
def test_it_is_suggested_by_name_by_its_middle_by_likeness_and_by_alias(typed):
    make_organisation(name="Harbour & Vale Hotels", aliases="HVH\nOld Harbour Inns")
    make_organisation(name="Kestrowe Logistics")

    assert suggested(typed) == ["Harbour & Vale Hotels"]


def test_the_domain_of_the_address_comes_first():
    make_organisation(name="Harbour Alpha")
    make_organisation(name="Zest", domains="zest.example\nharbour.example")

    assert suggested("Harbour", "mail.harbour.example") == ["Zest", "Harbour Alpha"]
    assert suggested("", "zest.example") == ["Zest"]
    assert suggested("", "st.example") == []


def test_equal_then_beginning_then_within_then_alike():
    for name in ("Old Vale Motors", "Vale Motors", "Vale Motors North", "Vale Motor"):
        make_organisation(name=name)

    assert suggested("vale motors") == [
        "Vale Motors",
        "Vale Motors North",
        "Old Vale Motors",
        "Vale Motor",
    ]


@pytest.mark.parametrize("state", ["proposed", "refused"])
def test_only_what_the_office_published_is_suggested(state):
    make_organisation(name="Quillstone", state=state, domains="quillstone.example")

    assert suggested("Quillstone", "quillstone.example") == []


def test_a_common_word_alone_is_no_likeness_and_nothing_suggests_nothing():
    make_organisation(name="Northmere Police")

    assert suggested("Glanfedw Police") == []
    assert suggested("") == suggested("!!!") == suggested("\x00") == []


def test_at_most_ten_by_one_query(django_assert_num_queries):
    for number in range(15):
        make_organisation(name=f"Harbour {number}", group=make_organisation())

    with django_assert_num_queries(1):
        found = Organisation.objects.suggested("harbour", domain="a.example")
        assert [str(row.group) for row in found]
    assert len(found) == 10


def test_the_keys_follow_the_row():
    row = make_organisation(name="Harbour", domains="harbour.example")
    row.name, row.domains, row.aliases = "Kestrowe", "KESTROWE.example", "KL"
    row.save(update_fields=["name", "domains", "aliases"])

    assert suggested("Harbour", "harbour.example") == []
    assert suggested("kl") == suggested("", "kestrowe.example") == ["Kestrowe"]


# Proposals ----------------------------------------------------------------------------------------
def test_what_the_register_has_is_not_proposed_again():
    row = make_organisation(name="Harbour & Vale", aliases="HV")
    user = make_user()

    for written in ("harbour and vale ltd", "HV"):
        assert workflow.propose_organisation(written, "", "private", by=user) == row
    assert not Event.objects.exists()


def test_another_sector_or_unit_is_another_organisation():
    row = make_organisation(name="Northmere", unit="CID", sector="police")
    user = make_user()

    assert workflow.propose_organisation("Northmere", "C.I.D.", "police", by=user) == row
    assert workflow.propose_organisation("Northmere", "Traffic", "police", by=user) != row


def test_a_proposal_names_its_group():
    group = make_organisation(name="Harbour Group")
    user = make_user()
    inn = workflow.propose_organisation("Inn", "", "private", by=user, parent="harbour group plc")
    new = workflow.propose_organisation("Bar", "", "private", by=user, parent="Bars of Vale")

    assert (inn.state, inn.group) == ("proposed", group)
    assert (new.group.name, new.group.state) == ("Bars of Vale", "proposed")
    assert workflow.propose_organisation("Own", "", "private", by=user, parent="OWN").group is None


# Merges -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["proposed", "published"])
def test_merged_it_counts_as_the_other_and_undone_it_is_exactly_what_it_was(state):
    one, other = make_organisation(name="HV", state=state), make_organisation(name="Harbour")
    before = Organisation.objects.filter(pk=one.pk).values().get()

    merge(one, other)
    one.refresh_from_db()
    assert (one.state, one.current) == ("merged", other)
    assert list(Organisation.objects.counting_as(one).order_by("pk")) == [one, other]
    assert suggested("HV") == ["Harbour"]

    workflow.unmerge_organisation(one, by=manager(), reason="Two firms after all.")
    assert Organisation.objects.filter(pk=one.pk).values().get() == before
    told = Event.objects.filter(subject_key=one.record_key).order_by("pk")
    assert [event.kind.rpartition(".")[2] for event in told] == ["merged", "unmerged"]
    assert told[0].facts["into"] == other.record_key == told[1].facts["out_of"]


def test_merges_never_chain():
    first, second, third = (make_organisation() for _ in range(3))
    merge(first, second)

    with pytest.raises(Refused, match="undo those merges first"):
        merge(second, third)
    with pytest.raises(Refused, match="publish that one first"):
        merge(third, first)
    with pytest.raises(Refused, match="is not possible"):
        merge(first, third)
    with pytest.raises(Refused, match="this is the one to be merged"):
        merge(third, third)


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
    links = chain(*(make_organisation() for _ in range(3)))

    def link(one, other):
        Organisation.objects.filter(pk=one.pk).update(
            state="merged", merged_into=other, state_before_merge="published"
        )

    for one, other in links[:-1]:
        link(one, other)
    with pytest.raises(IntegrityError), transaction.atomic():
        link(*links[-1])
    connection.check_constraints()


@pytest.mark.parametrize("wrong", [{"sector": "police"}, {"state": "proposed"}])
def test_only_into_a_published_one_of_the_sector(wrong):
    with pytest.raises(Refused):
        merge(make_organisation(), make_organisation(**wrong))


def test_a_merge_needs_a_reason_and_an_office_manager():
    one, other = make_organisation(), make_organisation()
    with pytest.raises(Refused, match="Say why"):
        workflow.merge_organisation(one, into=other, by=manager(), reason=" ")
    with pytest.raises(Refused, match="Only an office manager"):
        merge(one, other, by=make_holder(Role.CASEWORKER))
    with pytest.raises(Refused, match="is not possible"):
        workflow.unmerge_organisation(one, by=manager(), reason=WHY)


def test_refused_it_keeps_the_words_of_who_typed_it():
    row = make_organisation(name="My Own Words", state="proposed")
    workflow.refuse_organisation(row, by=manager(), reason="Nobody knows it.")

    row.refresh_from_db()
    assert (row.name, row.state, row.current) == ("My Own Words", "refused", row)


# Appointments -------------------------------------------------------------------------------------
def test_a_seat_needs_an_account_in_use_and_a_published_organisation():
    with pytest.raises(Refused, match="Publish the organisation"):
        appoint(make_seat(), organisation=make_organisation(state="proposed"))
    with pytest.raises(Refused, match="not in use"):
        appoint(make_seat(), holder=make_user(is_active=False))


# The console --------------------------------------------------------------------------------------
def test_the_console_shows_likely_duplicates_and_previews_and_merges():
    one = make_organisation(name="Harbor & Vale Hotels", state="proposed")
    same = make_organisation(name="HARBOUR AND VALE HOTELS LTD", state="proposed")
    kept = make_organisation(name="Harbour & Vale Hotels")
    appoint(make_seat(), organisation=kept)
    make_organisation(name="An Inn", group=one)
    client = office()

    listed = client.get(f"{PAGE}?state__exact=proposed&duplicates=yes").content.decode()
    assert same.name in listed
    assert one.name.replace("&", "&amp;") not in listed
    shown = client.get(f"{PAGE}{one.public_id}/change/").content.decode()
    assert str(kept.public_id) in shown.split("<h2>Likely the same")[1]

    step = f"{PAGE}{one.public_id}/merge/"
    assert f'value="{kept.public_id}" selected' in client.get(step).content.decode()
    merge_in_the_console(client, one, kept)
    one.refresh_from_db()
    assert one.current == kept

    shown = client.get(f"{PAGE}{one.public_id}/change/").content.decode()
    assert shown.count("Undo the merge") == 1
    client.post(f"{PAGE}{one.public_id}/unmerge/", {"reason": WHY, **seen(one)})
    one.refresh_from_db()
    assert one.state == "proposed"


def test_what_is_merged_is_not_edited_until_its_merge_is_undone():
    one, other = make_organisation(name="Harbour Inn"), make_organisation(name="Harbour Hotel")
    client, path = office(), f"{PAGE}{one.public_id}/change/"
    fields = {"name": "Renamed", "unit": one.unit, "sector": one.sector}
    assert "_save" in client.get(path).content.decode()
    merge(one, other)

    shown = client.get(path).content.decode()
    assert "It is merged into Harbour Hotel: undo the merge first, then change it." in shown
    assert "_save" not in shown
    assert 'name="name"' not in shown
    assert f"{PAGE}{one.public_id}/unmerge/" in shown
    refused = client.post(path, fields | seen(one))
    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert "undo the merge first" in refused.content.decode()
    one.refresh_from_db()
    assert one.name == "Harbour Inn"

    client.post(f"{PAGE}{one.public_id}/unmerge/", {"reason": WHY, **seen(one)})
    client.post(path, fields | seen(one))
    one.refresh_from_db()
    assert one.name == "Renamed"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Harbour.example\r\nwww.vale.example harbour.example", "harbour.example\nvale.example"),
        ("someone@harbour.example", "harbour.example"),
        ("no domain", None),
        ("<script>", None),
        ("harbour.example\ngmail.com", None),
        ("someone@mail.BTInternet.com", None),
    ],
)
def test_domains_are_written_one_a_line(typed, kept):
    row = make_organisation()
    fields = {"name": row.name, "sector": "private", "aliases": " HV \n\nHV", "domains": typed}
    page = office().post(f"{PAGE}{row.public_id}/change/", {**fields, **seen(row)})

    row.refresh_from_db()
    says_so = page.status_code == 200 and "Anybody can have an address at" in page.content.decode()
    assert says_so is (kept is None and "." in typed)
    assert row.domains == (kept or "")
    assert row.aliases == ("HV" if kept else "")
