"""Cases in tests: somebody who has submitted, a referee who answers, and the office that works on it."""

from __future__ import annotations

from participants import policies, workflow
from participants.models import Check, RefereeRequest, Validation
from participants.workflow import referees, validation
from participants.workflow.referees import Answer
from stepchange import clock
from stepchange.models import User
from tests.builders import make_draft, make_project, make_user

YES = Answer(name_is_right=True, role_is_right=True, employer_is_right=True)


def make_case(user: User | None = None) -> Validation:
    """Return the validation of somebody who has just submitted."""
    user = user or make_user("amina@harbour-vale.example", name="Amina Thistlewood")
    workflow.submit(make_draft(make_project(), user=user), by=user, received_at=clock.now())
    return Validation.objects.get(person__user=user)


def again(case: Validation) -> Validation:
    """Return the case as it is now."""
    return Validation.objects.select_related("person__user", "person__organisation").get(pk=case.pk)


def asked(case: Validation) -> RefereeRequest:
    """Return the request to a referee that can be answered."""
    return RefereeRequest.objects.get(validation=case, state="sent")


def referee_says(case: Validation, said: Answer = YES) -> None:
    """Let the referee who is asked answer by their link."""
    referees.answer(referees.mint_link(asked(case)), said)
    case.refresh_from_db()


def call_back(case: Validation, by: User, outcome: str = "confirmed") -> Check:
    """Record a call through the switchboard."""
    return validation.record_check(
        case,
        kind="call-back",
        outcome=outcome,
        method="Number of the hotel's public site; the front desk put me through.",
        by=by,
    )


def settle_flags(case: Validation, by: User) -> None:
    """Say of each flag why it is no obstacle."""
    for flag in policies.open_flags(case):
        validation.settle_flag(
            case, kind=flag.kind, facts=flag.facts, by=by, reason="Asked, and it is so."
        )


def validated_by(case: Validation, by: User) -> Validation:
    """Validate a case by a referee and a call."""
    if RefereeRequest.objects.filter(validation=case, state="sent").exists():
        referee_says(case)
    call_back(case, by)
    settle_flags(case, by)
    validation.validate(case, by=by, reason="Known by call and referee.")
    case.refresh_from_db()
    return case


def refused_by(case: Validation, by: User, told: str = "We could not reach you.") -> Validation:
    """Refuse a case."""
    validation.begin_if_new(case, by=by)
    validation.refuse(case, told=told, by=by, reason="No answer to three calls.")
    case.refresh_from_db()
    return case
