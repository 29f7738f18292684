"""What a person reads of their own validation, and what they can do about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants.models import InformationRequest, RefereeRequest, Validation
from participants.workflow import referees, validation, withdraw
from participants.workflow.referees import Answer
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from stepchange.uk_time import uk_date
from tests.builders import make_user
from tests.office import make_holder
from tests.participants.identity import cases
from tests.reading import read

pytestmark = pytest.mark.django_db

PAGE, ANSWER = "/validation/", "/validation/answer/"
REFEREE, APPEAL = "/validation/referee/", "/validation/appeal/"
ANOTHER = {
    "referee_name": "Ottoline Brandt",
    "referee_role": "Head of Guest Services",
    "referee_email": "ottoline@harbour-vale.example",
}
QUESTION = "Which hotel do you work at?"


@pytest.fixture
def volunteer() -> User:
    return make_user("amina@harbour-vale.example", name="Amina Thistlewood")


@pytest.fixture
def case(volunteer: User) -> Validation:
    return cases.make_case(volunteer)


@pytest.fixture
def caseworker() -> User:
    return make_holder(Role.CASEWORKER, name="Severin Lockyer-Quist")


@pytest.fixture
def own(volunteer: User) -> Client:
    client = Client()
    client.force_login(volunteer)
    return client


def hidden(response: HttpResponse, name: str) -> str:
    """Return what a hidden field of a page holds."""
    return next(str(each["value"]) for each in read(response).fields if each.get("name") == name)


def says(client: Client, words: str, path: str = PAGE) -> bool:
    return bool(read(client.get(path)).says(words))


# Where it stands --------------------------------------------------------------------------------------
def test_who_has_submitted_nothing_reads_when_it_begins(client):
    client.force_login(make_user())
    assertContains(client.get(PAGE), "There is nothing to validate yet")
    assertContains(client.get("/account/"), "Not started")
    for path in (ANSWER, REFEREE, APPEAL):
        assertRedirects(client.get(path), PAGE)
        assertRedirects(client.post(path, {"answer": "x", "reason": "x", **ANOTHER}), PAGE)


def test_who_has_submitted_waits_for_the_referee(case, own):
    page = own.get(PAGE)
    assertContains(page, "Waiting for your referee")
    assertContains(page, "Has not answered yet")
    assertContains(page, uk_date(case.due_on))
    assertContains(own.get("/account/"), "Waiting for your referee")


def test_once_the_referee_has_confirmed_the_office_acts(case, own):
    cases.referee_says(case)
    page = own.get(PAGE)
    assertContains(page, "Being looked at")
    assertContains(page, "The office acts next")
    assertContains(page, "Confirmed")


@pytest.mark.parametrize(
    "said", [Answer(knows_them=False, comment="Zanzibar"), Answer(comment="Zanzibar")]
)
def test_what_the_referee_said_against_them_is_not_told(case, own, said):
    cases.referee_says(case, said)
    page = own.get(PAGE)
    assertContains(page, "Has answered")
    for words in ("Zanzibar", "ontest", "does not know", "eny", "enie"):
        assertNotContains(page, words)


def test_a_referee_who_did_not_answer_in_time(case, own, volunteer):
    with time_machine.travel(clock.now() + timedelta(days=15)):
        own.force_login(volunteer)
        assert says(own, "Did not answer in time")
        referees.record_run_out()
        page = own.get(PAGE)
        assertContains(page, "Did not answer in time")
        assertContains(page, "It meant to settle it by")


def test_who_is_validated_reads_until_when_and_at_which_level(case, own, caseworker):
    cases.validated_by(case, caseworker)
    page, until = own.get(PAGE), uk_date(case.expires_on)
    assertContains(page, f"It holds until {until}")
    assertContains(page, "Identity level: low")
    assertContains(page, "version 0.4")
    assertNotContains(page, "L1A")
    account = own.get("/account/")
    assertContains(account, f"until {until}")
    assertContains(account, "You were validated")
    assertContains(account, "Your validation runs out")


def test_a_change_begins_it_again_and_says_why(case, own, caseworker, volunteer):
    cases.validated_by(case, caseworker)
    case.person.full_name = "Amina Hartley"
    case.person.save()
    assert says(own, "To be done again"), "before anybody has recorded it"
    assert says(own, "has changed: your name")
    assertNotContains(own.get("/account/"), "Your validation runs out")
    validation.recheck(case.person)
    assert says(own, "Being looked at")
    assert says(own, "has changed: your name")


def test_a_year_on_it_is_done_again(case, own, caseworker, volunteer):
    cases.validated_by(case, caseworker)
    with time_machine.travel(clock.now() + timedelta(days=367)):
        own.force_login(volunteer)
        assert says(own, "because a validation holds for a year")
        validation.record_run_out()
        assert says(own, "because a validation holds for a year")
        assert says(own, "To be confirmed again")


def test_who_is_refused_reads_what_they_were_told_and_no_more(case, own, caseworker):
    cases.refused_by(case, caseworker, told="We could not reach you at the hotel.")
    page = own.get(PAGE)
    assertContains(page, "We could not reach you at the hotel.")
    assertNotContains(page, "three calls")
    assertNotContains(page, "Lockyer")


def test_who_withdrew_is_told_that_nobody_waits(case, own, volunteer):
    withdraw(case.person.expressions.get(), by=volunteer)
    assert says(own, "Nothing of yours is submitted")
    assertNotContains(own.get(PAGE), "Name a referee")


def test_the_page_costs_the_same_whatever_it_holds(
    case, own, caseworker, django_assert_max_num_queries
):
    for number in range(3):
        validation.ask(case, question=f"{QUESTION} {number}", by=caseworker)
        validation.answer(case, answer="The Grand.", by=case.person.user)
    cases.call_back(case, caseworker)
    with django_assert_max_num_queries(10):
        own.get(PAGE)


# Answering --------------------------------------------------------------------------------------------
@pytest.fixture
def question(case: Validation, caseworker: User) -> InformationRequest:
    return validation.ask(case, question=QUESTION, by=caseworker)


def sent(question: InformationRequest, answer: str = "The Grand.") -> dict[str, str]:
    return {"asked": question.record_key, "answer": answer}


def test_a_question_is_read_and_answered(question, own):
    assert says(own, QUESTION)
    assert says(own, QUESTION, ANSWER)
    assertRedirects(own.post(ANSWER, sent(question)), PAGE)
    question.refresh_from_db()
    assert question.answer == "The Grand."
    assert says(own, "The Grand.")
    assertRedirects(own.get(ANSWER), PAGE)


def test_a_double_click_answers_once(question, own):
    for _click in range(2):
        assertRedirects(own.post(ANSWER, sent(question)), PAGE)
    assert InformationRequest.objects.get().answer == "The Grand."


def test_another_answer_in_a_second_tab_is_told_and_kept(question, own):
    own.post(ANSWER, sent(question))
    second = own.post(ANSWER, sent(question, "No: the Royal."))
    assert second.status_code == 409
    assertContains(second, "No: the Royal.", status_code=409)
    assert InformationRequest.objects.get().answer == "The Grand."


def test_an_answer_is_never_taken_for_one_to_a_later_question(question, case, own, caseworker):
    case.refresh_from_db()
    validation.go_on(case, by=caseworker, reason="Found out.")
    later = validation.ask(case, question="Who is your manager?", by=caseworker)
    response = own.post(ANSWER, sent(question))
    assertContains(response, "has asked something else since", status_code=409)
    assertContains(response, "Who is your manager?", status_code=409)
    assertContains(response, "The Grand.", status_code=409)
    later.refresh_from_db()
    assert later.answer == ""


@pytest.mark.parametrize("hostile", ["", "   ", "x" * 2001, "\0"])
def test_what_is_no_answer_is_said_and_kept(question, own, hostile):
    response = own.post(ANSWER, sent(question, hostile))
    assert response.status_code == 200
    assert read(response).says("There is a problem")
    question.refresh_from_db()
    assert question.answered_at is None


# Another referee --------------------------------------------------------------------------------------
def seen(case: Validation) -> dict[str, str]:
    newest = RefereeRequest.objects.filter(validation=case).order_by("-pk").first()
    return {"seen": newest.record_key if newest else ""}


def test_another_referee_is_asked_in_the_place_of_the_first(case, own):
    first = cases.asked(case)
    assert says(own, "We asked Wilhelmina Asare", REFEREE)
    assertRedirects(own.post(REFEREE, ANOTHER | seen(case)), PAGE)
    assert cases.asked(case).name == "Ottoline Brandt"
    first.refresh_from_db()
    assert first.state == "replaced"


def test_a_double_click_names_once(case, own):
    posted = ANOTHER | seen(case)
    for _click in range(2):
        assertRedirects(own.post(REFEREE, posted), PAGE)
    assert RefereeRequest.objects.filter(validation=case).count() == 2


def test_a_second_tab_is_told_that_somebody_else_was_asked(case, own):
    before = seen(case)
    own.post(REFEREE, ANOTHER | before)
    third = ANOTHER | {"referee_name": "Bertrand Oyelaran", "referee_email": "b@harbour.example"}
    response = own.post(REFEREE, third | before)
    assertContains(response, "Somebody else was asked since", status_code=409)
    assertContains(response, "Bertrand Oyelaran", status_code=409)
    assert cases.asked(case).name == "Ottoline Brandt"
    fresh = third | {"seen": hidden(response, "seen")}
    assertRedirects(own.post(REFEREE, fresh), PAGE)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"referee_email": "Amina@Harbour-Vale.example"}, "this one is yours"),
        ({"referee_email": "ottoline@gmail.com"}, "the address that their organisation gave them"),
        ({"referee_email": "ottoline@harbour-vale"}, "in the correct format"),
        ({"referee_name": ""}, "full name"),
        ({"referee_role": "\0"}, "There is a problem"),
        ({"referee_name": "x" * 201}, "200 characters or fewer"),
    ],
)
def test_a_referee_who_can_not_be_asked_is_said_and_kept(case, own, said, words):
    response = own.post(REFEREE, ANOTHER | seen(case) | said)
    assert response.status_code == 200
    assertContains(response, words)
    assertContains(response, "Head of Guest Services" if "role" not in str(said) else "Ottoline")
    assert RefereeRequest.objects.filter(validation=case).count() == 1


def test_a_referee_without_an_address_of_their_organisation_is_taken_when_it_is_said(case, own):
    free = {"referee_email": "ottoline@gmail.com", "referee_email_is_right": "on"}
    assertRedirects(own.post(REFEREE, ANOTHER | seen(case) | free), PAGE)


def test_nobody_can_have_strangers_pestered(case, own):
    for number in range(referees.MOST_NAMED - 1):
        address = {"referee_email": f"o{number}@harbour-vale.example"}
        assertRedirects(own.post(REFEREE, ANOTHER | seen(case) | address), PAGE)
    response = own.post(REFEREE, ANOTHER | seen(case))
    assertContains(response, "named several referees already", status_code=409)
    assert cases.asked(case), "who was asked last still is"


def test_a_settled_case_needs_no_referee(case, own, caseworker):
    cases.validated_by(case, caseworker)
    assertRedirects(own.get(REFEREE), PAGE)
    assert own.post(REFEREE, ANOTHER | seen(case)).status_code == 409


# Asking for it to be looked at again ------------------------------------------------------------------
def test_a_refusal_is_looked_at_again(case, own, caseworker):
    cases.refused_by(case, caseworker)
    assert says(own, "We could not reach you.", APPEAL)
    for _click in range(2):
        assertRedirects(own.post(APPEAL, {"reason": "I was at sea."}), PAGE)
    case.refresh_from_db()
    assert case.state == "in progress"
    assert says(own, "somebody else looks at it again")


def test_what_is_typed_too_late_is_kept_and_told(case, own, caseworker):
    cases.refused_by(case, caseworker)
    validation.reopen(case, by=make_holder(Role.CASEWORKER), reason="A mistake.")
    response = own.post(APPEAL, {"reason": "I was at sea."})
    assertContains(response, "I was at sea.", status_code=409)


@pytest.mark.parametrize("hostile", ["", " ", "\0", "x" * 2001])
def test_no_reason_is_no_appeal(case, own, caseworker, hostile):
    cases.refused_by(case, caseworker)
    assert own.post(APPEAL, {"reason": hostile}).status_code == 200
    case.refresh_from_db()
    assert case.state == "refused"


# Others -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", [PAGE, ANSWER, REFEREE, APPEAL])
def test_who_is_not_signed_in_signs_in_first(client, path):
    for response in (client.get(path), *([client.post(path)] if path != PAGE else [])):
        assertRedirects(response, f"/accounts/login/?next={path}", fetch_redirect_response=False)


@pytest.mark.parametrize("path", [ANSWER, REFEREE, APPEAL])
def test_looking_changes_nothing(case, own, path, caseworker):
    before = list(Validation.objects.values()), list(RefereeRequest.objects.values("pk", "state"))
    for _look in range(3):
        own.get(path)
    after = list(Validation.objects.values()), list(RefereeRequest.objects.values("pk", "state"))
    assert before == after


def test_what_is_typed_as_the_session_ends_waits_for_its_owner(question, own, volunteer):
    page = own.get(ANSWER)
    token = hidden(page, "typing")
    Client().post(ANSWER, sent(question) | {"typing": token})
    assertContains(own.get(ANSWER), "What you typed before is below")
    assertContains(own.get(ANSWER), "The Grand.")
