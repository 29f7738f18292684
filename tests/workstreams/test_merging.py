"""A merge is previewed before it is done, and undoing it says what comes back."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import (
    make_call,
    make_draft,
    make_organisation,
    make_seat,
    make_submitted,
    make_user,
)
from tests.office import make_holder, office, seen
from tests.reading import read
from tests.workstreams.moves import WHY, appoint, merge_in_the_console, seen_on
from workstreams import workflow
from workstreams.models import Organisation, Term

pytestmark = pytest.mark.django_db

PAGE = "/admin/workstreams/organisation/"


@pytest.fixture
def hv() -> Organisation:
    return make_organisation(
        name="HV", state="proposed", aliases="Harbour Inns", domains="hv.example"
    )


@pytest.fixture
def harbour() -> Organisation:
    group = make_organisation(name="Quillstone")
    return make_organisation(
        name="Harbour & Vale", group=group, domains="harbour.example", aliases="H&V"
    )


@pytest.fixture
def client():
    return office()


def step(row: Organisation, name: str = "merge") -> str:
    return f"{PAGE}{row.public_id}/{name}/"


def choose(client, one: Organisation, other: Organisation, **more):
    return client.post(step(one), {"into": other.public_id, **seen(one), **more})


def merge(one: Organisation, other: Organisation) -> None:
    by = make_holder(Role.OFFICE_MANAGER)
    workflow.merge_organisation(one, into=other, by=by, reason=WHY)
    one.refresh_from_db()


def row_of(page: str, what: str) -> str:
    """Return a row of the preview's tables, by its first cell."""
    return page.split(f"<td>{what}</td>", 1)[1].split("</tr>", 1)[0]


# The preview ------------------------------------------------------------------------------------------
def test_choosing_an_entry_changes_nothing_and_shows_what_would(client, hv, harbour):
    make_organisation(name="An Inn", group=hv)
    before = Organisation.objects.values().get(pk=hv.pk)

    assert read(client.get(step(hv))).says("You see what would change before anything does.")
    page = choose(client, hv, harbour)

    assert page.status_code == HTTPStatus.OK
    assert Organisation.objects.values().get(pk=hv.pk) == before
    assert not Event.objects.exists()
    shown = page.content.decode()
    assert 'value="Merge into Harbour &amp; Vale"' in shown
    assert "<td>1</td><td>0</td><td>1</td>" in row_of(shown, "Organisations in its group")
    assert "H&amp;V, HV, Harbour Inns" in row_of(shown, "Also called")
    assert "harbour.example, hv.example" in row_of(shown, "Email domains")
    assert row_of(shown, "Group").count("Quillstone") == 2
    assert read(page).says("Forms that were submitted keep the words that were typed.")
    assert read(page).says("Nobody is emailed about it.")


def test_people_and_submitted_forms_are_told_in_numbers_and_drafts_are_not(client, harbour):
    call = make_call()
    submitted, draft = make_submitted(call=call), make_draft(call=call)
    one = submitted.person.organisation
    draft.person.organisation = one
    draft.person.save()

    shown = choose(client, one, harbour).content.decode()
    assert "<td>2</td><td>0</td><td>2</td>" in row_of(shown, "People")
    assert "<td>1</td><td>0</td><td>1</td>" in row_of(shown, "Expressions of interest")


def test_what_was_merged_into_the_other_before_counts_on_its_side(client, hv, harbour):
    earlier = make_organisation(name="Vale Hotels", domains="vale.example")
    make_organisation(name="An Inn", group=earlier)
    merge(earlier, harbour)

    shown = choose(client, hv, harbour).content.decode()
    assert "<td>0</td><td>1</td><td>1</td>" in row_of(shown, "Organisations in its group")
    assert "harbour.example, vale.example, hv.example" in row_of(shown, "Email domains")
    assert "Vale Hotels" in row_of(shown, "Also called")


def test_a_merge_says_what_it_means_for_a_sitting_co_chair(client):
    sat, sits, stays = make_organisation(), make_organisation(), make_organisation()
    seat = make_seat()
    last = clock.today() - timedelta(days=1)
    before = {"starts_on": last - timedelta(days=9), "ends_on": last}
    Term.objects.create(seat=seat, holder=make_user(), organisation=sat, **before)
    appoint(seat, organisation=sits)

    sitting = read(choose(client, sits, stays))
    assert sitting.says(f"1 term of a sitting co-chair: {seat}.")
    past = choose(client, sat, stays)
    assert not read(past).says("sitting co-chair")
    assert "<td>1</td><td>0</td><td>1</td>" in row_of(past.content.decode(), "Terms")
    shown = client.get(f"{PAGE}{sits.public_id}/change/").content.decode()
    assert "<td>Terms</td>" in shown.split("<h2>What names it")[1]


# The confirmation -------------------------------------------------------------------------------------
def test_only_the_entry_that_was_previewed_is_merged_into(client, hv, harbour):
    other = make_organisation(name="Kestrowe")
    said = seen_on(choose(client, hv, harbour))

    page = choose(client, hv, other, seen=said, reason=WHY)
    assert 'value="Merge into Kestrowe"' in page.content.decode()
    assert WHY in page.content.decode()
    assert not read(page).says("Somebody changed")
    hv.refresh_from_db()
    assert hv.state == "proposed"


