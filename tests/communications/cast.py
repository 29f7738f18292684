"""The rows that the ledger's tests begin with."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from communications import workflow
from communications.models import Email
from communications.workflow import EMAIL
from participants.models import (
    EnteredForm,
    ExpressionOfInterest,
    Extension,
    Invitation,
    PageAnswers,
    Person,
    RefereeRequest,
    SecondFactorReset,
    Validation,
)
from participants.policies import kept_of
from participants.workflow import give_extension
from participants.workflow import submit as submit_draft
from projects.models import Project
from stepchange import clock
from stepchange.events import record
from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import make_draft, make_entered, make_invitation, make_submitted, make_user
from tests.office import make_holder
from workstreams.models import Call


def make_participant(email: str = "", name: str = "Amira Okafor") -> Person:
    """Return a person with an account."""
    return Person.objects.create(user=make_user(email or None), full_name=name)


def submit(person: Person) -> ExpressionOfInterest:
    """Submit a person's expression of interest in the call that is open."""
    call = Call.objects.filter(state=Call.State.PUBLISHED).first()
    return make_submitted(user=person.user, call=call)


def amend(expression: ExpressionOfInterest, *, number: int = 2) -> Event:
    """Record that changes to an expression of interest were submitted."""
    with transaction.atomic():
        return record(
            "participants.expression.amended",
            expression,
            by=expression.person.user,
            facts={"snapshot": number},
        )


def give_more_time(person: Person, call: Call, until: datetime) -> Extension:
    """Let the office give one person more time."""
    manager = make_holder(Role.OFFICE_MANAGER)
    return give_extension(person, call, until=until, reason="They were ill.", by=manager)


def leave_alone(expression: ExpressionOfInterest, how_long: timedelta) -> None:
    """Let the last save of a form be so long ago."""
    then = clock.now() - how_long
    expression.pages.update(saved_at=then)
    type(expression).objects.filter(pk=expression.pk).update(started_at=then)


def put(email: Email, state: str, **values: object) -> Email:
    """Put a row into a state by force, as a dying worker would leave it."""
    assert state in {move.target for move in EMAIL}
    Email.objects.filter(pk=email.pk).update(**{"state": state, **values})
    email.refresh_from_db()
    return email


def cause_event(kind: str, *, reader: str) -> None:
    """Let an event of a kind happen: about an invitation, a lost second factor, a form entered."""
    subject: Invitation | SecondFactorReset | EnteredForm
    if kind.startswith("participants.invitation."):
        if kind.endswith(".accepted"):
            manager = make_holder(Role.OFFICE_MANAGER, email=reader)
            subject = make_invitation(by=manager, name="Iris Calloway")
        else:
            manager = make_holder(Role.OFFICE_MANAGER)
            subject = make_invitation(by=manager, email=reader, name="Iris Calloway")
        if kind.endswith(".sent"):
            return
    elif kind.startswith("participants.entered."):
        clerk = make_holder(Role.CASEWORKER)
        subject = make_entered(by=clerk, email=reader, handed_over=True)
        if kind.endswith(".handed_over"):
            return
    else:
        later = clock.now() + timedelta(days=3)
        subject = SecondFactorReset.objects.create(user=make_user(reader), expires_at=later)
    record(kind, subject, by=None, facts={"round": 1})


def make_case(*projects: Project, user: User, referee: str = "referee@users.example") -> Validation:
    """Return the validation of somebody who has submitted, and named a referee at an address."""
    draft = make_draft(*projects, user=user)
    page = PageAnswers.objects.get(expression=draft, page="confirming")
    page.answers |= {"referee_email": referee}
    page.save()
    submit_draft(draft, by=user, received_at=clock.now())
    return Validation.objects.get(person__user=user)


def give(case: Validation, by: User, *, ago: timedelta = timedelta(0)) -> Validation:
    """Put a validation into being given, so long ago: by force, what leads there is another's test."""
    given = {"state": "validated", "validated_by": by, "validated_at": clock.now() - ago}
    found = {"level": "low", "profile": "L1A", "guide_version": "0.4"}
    relied_on = {"relied_on": kept_of(case.person), "organisation": case.person.organisation}
    Validation.objects.filter(pk=case.pk).update(**given, **found, **relied_on)
    case.refresh_from_db()
    return case


def cause_about_validation(notice: str, kind: str, project: Project, *, reader: str) -> None:
    """Let an event of a kind happen to somebody's validation or its referee, or come due by the clock."""
    if notice == "referee_asked":
        make_case(project, user=make_user(), referee=reader)
        return
    case = make_case(project, user=make_user(reader))
    caseworker = make_holder(Role.CASEWORKER)
    Validation.objects.update(refusal="SECRET REASON", refused_by=caseworker)
    if notice == "validation_expiring":
        give(case, caseworker, ago=timedelta(days=355))
        return
    is_referees = kind.startswith("participants.referee.")
    subject = RefereeRequest.objects.get() if is_referees else case
    with transaction.atomic():
        record(kind, subject, by=None, reason="SECRET REASON", facts={"because": "erased"})


def write_to_the_office(times: int) -> None:
    """Let the contact form be sent so many times: the cheapest cause of an email each."""
    for number in range(times):
        workflow.receive_message(
            name=f"Visitor {number}", email="v@users.example", about="other", message="Hello"
        )
