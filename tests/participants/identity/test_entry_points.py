"""Where a fact about somebody can change: whether their validation begins again, or rightly not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress

from participants import policies, tasks, workflow
from participants.models import ExpressionOfInterest, RefereeRequest, Validation
from participants.workflow import validation
from participants.workflow.referees import Answer
from stepchange import clock, credentials
from stepchange.events import record
from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import (
    complete_answers,
    make_call,
    make_draft,
    make_entered,
    make_organisation,
    make_project,
    make_user,
)
from tests.office import make_holder
from tests.participants.identity import cases
from workstreams import workflow as programme
from workstreams.models import Call

pytestmark = pytest.mark.django_db


@pytest.fixture
def volunteer() -> User:
    return make_user("amina@harbour-vale.example", name="Amina Thistlewood")


@pytest.fixture
def caseworker() -> User:
    return make_holder(Role.CASEWORKER)


@pytest.fixture
def validated(volunteer: User, caseworker: User) -> Validation:
    return cases.validated_by(cases.make_case(volunteer), caseworker)


def holds(case: Validation) -> bool:
    """Say whether they are validated, and the row and what is computed agree."""
    now = cases.again(case)
    assert (now.state == "validated") is policies.identity_of(now.person).is_validated
    return now.state == "validated"


def amend(case: Validation, page: str, **said: str) -> None:
    expression = ExpressionOfInterest.objects.get(person=case.person, state="submitted")
    row = expression.pages.get(page=page)
    workflow.save_page(expression, page, row.answers | said, revision=row.revision)
    user = expression.person.user
    assert user is not None
    workflow.amend(expression, by=user, received_at=clock.now())


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("about-you", {"full_name": "Amina Hartley"}),
        ("organisation", {"organisation": "Quayside Rooms"}),
    ],
)
def test_an_amended_fact_begins_it_again_and_asks_the_referee(validated, slug, said):
    amend(validated, slug, **said)
    assert not holds(validated)
    assert RefereeRequest.objects.filter(validation=validated, state="sent").count() == 1


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("about-you", {"role_title": "Director of Security"}),
        ("about-you", {"telephone": "020 7946 0111"}),
        ("experience", {"experience": "Twenty years."}),
        ("confirming", {"referee_name": "Ottoline B", "referee_email": "o@harbour.example"}),
    ],
)
def test_what_it_does_not_rest_on_may_be_amended(validated, slug, said):
    amend(validated, slug, **said)
    assert holds(validated)
    assert not RefereeRequest.objects.filter(validation=validated, state="sent").exists()


def test_another_call_needs_no_new_validation(validated, volunteer):
    ExpressionOfInterest.objects.update(state="withdrawn")
    Call.objects.update(state="closed")
    make_draft(make_project(), user=volunteer, call=make_call(slug="next"))
    draft = ExpressionOfInterest.objects.get(state="draft")
    workflow.submit(draft, by=volunteer, received_at=clock.now())
    assert holds(validated)


def test_who_comes_back_after_years_begins_again_as_they_submit(validated, volunteer):
    ExpressionOfInterest.objects.update(state="withdrawn")
    Call.objects.update(state="closed")
    with time_machine.travel(clock.now() + timedelta(days=800)):
        call = make_call(slug="later")
        make_draft(make_project(), user=volunteer, call=call)
        draft = ExpressionOfInterest.objects.get(state="draft")
        workflow.submit(draft, by=volunteer, received_at=clock.now())
        assert cases.again(validated).state == "in progress"
        assert RefereeRequest.objects.filter(validation=validated, state="sent").exists()


def test_a_changed_log_in_address_begins_it_again_at_once(validated, volunteer):
    """It is true from that moment on; the event has it recorded in the same transaction."""
    volunteer.email = "amina@new.example"
    volunteer.save(update_fields=["email"])
    assert not policies.identity_of(validated.person).is_validated, "before anybody compares"
    record(credentials.ADDRESS_CHANGED, volunteer, by=volunteer)
    assert not holds(validated)


def test_a_merge_of_organisations_changes_nothing(validated):
    works_for, other = validated.person.organisation, make_organisation(name="Harbour Vale Ltd")
    programme.publish_organisation(works_for, by=None)
    programme.merge_organisation(works_for, into=other, by=None, reason="The same firm.")
    validation.record_changed()
    assert holds(validated)
    amend(validated, "experience", experience="Twenty years.")
    assert holds(validated)


def test_undoing_a_merge_that_it_relied_on_begins_it_again(volunteer, caseworker):
    """Validated as of one entry, they wrote the other while the two were one: now these are two."""
    case = cases.validated_by(cases.make_case(volunteer), caseworker)
    works_for, other = case.person.organisation, make_organisation(name="Quayside Rooms")
    assert works_for is not None
    programme.publish_organisation(works_for, by=None)
    programme.merge_organisation(works_for, into=other, by=None, reason="The same firm.")
    case.person.organisation = other
    case.person.save()
    validation.recheck(case.person)
    assert holds(case)
    works_for.refresh_from_db()
    programme.unmerge_organisation(works_for, by=None, reason="Another firm.")
    assert not policies.identity_of(case.person).is_validated
    tasks.record_run_out()
    assert not holds(case)
    reopened = Event.objects.of_kind("participants.validation.reopened").get()
    assert reopened.facts["changed"] == ["organisation"]


def test_the_office_corrects_an_entry_and_nobody_begins_again(validated):
    """The register's words for an entry are the office's: who works there works there still."""
    works_for = validated.person.organisation
    works_for.name, works_for.unit = "Harbour and Vale Hotels (UK)", "Head office"
    works_for.save()
    validation.recheck(validated.person)
    validation.record_changed()
    assert holds(validated)


def test_an_account_that_is_closed_changes_nothing_about_who_they_are(validated, volunteer):
    volunteer.is_active = False
    volunteer.save()
    validation.recheck(validated.person)
    assert holds(validated)


def test_who_entered_a_form_does_not_settle_it(caseworker):
    """The office's entry, once the person has taken it over, is validated by somebody else."""
    manager = make_holder(Role.OFFICE_MANAGER)
    entered = make_entered(by=caseworker, email="amina@harbour-vale.example", handed_over=True)
    user = make_user("amina@harbour-vale.example")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    workflow.entered.confirm(entered, by=user, received_at=clock.now())
    draft = ExpressionOfInterest.objects.get()
    rows = {row.page: row.revision for row in draft.pages.all()}
    assert not Validation.objects.exists(), "a draft is nobody's business yet"
    said = complete_answers(make_project(), email=user.email)
    for page, answers in said.items():
        workflow.save_page(draft, page, answers, revision=rows.get(page, 0))
    workflow.submit(draft, by=user, received_at=clock.now())
    case = Validation.objects.get()
    assert case.raised_by == caseworker
    assert policies.may_settle(caseworker, case)
    assert policies.may_settle(manager, case) is None


def test_a_refusal_is_looked_at_again_after_a_change_but_not_by_who_refused(volunteer, caseworker):
    case = cases.refused_by(cases.make_case(volunteer), caseworker)
    amend(case, "experience", experience="Twenty years.")
    assert cases.again(case).state == "refused", "nothing that it rests on has changed"
    amend(case, "about-you", full_name="Amina Hartley")
    now = cases.again(case)
    assert now.state == "in progress"
    assert policies.may_settle(caseworker, now)


def test_a_referee_who_contested_is_asked_anew_once_what_was_wrong_is_put_right(volunteer):
    case = cases.make_case(volunteer)
    cases.referee_says(case, Answer(name_is_right=True, employer_is_right=True))
    amend(case, "about-you", role_title="Duty Manager")
    assert cases.asked(case).asked["role"] == "Duty Manager"


def test_a_confirmation_outlives_a_new_job_title(volunteer):
    case = cases.make_case(volunteer)
    cases.referee_says(case)
    amend(case, "about-you", role_title="Duty Manager")
    assert not RefereeRequest.objects.filter(validation=case, state="sent").exists()
    assert "referee" in {check.kind for check in policies.counting(cases.again(case))}
