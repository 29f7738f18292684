"""Each step of casework, made from its page: what it does, whom it refuses, what bad input is told."""

import html
from http import HTTPStatus

import pytest

from participants.models import Check, FlagSettlement, InformationRequest, Person, RefereeRequest
from participants.workflow import referees, validation
from stepchange.models import Event
from stepchange.roles import Role
from tests.builders import make_organisation
from tests.office import PASSWORD, grown_old, make_holder, signed_in
from tests.participants.identity.desk import (
    METHOD,
    call_back,
    make_case,
    page_of,
    read,
    referee_confirms,
    seen_on,
    take_step,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def caseworker():
    return make_holder(Role.CASEWORKER, name="Beatrix Okonjo", password=PASSWORD)


@pytest.fixture
def desk(caseworker):
    return signed_in(caseworker)


@pytest.fixture
def case():
    return make_case()


@pytest.fixture
def ripe(desk, case):
    """Return a case that can be validated."""
    referee_confirms(case)
    call_back(desk, case)
    for flag in ("settle-other-domain", "settle-referee-other-domain"):
        take_step(desk, case, flag, reason="The hotel has a new domain.")
    return case


def said(answer) -> str:
    return html.unescape(answer.content.decode())


# Checks -----------------------------------------------------------------------------------------------
def test_a_call_back_is_one_page_away_and_begins_the_case(desk, case, caseworker):
    page = read(desk, case)
    assert f'href="{page_of(case, "check-call-back")}"' in page
    form = html.unescape(read(desk, case, "check-call-back"))
    assert "Find the switchboard’s number yourself" in form

    answer = call_back(desk, case)
    assert answer.status_code == HTTPStatus.FOUND
    check = Check.objects.get(kind="call-back")
    assert (check.checked_by, check.outcome, check.method) == (caseworker, "confirmed", METHOD)
    assert [check.activity, check.fraud, check.verification] == [1, 1, 1]
    assert (case.state, case.caseworker) == ("in progress", caseworker)


def test_a_check_can_score_less_and_never_more(desk, case):
    answer = call_back(desk, case, fraud="2")
    assert answer.status_code == HTTPStatus.OK
    assert "Identity fraud: choose from 0 to 1. A check of this kind scores no more." in said(
        answer
    )
    for wrong in ("-1", "x", "", "1e9", "\x00"):
        assert call_back(desk, case, fraud=wrong).status_code == HTTPStatus.OK
    assert not Check.objects.filter(kind="call-back").exists()

    call_back(desk, case, verification="0")
    assert Check.objects.get(kind="call-back").verification == 0


def test_what_was_not_confirmed_scores_nothing(desk, case):
    call_back(desk, case, outcome="not confirmed")
    check = Check.objects.get(kind="call-back")
    assert (check.outcome, check.activity, check.fraud) == ("not confirmed", 0, 0)


def test_what_a_check_lacks_is_said_beside_each_question_and_what_was_typed_stays(desk, case):
    page = said(call_back(desk, case, outcome="", method="  "))
    for words in ("Error:", "Choose what the check showed", "Say how you made it"):
        assert words in page, words
    assert "Choose what the check showed" in said(call_back(desk, case, outcome="sure"))
    kept = said(call_back(desk, case, outcome=""))
    assert METHOD in kept
    assert "Use 1000 characters or fewer" in said(call_back(desk, case, method="x" * 1001))
    assert "can't be shown" in said(call_back(desk, case, method="a\x00b")).replace("’", "'")
    assert not Check.objects.filter(kind="call-back").exists()


SCORES = {"strength": "3", "validity": "2", "activity": "1", "fraud": "1"}


def test_a_number_has_the_form_of_its_kind(desk, case):
    def licence(number: str, outcome: str = "confirmed"):
        typed = {"number": number, "outcome": outcome, "method": METHOD}
        return take_step(desk, case, "check-sia-licence", **SCORES, **typed)

    for wrong in (
        "",
        "1234",
        "1234 5678 9012 345X",
        "\uff11\uff12\uff13\uff14567890123456",
        "<script>",
        "9" * 41,
    ):
        answer = licence(wrong)
        assert answer.status_code == HTTPStatus.OK, wrong
        assert not Check.objects.filter(kind="SIA licence").exists()
    assert "Enter the 16 digits of the licence" in said(licence("1234"))
    assert "Enter the 16 digits of the licence" in said(licence("", "contradicted"))
    licence("1234 5678-9012 3456")
    assert Check.objects.get(kind="SIA licence").number == "1234567890123456"
    licence("", "not confirmed")  # there was no number to look up
    assert Check.objects.filter(kind="SIA licence").count() == 2


def test_the_number_that_the_person_gave_stands_there_already(desk):
    case = make_case(identifier="1234 5678 9012 3456")
    assert 'value="1234 5678 9012 3456"' in read(desk, case, "check-sia-licence")
    assert "1234 5678" not in read(desk, case, "check-company")  # it is no company's


def test_only_the_kinds_that_fit_the_sector_are_offered(desk, case):
    assert desk.get(page_of(case, "check-police-register")).status_code == HTTPStatus.CONFLICT
    force = make_organisation(name="Northmere Police", sector="police")
    officer = make_case(email="rhys@northmere.example", organisation=force)
    read(desk, officer, "check-police-register")
    typed = {"strength": "3", "validity": "3", "activity": "2", "fraud": "1"}
    typed |= {"number": "PC 4127", "outcome": "confirmed", "method": METHOD}
    take_step(desk, officer, "check-police-register", **typed)
    assert Check.objects.get(kind="police register").number == "PC4127"
    assert desk.get(page_of(officer, "check-sia-licence")).status_code == HTTPStatus.CONFLICT


def test_the_portals_own_checks_are_made_again(desk, case):
    works_for = case.person.organisation
    works_for.domains = "harbour-vale.example"
    works_for.save()
    before = case.checks.count()
    take_step(desk, case, "check-again")
    assert case.checks.count() == before + 1
    assert case.checks.filter(kind="domain").latest("pk").outcome == "confirmed"
    take_step(desk, case, "check-again")  # nothing new
    assert case.checks.count() == before + 1


# Flags ------------------------------------------------------------------------------------------------
def test_a_flag_is_settled_with_a_reason(desk, case, caseworker):
    page = said(take_step(desk, case, "settle-other-domain", reason=" "))
    assert "Fill in “reason”." in page
    take_step(desk, case, "settle-other-domain", reason="Seen on the hotel's site.")
    settled = FlagSettlement.objects.get(validation=case)
    assert (settled.kind, settled.settled_by) == ("other domain", caseworker)
    page = html.unescape(read(desk, case))
    assert "(settled)" in page
    assert "Seen on the hotel's site." in page
    assert desk.get(page_of(case, "settle-other-domain")).status_code == HTTPStatus.CONFLICT


def test_a_flag_that_does_not_stand_is_not_settled(desk, case):
    answer = desk.post(page_of(case, "settle-duplicate"), {"reason": "No."})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "not possible as things stand" in said(answer)


# Asking -----------------------------------------------------------------------------------------------
def test_more_information_is_asked_and_gone_on_without(desk, case):
    take_step(desk, case, "begin")
    take_step(desk, case, "ask", question="Which unit do you work in?")
    assert case.state == "more asked"
    assert InformationRequest.objects.get().question == "Which unit do you work in?"
    assert "Which unit do you work in?" in read(desk, case)
    take_step(desk, case, "go_on", reason="They are on leave.")
    assert case.state == "in progress"
    assert "Gone on without an answer." in read(desk, case)


def test_a_referee_is_asked_again_or_another_one_is(desk, case, caseworker):
    take_step(desk, case, "ask-again", reason="The letter went astray.")
    named = {
        "name": "Iris Calloway",
        "role_title": "Head of People",
        "email": "IRIS@harbour-vale.example",
        "reason": "The first has left.",
    }
    take_step(desk, case, "ask-other", **named)
    asked = list(RefereeRequest.objects.order_by("pk").values_list("state", "named_by"))
    assert asked == [
        ("replaced", None),
        ("replaced", caseworker.pk),
        ("sent", caseworker.pk),
    ]
    assert RefereeRequest.objects.get(state="sent").email == "iris@harbour-vale.example"


def test_another_referee_is_not_the_person_and_has_an_address(desk, case):
    named = {"name": "Iris", "role_title": "Head", "reason": "Left."}
    own = take_step(desk, case, "ask-other", **named, email=case.person.work_email)
    assert own.status_code == HTTPStatus.CONFLICT
    assert "nobody speaks for themself" in said(own)
    bad = said(take_step(desk, case, "ask-other", **named, email="iris at home"))
    assert "Enter an email address in the correct format" in bad
    empty = said(take_step(desk, case, "ask-other"))
    assert "Error:" in empty
    assert RefereeRequest.objects.filter(state="sent").count() == 1


def test_a_referee_who_asks_for_it_is_removed_and_what_they_said_stays(desk, case):
    asked = RefereeRequest.objects.get()
    assert "Choose a referee" in said(take_step(desk, case, "erase-referee", reason="By post."))
    forged = {"asking": str(case.public_id), "reason": "By post."}
    assert "Choose a referee from the list" in said(
        take_step(desk, case, "erase-referee", **forged)
    )
    take_step(desk, case, "erase-referee", asking=str(asked.public_id), reason="They wrote to us.")
    asked.refresh_from_db()
    assert (asked.is_erased, asked.name, asked.role_title) == (True, "", "")
    assert "No referee’s details are kept" in html.unescape(read(desk, case, "erase-referee"))


# Settled ----------------------------------------------------------------------------------------------
def test_the_decision_says_what_it_would_rest_on(desk, ripe, caseworker):
    page = html.unescape(read(desk, ripe, "validate"))
    assert "Level: Low, by profile L1A of GPG 45, version 0.4." in page
    assert "Referee’s confirmation; Call back through the switchboard" in page
    take_step(desk, ripe, "validate", reason="Known by call and referee.")
    assert (ripe.state, ripe.level, ripe.validated_by) == ("validated", "low", caseworker)
    assert "Holds until" in read(desk, ripe)


@pytest.mark.parametrize("step", ["validate", "refuse"])
def test_a_decision_asks_again_who_is_signed_in(desk, ripe, step):
    grown_old(desk, 16)
    for answer in (desk.get(page_of(ripe, step)), desk.post(page_of(ripe, step), {"reason": "x"})):
        assert answer.status_code == HTTPStatus.FOUND
    ripe.refresh_from_db()
    assert ripe.state == "in progress"


def test_without_the_evidence_it_is_not_offered_and_says_why(desk, case):
    call_back(desk, case)
    page = html.unescape(read(desk, case))
    assert "The checks so far meet no profile of GPG 45: record another check." in page
    assert desk.get(page_of(case, "validate")).status_code == HTTPStatus.CONFLICT
    answer = desk.post(page_of(case, "validate"), {"reason": "I like them."})
    assert answer.status_code == HTTPStatus.CONFLICT


def test_a_refusal_is_told_in_ready_and_in_own_words(desk, case, caseworker):
    take_step(desk, case, "begin")
    empty = said(take_step(desk, case, "refuse", reason="No answer."))
    assert "Choose or write what they are told" in empty
    assert "Choose sentences" in said(take_step(desk, case, "refuse", ready="99", reason="x"))
    told = {"ready": ["1", "2"], "told": "Write to us when you are back."}
    take_step(desk, case, "refuse", **told, reason="Reception knows nobody.")
    assert (case.state, case.refused_by) == ("refused", caseworker)
    assert case.refusal == (
        "We could not reach you through your organisation’s switchboard.\n\n"
        "Your referee could not confirm what you told us.\n\nWrite to us when you are back."
    )
    ended = Event.objects.about(case).of_kind("participants.validation.refused").get()
    assert ended.reason == "Reception knows nobody."


def test_whoever_refused_it_is_told_so_and_another_settles_it(desk, ripe):
    take_step(desk, ripe, "refuse", ready="1", reason="No answer.")
    validation.appeal(ripe, by=ripe.person.user, reason="I was at sea.")
    page = html.unescape(read(desk, ripe))
    assert "You refused this one: somebody else has to look at it again." in page
    assert page.count("You refused this one") == 1  # once for both steps
    for step in ("validate", "refuse"):
        assert desk.get(page_of(ripe, step)).status_code == HTTPStatus.CONFLICT
        answer = desk.post(page_of(ripe, step), {"reason": "x", "ready": "1"})
        assert answer.status_code == HTTPStatus.CONFLICT

    other = signed_in(make_holder(Role.OFFICE_MANAGER))
    take_step(other, ripe, "validate", reason="Reached.")
    assert ripe.state == "validated"


def test_whoever_opens_it_again_does_not_settle_it(desk, ripe):
    take_step(desk, ripe, "validate", reason="Known.")
    take_step(desk, ripe, "reopen", reason="A tip from the force.")
    assert ripe.state == "in progress"
    assert "You raised this one: somebody else has to settle it." in read(desk, ripe)
    assert desk.get(page_of(ripe, "validate")).status_code == HTTPStatus.CONFLICT
    other = signed_in(make_holder(Role.CASEWORKER))
    take_step(other, ripe, "validate", reason="All is well.")
    assert ripe.state == "validated"


# Two at once ------------------------------------------------------------------------------------------
def test_one_takes_over_from_another_and_nobody_from_themself(desk, case, caseworker):
    take_step(desk, case, "begin")
    assert case.caseworker == caseworker
    assert "Be its caseworker" not in read(desk, case)
    assert desk.get(page_of(case, "take")).status_code == HTTPStatus.CONFLICT
    other = make_holder(Role.OFFICE_MANAGER)
    take_step(signed_in(other), case, "take")
    assert case.caseworker == other


def another_check(case, other):
    validation.record_check(
        case, kind="call-back", outcome="contradicted", method="They left.", by=other
    )


def other_flag(case, _other):
    case.person.work_email = "amina@gmail.com"
    case.person.save()


def referee_replaced(case, other):
    referees.ask_again(case, by=other, reason="Astray.")


@pytest.mark.parametrize("meanwhile", [another_check, other_flag, referee_replaced])
def test_nobody_decides_on_what_they_have_not_seen(desk, ripe, meanwhile):
    seen = seen_on(read(desk, ripe, "refuse"))
    meanwhile(ripe, make_holder(Role.CASEWORKER))

    answer = desk.post(page_of(ripe, "refuse"), seen | {"ready": "1", "reason": "No answer."})
    ripe.refresh_from_db()
    assert ripe.state == "in progress"
    assert "Somebody changed this while you had it open" in said(answer)
    assert "No answer." in said(answer)
    again = seen_on(said(answer))
    desk.post(page_of(ripe, "refuse"), again | {"ready": "1", "reason": "No answer."})
    ripe.refresh_from_db()
    assert ripe.state == "refused"


@pytest.mark.parametrize("step", ["check-call-back", "validate"])
def test_what_is_sent_twice_is_done_once_and_told_truthfully(
    desk, ripe, step, django_capture_on_commit_callbacks
):
    """A double click without JavaScript: the second page must not say that it was not done."""
    page = page_of(ripe, step)
    sent = seen_on(read(desk, ripe, step))
    scores = {"activity": "1", "fraud": "1", "verification": "1"}
    called = {"outcome": "confirmed", "method": METHOD} | scores
    sent |= {"reason": "Known."} if step == "validate" else called
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post(page, sent).status_code == HTTPStatus.FOUND
    before = Event.objects.exclude(kind__endswith="looked").count()

    again = desk.post(page, sent, follow=True)

    assert again.redirect_chain == [(page_of(ripe), HTTPStatus.FOUND)]
    assert "You did this a moment ago" in said(again)
    assert Event.objects.exclude(kind__endswith="looked").count() == before
    others = signed_in(make_holder(Role.OFFICE_MANAGER)).post(page, sent)
    altered = desk.post(page, sent | {"method": "Another call.", "reason": "Another."})
    for answer in (others, altered):
        assert answer.status_code in {HTTPStatus.OK, HTTPStatus.CONFLICT}
        assert "You did this" not in said(answer)


def test_a_step_is_refused_by_the_page_to_whoever_became_a_colleague(desk, ripe, caseworker):
    Person.objects.filter(user=caseworker).update(organisation=ripe.person.organisation)
    answer = desk.post(page_of(ripe, "refuse"), {"ready": "1", "reason": "x"})
    assert answer.status_code == HTTPStatus.NOT_FOUND


def test_a_superuser_who_holds_no_role_looks_and_is_told_who_may(case):
    root = signed_in(make_holder(is_superuser=True, is_staff=True))
    page = read(root, case)
    assert "Only a caseworker or an office manager can do this." in page
    assert page.count("Only a caseworker or an office manager can do this.") == 1
    assert root.get(page_of(case, "begin")).status_code == HTTPStatus.CONFLICT


def test_nothing_is_changed_by_a_forged_post(desk, case):
    answer = desk.post(page_of(case), {"state": "validated", "level": "high"})
    case.refresh_from_db()
    assert (answer.status_code, case.state) == (HTTPStatus.FORBIDDEN, "not started")
    assert desk.post(page_of(case, "delete")).status_code == HTTPStatus.NOT_FOUND
    assert desk.get(page_of(case, "no-such-step")).status_code == HTTPStatus.NOT_FOUND
