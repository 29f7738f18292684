"""A validation from the form that opens it to the day it runs out, and what begins it again."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from participants import policies, workflow
from participants.evidence import BY_HAND
from participants.models import Check, ExpressionOfInterest, RefereeRequest, Validation
from participants.workflow import likeness, referees, validation
from participants.workflow.referees import Answer, DeadLink
from projects.models import IdentityLevel
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_draft, make_project, make_user
from tests.office import make_holder
from workstreams.models import Call

pytestmark = pytest.mark.django_db

YES = Answer(name_is_right=True, role_is_right=True, employer_is_right=True)


def submit(draft: ExpressionOfInterest, by: User) -> Validation:
    workflow.submit(draft, by=by, received_at=clock.now())
    return Validation.objects.get(person__user=by)


@pytest.fixture
def volunteer() -> User:
    return make_user("amina@harbour-vale.example", name="Amina Thistlewood")


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def case(volunteer, project) -> Validation:
    return submit(make_draft(project, user=volunteer), volunteer)


@pytest.fixture
def caseworker() -> User:
    return make_holder(Role.CASEWORKER)


def settle_flags(case: Validation, by: User) -> None:
    for flag in policies.open_flags(case):
        validation.settle_flag(
            case, kind=flag.kind, facts=flag.facts, by=by, reason="Asked, and it is so."
        )


def call_back(case: Validation, by: User, outcome: str = "confirmed") -> Check:
    return validation.record_check(
        case,
        kind="call-back",
        outcome=outcome,
        method="Number of the hotel's public site; the front desk put me through.",
        by=by,
    )


def confirmed(case: Validation) -> None:
    asked = RefereeRequest.objects.get(validation=case, state="sent")
    referees.answer(referees.mint_link(asked), YES)
    case.refresh_from_db()


@pytest.fixture
def validated(case: Validation, caseworker: User) -> Validation:
    confirmed(case)
    call_back(case, caseworker)
    settle_flags(case, caseworker)
    validation.validate(case, by=caseworker, reason="Known by call and referee.")
    case.refresh_from_db()
    return case


def test_submitting_opens_it_and_asks_the_referee(case):
    assert case.state == "not started"
    assert case.due_on == clock.today() + timedelta(days=14)
    asked = RefereeRequest.objects.get(validation=case)
    assert (asked.name, asked.email) == ("Wilhelmina Asare", "wilhelmina@harbour-vale.example")
    assert asked.asked == {
        "name": "Amina Thistlewood",
        "role": "Hotel Security Manager",
        "organisation": "Harbour & Vale Hotels",
    }
    kinds = {check.kind: check.outcome for check in case.checks.all()}
    assert kinds == {"work email": "confirmed", "domain": "not confirmed"}


def test_a_referees_answer_begins_it_and_is_a_check(case):
    confirmed(case)
    assert case.state == "in progress"
    check = case.checks.get(kind="referee")
    assert (check.outcome, check.scores.strength) == ("confirmed", 2)


def test_referee_and_call_back_meet_a_low_profile(validated, project):
    assert (validated.level, validated.profile) == ("low", "L1A")
    assert policies.identity_bar(validated.person, project) is None


def test_a_project_may_ask_for_more(validated, project):
    project.identity_level = IdentityLevel.MEDIUM
    assert "identity level" in str(policies.identity_bar(validated.person, project))


def test_it_lasts_a_year(validated, project):
    with time_machine.travel(clock.now() + timedelta(days=364)):
        assert policies.identity_bar(validated.person, project) is None
    with time_machine.travel(clock.now() + timedelta(days=366)):
        assert policies.identity_bar(validated.person, project)
        assert validation.record_run_out() == 1
        validated.refresh_from_db()
        assert validated.state == "in progress"
        assert policies.counting(validated) == []


def test_a_change_of_name_ends_it_at_once_and_begins_it_again(validated, project):
    person = validated.person
    person.full_name = "Amina Hartley"
    person.save()
    assert policies.identity_bar(person, project)
    validation.recheck(person)
    validated.refresh_from_db()
    assert validated.state == "in progress"
    assert {check.kind for check in policies.counting(validated)} == {"work email"}


def test_another_spelling_of_the_name_changes_nothing(validated, project):
    person = validated.person
    person.full_name = "  amina   THISTLEWOOD "
    person.save()
    assert policies.identity_bar(person, project) is None


def test_nobody_validates_without_the_evidence(case, caseworker):
    validation.begin(case, by=caseworker)
    settle_flags(case, caseworker)
    with pytest.raises(Refused, match="no profile"):
        validation.validate(case, by=caseworker, reason="I like them.")


def test_an_open_flag_stands_in_the_way(case, caseworker):
    confirmed(case)
    call_back(case, caseworker)
    assert [flag.kind for flag in policies.open_flags(case)] == [
        "other domain",
        "referee other domain",
    ]
    with pytest.raises(Refused, match="flag"):
        validation.validate(case, by=caseworker, reason="Known by call and referee.")


def test_whoever_raised_it_does_not_settle_it(validated, caseworker):
    validation.reopen(validated, by=caseworker, reason="A tip from the force.")
    with pytest.raises(Refused, match="You raised"):
        validation.validate(validated, by=caseworker, reason="All is well.")
    validation.validate(validated, by=make_holder(Role.CASEWORKER), reason="All is well.")


def test_who_refused_it_does_not_look_at_it_again(case, caseworker, volunteer):
    confirmed(case)
    validation.refuse(case, told="We could not reach you.", by=caseworker, reason="No answer.")
    validation.appeal(case, by=volunteer, reason="I was at sea.")
    call_back(case, caseworker)
    settle_flags(case, caseworker)
    with pytest.raises(Refused, match="You refused"):
        validation.validate(case, by=caseworker, reason="Reached.")


def test_a_link_works_once(case):
    token = referees.mint_link(RefereeRequest.objects.get(validation=case))
    referees.answer(token, YES)
    with pytest.raises(DeadLink):
        referees.answer(token, Answer(knows_them=False))
    assert case.checks.filter(kind="referee").count() == 1


def test_a_link_is_void_once_what_it_asks_about_has_changed(case):
    token = referees.mint_link(RefereeRequest.objects.get(validation=case))
    case.person.role_title = "Director"
    case.person.save()
    assert referees.behind_link(token) is None


def test_a_referee_who_contests_afterwards_begins_it_again(case, caseworker, project):
    for kind in ("call-back", "pass seen"):
        validation.record_check(
            case, kind=kind, outcome="confirmed", method="On a call, found by us.", by=caseworker
        )
    settle_flags(case, caseworker)
    validation.validate(case, by=caseworker, reason="Seen, and called back.")
    assert policies.identity_bar(case.person, project) is None

    asked = RefereeRequest.objects.get(validation=case, state="sent")
    referees.answer(referees.mint_link(asked), Answer(knows_them=False))

    case.refresh_from_db()
    assert case.state == "in progress"
    assert policies.identity_bar(case.person, project)


@pytest.mark.parametrize("kind", BY_HAND)
def test_what_a_check_contradicts_is_flagged_and_waits_for_a_person(kind, case, caseworker):
    confirmed(case)
    call_back(case, caseworker)
    validation.record_check(
        case, kind=kind, outcome="contradicted", method="No such person is there.", by=caseworker
    )
    if kind != "call-back":  # and a newer one of its kind is no way to be rid of it
        validation.record_check(
            case, kind=kind, outcome="confirmed", method="Asked them again.", by=caseworker
        )
    assert "check contradicts" in {flag.kind for flag in policies.open_flags(case)}
    call_back(case, caseworker)
    with pytest.raises(Refused, match="flag"):
        validation.validate(case, by=caseworker, reason="The rest is well.")

    settle_flags(case, caseworker)
    validation.validate(case, by=caseworker, reason="Two people of one name work there.")
    case.refresh_from_db()
    assert case.state == "validated"


def test_what_contradicts_a_validation_that_was_given_begins_it_again_for_another(
    validated, caseworker, project
):
    call_back(validated, caseworker, outcome="not confirmed")
    assert validated.state == "validated"
    call_back(validated, caseworker, outcome="contradicted")

    validated.refresh_from_db()
    assert (validated.state, validated.raised_by) == ("in progress", caseworker)
    assert policies.identity_bar(validated.person, project)
    settle_flags(validated, caseworker)
    call_back(validated, caseworker)
    with pytest.raises(Refused, match="somebody else"):
        validation.validate(validated, by=caseworker, reason="A mistake of mine.")
    other = make_holder(Role.CASEWORKER)
    validation.validate(validated, by=other, reason="I called them, too.")


def test_what_is_known_of_the_employer_alone_scores_nothing(case, caseworker):
    confirmed(case)
    validation.record_check(
        case, kind="company", outcome="confirmed", method="Looked up.", by=caseworker
    )
    assert policies.profile_of(policies.counting(case)) is None


def test_an_address_that_anybody_can_have_is_of_no_organisation(case):
    person = case.person
    person.work_email = "amina@gmail.com"
    person.save()
    person.organisation.domains = "gmail.com"
    person.organisation.save()
    validation.check_by_itself(case)

    assert [check.outcome for check in policies.latest(case) if check.kind == "domain"] == [
        "not confirmed"
    ]


def test_withdrawing_ends_the_request(case, volunteer):
    token = referees.mint_link(RefereeRequest.objects.get(validation=case))
    workflow.withdraw(ExpressionOfInterest.objects.get(), by=volunteer)
    assert referees.behind_link(token) is None
    assert RefereeRequest.objects.get().state == "replaced"


def test_a_shared_telephone_and_a_likely_duplicate_are_flagged_and_name_each_other(
    case, volunteer, project
):
    other = make_user("amina.t@moor.example", name="Amina Thistlewood")
    theirs = submit(make_draft(project, user=other, call=Call.objects.get()), other)
    likeness.compare_due()

    for mine, beside in ((case, theirs), (theirs, case)):
        flags = {flag.kind: flag for flag in policies.open_flags(mine)}
        for kind in ("shared telephone", "duplicate"):
            assert flags[kind].others == (beside.person,)
