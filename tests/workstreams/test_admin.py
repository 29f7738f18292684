"""The programme's structure in the console: calls, seats, terms, organisations."""

from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role, holds
from tests.builders import make_call, make_stream, make_user
from tests.office import make_holder, office, seen, signed_in
from workstreams import workflow
from workstreams.models import Call, KeyActivity, Organisation, Passage, Seat, Term

pytestmark = pytest.mark.django_db

CALLS = "/admin/workstreams/call/"


def make_organisation(**fields) -> Organisation:
    number = Organisation.objects.count()
    return Organisation.objects.create(
        **{"name": f"Harbour & Vale {number}", "sector": "private", "state": "published"} | fields
    )


def make_seat(**fields) -> Seat:
    return Seat.objects.create(
        **{"work_stream": fields.get("work_stream") or make_stream(), "side": "police"} | fields
    )


# Calls --------------------------------------------------------------------------------------------
def test_a_call_is_added_by_its_days_and_kept_by_its_instants():
    client = office()
    typed = {
        "name": "Call 2027",
        "slug": "2027",
        "opens_on": "2027-05-01",
        "last_day": "2027-05-25",
        "delivery_on": "2027-06-01",
        "decisions_on": "",
        "notes": "[]",
        "state": "published",
        "closes_at_0": "2030-01-01",
        "closes_at": "2030-01-01",
    }
    response = client.post(f"{CALLS}add/", typed)

    assert response.status_code == HTTPStatus.FOUND
    call = Call.objects.get(slug="2027")
    assert call.opens_at == datetime(2027, 4, 30, 23, 0, tzinfo=UTC)
    assert call.closes_at == datetime(2027, 5, 25, 23, 0, tzinfo=UTC)
    assert call.state == "draft"
    event = Event.objects.about(call).get()
    assert event.kind == "workstreams.call.added"
    assert event.personal["values"]["closes_at"] == "2027-05-25T23:00:00Z"


def test_a_call_never_closes_before_it_opens():
    typed = {
        "name": "Call 2027",
        "slug": "2027",
        "opens_on": "2027-05-02",
        "last_day": "2027-05-01",
        "delivery_on": "2027-06-01",
        "notes": "[]",
    }
    page = office().post(f"{CALLS}add/", typed)

    assert "The last day is the opening day or later." in page.content.decode()
    assert not Call.objects.exists()


@pytest.mark.parametrize("state", ["draft", "published", "closed"])
def test_a_forged_post_moves_neither_state_nor_dates(state):
    call = make_call(state=state)
    before = Call.objects.values().get(pk=call.pk)
    forged = {
        "state": "archived",
        "opens_at_0": "2001-01-01",
        "opens_at_1": "00:00",
        "opens_at": "2001-01-01",
        "closes_at_0": "2030-01-01",
        "closes_at_1": "00:00",
        "closes_at": "2030-01-01",
        "last_day": "2030-01-01",
        "delivery_on": "2001-01-01",
        "slug": "another",
        "history": '{"survey": "x"}',
        "loaded_digest": "x",
        "id": "1",
        "name": call.name,
        "notes": "[]",
        **seen(call),
    }
    assert office().post(f"{CALLS}{call.slug}/change/", forged).status_code == HTTPStatus.FOUND
    assert Call.objects.values().get(pk=call.pk) == before
    assert not Event.objects.exists()


def test_when_outcomes_are_released_stays_once_a_call_is_announced():
    draft, published = make_call(state="draft"), make_call()
    client = office()
    for call in (draft, published):
        fields = {"name": call.name, "notes": "[]", "is_rolling": "on", **seen(call)}
        client.post(f"{CALLS}{call.slug}/change/", fields)

    assert Call.objects.get(pk=draft.pk).is_rolling
    assert not Call.objects.get(pk=published.pk).is_rolling


def test_a_call_is_re_dated_by_its_last_day_with_a_reason():
    call = make_call()
    opened = call.opens_at
    day = clock.today() + timedelta(days=30)
    typed = {
        "opens_on": opened.astimezone(clock.UK).date(),
        "last_day": day,
        "delivery_on": day + timedelta(days=7),
        "decisions_on": "",
        "reason": "The board asked for more time.",
    }
    client = office()
    form = client.get(f"{CALLS}{call.slug}/redate/").content.decode()
    assert f'value="{clock.last_day_before(call.closes_at)}"' in form
    assert client.post(f"{CALLS}{call.slug}/redate/", typed | seen(call)).status_code == 302

    call.refresh_from_db()
    assert (call.opens_at, call.closes_at) == (opened, clock.end_of(day))
    event = Event.objects.about(call).get()
    assert (event.kind, event.reason) == (
        "workstreams.call.redated",
        "The board asked for more time.",
    )


