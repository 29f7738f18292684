"""What is looked at again: by somebody else, without the referee of before, and with what has changed."""

from __future__ import annotations

import html
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client

from participants.models import RefereeRequest, Validation
from participants.workflow import referees, validation
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_organisation
from tests.office import make_holder, signed_in
from tests.participants.identity import cases, desk
from tests.participants.identity.cases import YES, again, make_case

pytestmark = pytest.mark.django_db

METHOD = "Number of the hotel's public site; the front desk put me through."


def appealed(clerk: User) -> Validation:
    case = cases.refused_by(make_case(), clerk)
    assert case.person.user
    validation.appeal(case, by=case.person.user, reason="I was at sea.")
    return again(case)


def page(by: User, address: str) -> str:
    return html.unescape(signed_in(by).get(address).content.decode())


# After a refusal --------------------------------------------------------------------------------------
def test_what_is_refused_and_asked_again_is_nobodys_and_is_for_somebody_else(clerk):
    case = appealed(clerk)
    other = make_holder(Role.CASEWORKER, name="Ines Calloway")
    assert (case.state, case.caseworker, case.refused_by) == ("in progress", None, clerk)
    assert f"Somebody other than {clerk}" in page(other, desk.QUEUE)
    with pytest.raises(Refused, match="You refused this one"):
        validation.take(case, by=clerk)
    cases.call_back(case, clerk)  # what they know still helps, and makes them nothing
    assert again(case).caseworker is None
    validation.take(case, by=other)
    assert again(case).caseworker == other
    assert "Somebody other than" not in page(other, desk.QUEUE)


@pytest.mark.parametrize("way", ["reopened by the office", "changed"])
def test_nor_is_it_theirs_who_refused_it_however_it_is_opened_again(clerk, way):
    case = cases.refused_by(make_case(), clerk)
    assert case.caseworker == clerk
    if way == "changed":
        case.person.full_name = "Amina Hartley"
        case.person.save()
        validation.recheck(case.person)
    else:
        validation.reopen(case, by=make_holder(Role.OFFICE_MANAGER), reason="A tip.")
    assert again(case).caseworker is None


def test_no_referee_answers_for_what_was_refused(clerk):
    case = make_case()
    token = referees.mint_link(cases.asked(case))
    cases.refused_by(case, clerk)
    with pytest.raises(referees.DeadLink):
        referees.answer(token, YES)
    answer = Client().get(f"/referee/{token}/", follow=True)
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert "your answer is not needed any more" in answer.content.decode()
    (event,) = Event.objects.of_kind("participants.referee.replaced")
    assert event.facts["because"] == "refused"
    validation.appeal(case, by=case.person.user, reason="I was at sea.")
    assert not RefereeRequest.objects.filter(state="sent").exists()


# Whose it is ------------------------------------------------------------------------------------------
def test_who_records_a_check_of_what_is_nobodys_is_its_caseworker(clerk):
    case = make_case()
    cases.referee_says(case)
    assert case.caseworker is None
    cases.call_back(case, clerk)
    assert again(case).caseworker == clerk
    (taken,) = Event.objects.of_kind("participants.validation.taken")
    assert taken.actor == clerk
    cases.call_back(again(case), make_holder(Role.CASEWORKER))
    assert again(case).caseworker == clerk


def test_to_be_its_caseworker_twice_is_told_plainly(clerk):
    case = make_case()
    validation.begin(case, by=clerk)
    answer = signed_in(clerk).get(desk.page_of(case, "take"))
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "You are its caseworker already." in answer.content.decode()
    assert "Be its caseworker" not in desk.read(signed_in(clerk), case)


@pytest.mark.parametrize(
    "method", ["x", "ok", "Called him", "phoned....", ". . . . . . .", "12345 67890"]
)
def test_how_a_check_was_made_is_told_so_that_another_could_follow_it(clerk, method):
    case = make_case()
    answer = desk.call_back(signed_in(clerk), case, method=method)
    said = html.unescape(answer.content.decode())
    assert ("so that another could follow it: whom" in said) is (method != "Called him")
    assert case.checks.filter(kind="call-back").exists() is (method == "Called him")
    if method != "Called him":
        assert method in said  # kept as it was typed
        with pytest.raises(Refused, match="another could follow it"):
            validation.record_check(
                case, kind="call-back", outcome="confirmed", method=method, by=clerk
            )


# What has changed -------------------------------------------------------------------------------------
def test_the_case_says_what_has_changed_since_and_what_it_was(clerk):
    case = cases.validated_by(make_case(), clerk)
    assert "What has changed since" not in desk.read(signed_in(clerk), case)
    person = case.person
    old = person.organisation
    person.full_name, person.work_email = "Amina Hartley", "amina@quayside.example"
    person.organisation = make_organisation(name="Quayside Rooms")
    person.save()
    person.user.email = "ah@quayside.example"
    person.user.save()
    validation.recheck(person)

    said = page(clerk, desk.page_of(case))
    for words in (
        "Their name was “Amina Thistlewood” when they were validated; it is “Amina Hartley” now.",
        "Their work address was “amina@harbour-vale.example” when they were validated; it is "
        "“amina@quayside.example” now.",
        "The address they sign in with was “amina@harbour-vale.example” when",
        f"Their organisation was “{old}” when they were validated; it is “Quayside Rooms” now.",
    ):
        assert words in said
    with connection.cursor() as cursor:
        cursor.execute("SELECT relied_on_words FROM participants_validation")
        assert "Thistlewood" not in str(cursor.fetchall())


def test_of_a_refusal_it_says_what_was_refused(clerk):
    case = cases.refused_by(make_case(), clerk)
    case.person.full_name = "Amina Hartley"
    case.person.save()
    validation.recheck(case.person)
    assert "Their name was “Amina Thistlewood” when it was refused" in page(
        clerk, desk.page_of(case)
    )
