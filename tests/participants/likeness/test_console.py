"""The people of the console: who is shown, what is recorded, and the way from suggested to merged."""

import html
import re
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants.models import ExpressionOfInterest, Person
from participants.workflow import likeness
from participants.workflow.looking import LOOKED
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from tests.builders import make_call, make_organisation, make_ready, make_seat
from tests.office import make_holder, office, search, seen, signed_in
from tests.participants.likeness.alike import (
    MOBILE,
    WHY,
    fresh,
    make_alike,
    make_person,
    merge,
    pair_of,
)
from tests.workstreams.moves import appoint

pytestmark = pytest.mark.django_db

LIST = "/admin/participants/person/"
OF_LOOKS = re.compile('SAVEPOINT|BEGIN|COMMIT|"stepchange_(event|unsealed|seal|chain)')


def page(person: Person, step: str = "change") -> str:
    return f"{LIST}{person.public_id}/{step}/"


def shown(client, path: str, status: int = HTTPStatus.OK) -> str:
    response = client.get(path)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def looked_at() -> list[str]:
    return list(Event.objects.of_kind(LOOKED).order_by("id").values_list("subject_key", flat=True))


# Who is shown -----------------------------------------------------------------------------------------
def test_only_who_has_submitted_something_is_there():
    drafting = make_person("Drafty Draper", state="draft")
    make_person("Wendy Withdrawn")
    client = office()

    listed = shown(client, LIST)
    assert "Wendy Withdrawn" in listed
    assert "Drafty Draper" not in listed
    for step in ("change", "history", "merge", "suggest"):
        assert client.get(page(drafting, step)).status_code == HTTPStatus.NOT_FOUND
    found = search(client, LIST, "drafty").content.decode()
    assert "Drafty" not in found.split("<tbody>")[-1].split("</tbody>")[0]


def test_a_draft_beside_what_was_submitted_is_only_counted():
    one, other = make_alike()
    draft = ExpressionOfInterest.objects.create(person=one, call=make_call(state="closed"))
    client = office()

    for path in (page(one), page(other, "merge")):
        told = shown(client, path)
        assert "1 draft" in told
        assert draft.reference not in told
        assert draft.call.name not in told


def test_who_has_not_undertaken_and_declared_sees_nobody():
    one, _other = make_alike()
    new = make_holder(Role.OFFICE_MANAGER, is_ready=False)
    client = signed_in(new)
    assert "Hartnoll" not in client.get(LIST).content.decode()
    assert "Hartnoll" not in client.get(page(one)).content.decode()
    make_ready(new)
    assert "Hartnoll" in shown(client, LIST)


def test_searched_by_name_and_filtered_by_what_waits():
    one, other = make_alike()
    make_person("Yvonne Baptiste")
    client = office()

    found = search(client, LIST, "baptiste").content.decode()
    assert "Yvonne" in found
    assert "Hartnoll" not in found
    waiting = shown(client, f"{LIST}?duplicates=yes")
    assert str(one.public_id) in waiting
    assert str(other.public_id) in waiting
    assert "Yvonne" not in waiting
    assert "Likely duplicates of people" in shown(client, "/admin/")
    merge(one, other)
    assert str(one.public_id) in shown(client, f"{LIST}?duplicates=merged")
    assert "Likely duplicates of people" not in shown(client, "/admin/")


# What is recorded ---------------------------------------------------------------------------------------
def test_a_look_is_recorded_at_everybody_shown_side_by_side():
    one, other = make_alike()
    client = office()

    shown(client, page(one))
    assert looked_at() == [one.record_key]
    for step in ("merge", "tell-apart"):
        shown(client, page(one, step))
    assert looked_at() == [one.record_key, *([one.record_key, other.record_key] * 2)]
    assert {event.facts["what"] for event in Event.objects.of_kind(LOOKED)} == {"person"}


def test_the_record_of_a_person_tells_what_became_of_their_pairs():
    one, other = make_alike()
    merge(one, other)
    client = office()

    for person in (one, other):
        told = shown(client, page(person, "history"))
        assert "Two people suggested to be one" in told
        assert "Two people merged" in told
        assert WHY in told
    found = search(client, "/admin/stepchange/event/", one.record_key).content.decode()
    assert "Person merged into another" in found
    assert "Hartnoll" not in found