def test_two_people_never_re_date_over_each_other():
    call = make_call()
    as_read = seen(call)
    dates = {
        "opens_at": call.opens_at,
        "delivery_on": call.delivery_on,
        "decisions_on": None,
        "by": None,
        "reason": "First.",
    }
    first = clock.end_of(clock.today() + timedelta(days=40))
    workflow.redate_call(call, closes_at=first, **dates)
    typed = {
        "opens_on": call.opens_at.astimezone(clock.UK).date(),
        "last_day": clock.today() + timedelta(days=50),
        "delivery_on": call.delivery_on,
        "reason": "Second.",
    }
    page = office().post(f"{CALLS}{call.slug}/redate/", typed | as_read).content.decode()

    assert "Somebody changed this while you had it open" in page
    assert Call.objects.get(pk=call.pk).closes_at == first


def test_a_call_does_not_close_before_its_time_whoever_asks():
    call = make_call()
    client = signed_in(make_holder(is_superuser=True, is_staff=True))
    response = client.post(f"{CALLS}{call.slug}/close/", seen(call))

    assert response.status_code == HTTPStatus.CONFLICT
    assert "The closing time has not come" in response.content.decode()
    assert Call.objects.get(pk=call.pk).state == "published"


# Seats and terms ----------------------------------------------------------------------------------
def test_a_holder_is_appointed_and_the_work_stream_shows_it():
    seat, organisation = make_seat(), make_organisation()
    holder = make_user("iris@harbour.example", name="Iris Calloway")
    client = office()
    typed = {
        "holder": "Iris@Harbour.example",
        "organisation": organisation.public_id,
        "starts_on": clock.today(),
        "ends_on": "",
    }
    path = f"/admin/workstreams/seat/{seat.public_id}/appoint/"
    assert client.post(path, typed | seen(seat)).status_code == HTTPStatus.FOUND

    assert Term.objects.get().holder == holder
    assert holds(holder, Role.CO_CHAIR)
    stream = f"/admin/workstreams/workstream/{seat.work_stream.slug}/change/"
    assert "Iris Calloway" in client.get(stream).content.decode()
    assert "1 of 1" in client.get("/admin/workstreams/workstream/").content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"holder": "nobody@harbour.example"}, "Nobody has an account with this address"),
        ({"holder": "not an address"}, "Enter a valid email address"),
        ({"organisation": "00000000-0000-0000-0000-000000000000"}, "Select a valid choice"),
        ({"organisation": "1"}, "is not a valid UUID"),
        ({"ends_on": "2001-01-01"}, "A term ends after it starts."),
    ],
)
def test_an_appointment_that_can_not_be_says_why_and_keeps_what_was_typed(typed, words):
    seat, organisation = make_seat(), make_organisation()
    make_user("iris@harbour.example")
    fields = {
        "holder": "iris@harbour.example",
        "organisation": organisation.public_id,
        "starts_on": "2026-11-23",
        "ends_on": "",
        **seen(seat),
    }
    page = office().post(f"/admin/workstreams/seat/{seat.public_id}/appoint/", fields | typed)

    assert words in page.content.decode()
    assert 'value="2026-11-23"' in page.content.decode()
    assert not Term.objects.exists()


def test_a_seat_held_is_not_given_twice():
    seat, organisation = make_seat(), make_organisation()
    Term.objects.create(seat=seat, holder=make_user(name="Iris"), organisation=organisation)
    make_user("second@harbour.example")
    typed = {
        "holder": "second@harbour.example",
        "organisation": organisation.public_id,
        "starts_on": clock.today(),
        **seen(seat),
    }
    response = office().post(f"/admin/workstreams/seat/{seat.public_id}/appoint/", typed)

    assert response.status_code == HTTPStatus.CONFLICT
    assert "Iris holds this seat then" in response.content.decode()
    assert Term.objects.count() == 1


def test_only_a_published_organisation_can_be_chosen():
    seat, proposed = make_seat(), make_organisation(state="proposed", name="Unknown Ltd")

    page = office().get(f"/admin/workstreams/seat/{seat.public_id}/appoint/").content.decode()
    assert str(proposed.public_id) not in page


def test_a_term_is_ended_with_a_reason_and_never_edited():
    term = Term.objects.create(
        seat=make_seat(), holder=make_user(), organisation=make_organisation()
    )
    client = office()
    path = f"/admin/workstreams/term/{term.public_id}/"
    assert client.post(f"{path}change/", {"ends_on": "2026-01-01"}).status_code == 403
    bare = client.post(f"{path}end/", {"ends_on": clock.today(), **seen(term)})
    assert "Fill in “reason”." in bare.content.decode()
    client.post(f"{path}end/", {"ends_on": clock.today(), "reason": "Retired.", **seen(term)})

    term.refresh_from_db()
    assert term.ends_on == clock.today()
    assert Event.objects.get().reason == "Retired."