def test_a_change_in_between_is_told_and_previewed_anew(client, hv, harbour):
    said = seen_on(choose(client, hv, harbour))
    harbour.domains = "changed.example"
    harbour.save(update_fields=["domains"])

    page = choose(client, hv, harbour, seen=said, reason=WHY)
    assert read(page).says("Somebody changed Harbour & Vale while you had this open.")
    assert "changed.example" in row_of(page.content.decode(), "Email domains")
    hv.refresh_from_db()
    assert hv.state == "proposed"

    choose(client, hv, harbour, seen=seen_on(page), reason=WHY)
    hv.refresh_from_db()
    assert hv.current == harbour


def test_a_change_of_the_one_to_be_merged_is_told_too(client, hv, harbour):
    as_read, said = seen(hv), seen_on(choose(client, hv, harbour))
    hv.domains = "other.example"
    hv.save(update_fields=["domains"])

    page = choose(client, hv, harbour, seen=said, reason=WHY, **as_read)
    assert read(page).says("Somebody changed this while you had it open")
    hv.refresh_from_db()
    assert hv.state == "proposed"


@pytest.mark.parametrize("reason", ["", "   "])
def test_the_reason_is_asked_for_at_the_confirmation(client, hv, harbour, reason):
    said = seen_on(choose(client, hv, harbour))

    assert read(choose(client, hv, harbour, seen=said, reason=reason)).says("Fill in “reason”.")
    hv.refresh_from_db()
    assert hv.state == "proposed"


@pytest.mark.parametrize("forged", ["x", ":", "00000000-0000-0000-0000-000000000000:abc", "\x00"])
def test_a_preview_that_was_not_read_confirms_nothing(client, hv, harbour, forged):
    assert choose(client, hv, harbour, seen=forged, reason=WHY).status_code == HTTPStatus.OK
    hv.refresh_from_db()
    assert hv.state == "proposed"


def test_what_can_not_stay_is_refused_before_its_preview(client, hv):
    parent = make_organisation(name="Parent", group=make_organisation(name="Grand", group=hv))

    page = choose(client, hv, parent)
    assert read(page).says("This is the group of the other: change that first.")
    assert not read(page).says("What does not change")


# Its groups -------------------------------------------------------------------------------------------
def test_a_merge_never_lets_a_group_belong_to_itself():
    top = make_organisation(name="Top")
    middle = make_organisation(name="Middle", group=top)
    low = make_organisation(name="Low", group=middle)

    with pytest.raises(Refused, match="This is the group of the other"):
        merge(top, low)
    merge(low, top)  # into what stands above it: nothing ends in itself


def test_nor_does_undoing_one():
    top, other = make_organisation(name="Top"), make_organisation(name="Other")
    sub = make_organisation(name="Sub")
    top.group = sub
    top.save()
    below = make_organisation(name="Below", group=top)
    merge(top, other)
    sub.group = below  # which counts as part of Other now
    sub.save()

    with pytest.raises(Refused, match="its group would belong to it"):
        workflow.unmerge_organisation(top, by=None, reason=WHY)


# Asked by name or domain ------------------------------------------------------------------------------
def test_what_was_merged_is_found_as_the_one_that_stays(hv, harbour):
    merge(hv, harbour)
    suggested = Organisation.objects.suggested

    assert suggested("HV") == suggested("harbour inns") == [harbour]
    assert suggested("", domain="mail.hv.example") == [harbour]
    assert list(Organisation.objects.called("HV")) == [hv]
    found = workflow.propose_organisation("hv", "", "private", by=None)
    assert (found, found.current) == (hv, harbour)
    double = make_organisation(name="H.V.", state="proposed")
    assert Organisation.objects.likely_the_same(double) == [harbour]
    listed = office().get(f"{PAGE}?duplicates=yes").content.decode()
    assert str(double.public_id) in listed

    workflow.unmerge_organisation(hv, by=None, reason=WHY)
    assert suggested("HV") == suggested("", domain="hv.example") == []


def test_it_takes_one_query_still_and_is_named_once(hv, harbour, django_assert_num_queries):
    merge(hv, harbour)
    with django_assert_num_queries(1):
        (found,) = Organisation.objects.suggested("h", domain="hv.example")
        assert (found, found.current_group) == (harbour, harbour.group)


# Undoing it -------------------------------------------------------------------------------------------
def test_the_page_that_undoes_a_merge_says_what_comes_back(client, hv, harbour):
    seat = make_seat()
    make_organisation(name="An Inn", group=hv)
    workflow.publish_organisation(hv, by=None)
    appoint(seat, organisation=hv)
    merge_in_the_console(client, hv, harbour)

    page = client.get(step(hv, "unmerge"))
    said = read(page)
    assert said.says("HV is an entry of its own again: published, as before the merge.")
    assert said.says("by its own names and domains, and Harbour & Vale by them no more")
    assert said.says(f"Co-chairs who sit for it again: {seat}.")
    shown = page.content.decode()
    assert "<td>1</td><td>0</td><td>1</td>" in row_of(shown, "Organisations in its group")
    assert "<td>hv.example</td><td>harbour.example</td>" in row_of(shown, "Email domains")
    assert Organisation.objects.get(pk=hv.pk).state == "merged"