# The steps ----------------------------------------------------------------------------------------------
def test_from_suggested_through_the_preview_to_merged_and_back():
    hotel = make_organisation(name="Harbour & Vale Hotels")
    one, other = make_alike(organisation=hotel)
    appoint(make_seat(), holder=other.user, organisation=hotel)
    client = office()

    told = shown(client, page(one))
    assert "A short form of the same name" in told
    assert "the same telephone" in told
    preview = shown(client, page(one, "merge"))
    for words in (
        one.user.email,
        other.user.email,
        "Harbour & Vale Hotels",
        other.expressions.get().reference,
        "Co-chair",
        "Possible",
        "Both accounts keep signing in",
    ):
        assert words in preview
    posted = client.post(
        page(one, "merge"), {"into": str(other.public_id), "reason": WHY, **seen(one)}
    )
    assert posted.status_code == HTTPStatus.FOUND
    assert fresh(one).current == other
    assert "Bill Hartnoll" in shown(client, page(one)).split("Counts as")[1][:300]
    assert "Merged into them" in shown(client, page(other))

    shown(client, page(one, "merge"), HTTPStatus.CONFLICT)
    client.post(page(one, "unmerge"), {"reason": WHY, **seen(one)})
    assert fresh(one).merged_into is None
    assert pair_of(one, other).state == "suggested"


def test_a_form_of_each_in_one_call_is_shown_as_what_stands_in_the_way():
    one, other = make_alike(state="submitted")
    client = office()

    assert "ask them to withdraw one first" in shown(client, page(one, "merge"))
    answer = client.post(
        page(one, "merge"), {"into": str(other.public_id), "reason": WHY, **seen(one)}
    )
    assert "ask them to withdraw one first" in answer.content.decode()
    assert WHY in answer.content.decode()
    assert fresh(one).merged_into is None


def test_told_apart_it_waits_for_nobody():
    one, other = make_alike()
    client = office()
    client.post(
        page(one, "tell-apart"), {"other": str(other.public_id), "reason": WHY, **seen(one)}
    )

    assert pair_of(one, other).state == "dismissed"
    assert "Not the same person" in shown(client, page(other))
    assert "Nobody is suggested" in shown(client, page(one, "merge"), HTTPStatus.CONFLICT)


def test_the_office_names_somebody_by_a_form_of_theirs():
    one, other = make_person("Yvonne Baptiste"), make_person("Graham Moody")
    hidden = make_person("Drafty Draper", state="draft").expressions.get().reference
    client = office()

    for typed, said in (
        (hidden, "nobody like that"),
        ("SC-XXXXXXXX", "nobody like that"),
        ("<script>\x00", ""),
        ("", "Fill in"),
        (one.expressions.get().reference, "the one to be merged"),
    ):
        answer = client.post(page(one, "suggest"), {"reference": typed, "reason": WHY, **seen(one)})
        assert answer.status_code == HTTPStatus.OK
        assert said in answer.content.decode()
    client.post(
        page(one, "suggest"),
        {"reference": other.expressions.get().reference.lower(), "reason": WHY, **seen(one)},
    )
    assert pair_of(one, other).state == "suggested"
    assert "The office says so" in shown(client, page(one, "merge"))


@pytest.mark.parametrize("into", ["", "nobody", "00000000-0000-0000-0000-000000000000", "\x00"])
def test_nobody_else_can_be_chosen(into):
    one, _other = make_alike()
    stranger = make_person("Yvonne Baptiste")
    client = office()
    for typed in (into, str(stranger.public_id)):
        answer = client.post(page(one, "merge"), {"into": typed, "reason": WHY, **seen(one)})
        assert "Choose a person." in answer.content.decode()
    assert not Person.objects.filter(merged_into__isnull=False).exists()


def test_a_caseworker_looks_and_no_more():
    one, _other = make_alike()
    client = office(Role.CASEWORKER)
    assert "A short form of the same name" in shown(client, page(one))
    for step in ("merge", "tell-apart", "suggest", "unmerge"):
        assert client.get(page(one, step)).status_code == HTTPStatus.FORBIDDEN
        assert client.post(page(one, step), {}).status_code == HTTPStatus.FORBIDDEN
    for role in (Role.AUDITOR, Role.COMMUNICATIONS_OFFICER):
        assert office(role).get(LIST).status_code == HTTPStatus.NOT_FOUND


def test_every_page_costs_the_same_for_many_as_for_few():
    call = make_call()
    one, _other = make_alike(call=call)
    client = office()

    def costs() -> list[int]:
        counted = []
        for path in (LIST, page(one), page(one, "tell-apart"), page(one, "merge")):
            with CaptureQueriesContext(connection) as asked:
                shown(client, path)
            # (Each look is an event with a seal of its own: one for each person shown.)
            counted.append(sum(not OF_LOOKS.search(sql["sql"]) for sql in asked.captured_queries))
        return counted

    costs()
    few = costs()
    for number in range(8):
        person = make_person(
            f"Will{'ie' * (number % 2)} Hartnol{'l' * (number % 3)}", telephone=MOBILE, call=call
        )
        ExpressionOfInterest.objects.create(
            person=person,
            call=make_call(state="closed"),
            state="submitted",
            submitted_at=clock.now(),
        )
    likeness.compare_due()
    many = costs()

    assert many == few
    assert max(few) <= 40  # the half of them law 3, of the reader and the person