def test_what_a_seat_is_stays_as_it_was_made():
    seat, other = make_seat(), make_stream()
    forged = {"work_stream": other.slug, "side": "business", "kind": "deputy", **seen(seat)}
    office().post(f"/admin/workstreams/seat/{seat.public_id}/change/", forged)

    fresh = Seat.objects.get(pk=seat.pk)
    assert (fresh.work_stream, fresh.side, fresh.kind) == (seat.work_stream, "police", "co-chair")


# Organisations, key activity, passages ------------------------------------------------------------
def edit_organisation(organisation: Organisation, **changed):
    fields = {
        "name": organisation.name,
        "unit": organisation.unit,
        "sector": organisation.sector,
        "group": organisation.group.public_id if organisation.group else "",
        "aliases": organisation.aliases,
        "domains": organisation.domains,
        **seen(organisation),
    }
    path = f"/admin/workstreams/organisation/{organisation.public_id}/change/"
    return office().post(path, fields | changed)


def test_an_organisation_is_published_by_its_move_and_not_by_its_form():
    organisation = make_organisation(state="proposed")
    edit_organisation(organisation, state="published", name="Renamed")
    organisation.refresh_from_db()
    assert (organisation.name, organisation.state) == ("Renamed", "proposed")

    path = f"/admin/workstreams/organisation/{organisation.public_id}/publish/"
    office().post(path, seen(organisation))
    organisation.refresh_from_db()
    assert organisation.state == "published"


def test_a_group_is_recorded_by_its_public_key_and_never_ends_in_itself():
    parent, child = make_organisation(), make_organisation()
    edit_organisation(child, group=parent.public_id)
    child.refresh_from_db()
    assert child.group == parent
    assert Event.objects.about(child).get().personal["after"] == {"group": str(parent.public_id)}

    page = edit_organisation(parent, group=child.public_id)
    assert "That group belongs to this organisation already." in page.content.decode()
    page = edit_organisation(child, group=str(parent.pk))
    assert page.status_code == HTTPStatus.OK


@pytest.mark.parametrize("why", ["", "A slip of ours in typing the source."])
def test_the_programmes_own_words_change_only_with_a_reason(why):
    row = KeyActivity.objects.create(
        slug="launch", when="23 April", sort_on=date(2018, 4, 23), text="Before"
    )
    fields = {
        "when": row.when,
        "text": "After",
        "sort_on": row.sort_on,
        "position": 0,
        "notes": "[]",
    }
    path = "/admin/workstreams/keyactivity/launch/change/"
    office().post(path, fields | seen(row) | {"why": why})

    row.refresh_from_db()
    assert row.text == ("After" if why else "Before")
    assert Event.objects.count() == bool(why)


@pytest.mark.parametrize(
    ("notes", "is_kept"),
    [
        ('[{"about": "text", "quote": "Uk", "text": "As in the source."}]', True),
        ("[]", True),
        ('{"about": "text"}', False),
        ('[{"about": "text"}]', False),
        ('[{"about": "text", "quote": "Uk", "text": 5}]', False),
        ("[5]", False),
        ("not json", False),
    ],
)
def test_editors_notes_keep_their_shape(notes, is_kept):
    row = Passage.objects.create(slug="opening", topic="opening", text="We", position=1)
    fields = {"topic": "opening", "text": "We", "position": 2, "notes": notes, **seen(row)}
    response = office().post("/admin/workstreams/passage/opening/change/", fields)

    assert (response.status_code == HTTPStatus.FOUND) is is_kept


@pytest.mark.parametrize(
    "name", ["workstream", "seat", "term", "organisation", "call", "keyactivity", "passage"]
)
def test_a_list_costs_the_same_however_long_it_is(name):
    client = office()
    counted = []
    for _ in range(2):
        for number in range(4):
            unique = f"{len(counted)}-{number}"
            parent = make_organisation(group=make_organisation())
            seat = make_seat()
            Term.objects.create(seat=seat, holder=make_user(), organisation=parent)
            make_call(state="draft")
            Passage.objects.create(slug=unique, topic="opening", text="We")
            KeyActivity.objects.create(slug=unique, when="x", sort_on=clock.today(), text="x")
        client.get(f"/admin/workstreams/{name}/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/admin/workstreams/{name}/").status_code == HTTPStatus.OK
        counted.append(len(queries))

    assert counted[0] == counted[1] <= 20
