"""One row of each notice, with what must stay out of its letter."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

from communications import letters, workflow
from communications.models import Email
from communications.notices import NOTICES, account_notice_name
from communications.notices.accounts import CODES
from participants.models import Declaration, Person
from participants.workflow import (
    ask_for_code,
    end_extension,
    interest_cases,
    withdraw,
    withdraw_choice,
)
from stepchange import clock
from stepchange.roles import Role
from tests.builders import (
    make_call,
    make_draft,
    make_interest,
    make_project,
    make_submitted,
    make_user,
)
from tests.communications.cast import (
    amend,
    cause_about_validation,
    cause_event,
    give_more_time,
    leave_alone,
    make_participant,
)
from tests.office import make_holder
from tests.reviews.members import happen, open_review
from tests.reviews.telling import OF_REVIEWING, happen_in_review

CODE = "LXRG-FTXF"
WITH_A_CODE = {*map(account_notice_name, CODES), "work_address_code"}
PARTICIPANTS = {
    "receipt",
    "amended",
    "withdrawn",
    "withdrawn_from_one",
    "extension",
    "extension_ended",
    "draft_saved",
    "deadline_near",
}
OF_PROJECTS = ("offer_", "projects_news")
OF_VALIDATION = ("validation_", "referee_to_be_named")
GREETED = (
    PARTICIPANTS
    | {"declaration_due", "declaration_overdue"}
    | {name for name in NOTICES if name.startswith("interest_settled_")}
    | {"entered_for_you", "entered_for_you_again", "outcome_released"}
    | {name for name in NOTICES if name.startswith((*OF_VALIDATION, *OF_PROJECTS))}
)
SECRETS = (
    "SECRET REASON",
    "SECRET ACTION",
    "SECRET VISION",
    "SECRET TITLE",
    "SECRET MESSAGE",
    "SECRET SENDER",
    "Harbour",
    "Hotel Security",
    "Risk Director",
    "refused",
    "contested",
)


def row(notice: str, name: str = "Amina Thistlewood") -> Email:
    """Return a ledger row of a notice, with rows behind it that hold what must stay in."""
    if notice == "contact_message":
        workflow.receive_message(
            name="SECRET SENDER", email="sender@x.example", about="other", message="SECRET MESSAGE"
        )
    elif notice == "work_address_code":
        person = make_participant("owner@users.example")
        assert person.user
        ask_for_code(person, "reader@users.example", by=person.user)
    elif notice.startswith("account:"):
        workflow.queue(
            notice,
            address="reader@users.example",
            recipient_key="address:1",
            occurrence="1",
            payload={"code": CODE},
        )
    elif notice.startswith(("invitation", "second_factor_reset", "entered_for_you")):
        cause_event(NOTICES[notice].event_kind, reader="reader@users.example")
    elif notice.startswith(("referee_", "validation_")):
        project = make_project(title="SECRET TITLE", action="SECRET ACTION")
        kind = NOTICES[notice].event_kind
        cause_about_validation(notice, kind, project, reader="reader@users.example")
    elif notice == "ethics_review_opened":
        make_holder(Role.ETHICS_REVIEWER, email="reader@users.example")
        open_review(make_project(title="SECRET TITLE"))
    elif notice in OF_REVIEWING:
        happen_in_review(notice, reader="reader@users.example")
        Person.objects.update(full_name=name)
    elif notice.startswith(OF_PROJECTS):
        project = make_project(title="SECRET TITLE", action="SECRET ACTION")
        happen(notice, NOTICES[notice].event_kind, project, make_user("reader@users.example"))
        Person.objects.update(full_name=name)
    else:
        cause(notice)
        Person.objects.update(full_name=name)
    workflow.derive()
    return Email.objects.get(notice=notice)


def cause(notice: str) -> None:
    """Let happen what a participant is told of by a notice."""
    user = make_user("reader@users.example")
    project = make_project(title="SECRET TITLE", action="SECRET ACTION", vision="SECRET VISION")
    if notice in {"draft_saved", "deadline_near"}:
        days = 1 if notice == "deadline_near" else 17
        call = make_call(closes_at=clock.end_of(clock.today() + timedelta(days=days)))
        leave_alone(make_draft(project, user=user, call=call), timedelta(days=3))
        return
    other = [make_project()] if notice == "withdrawn_from_one" else []
    expression = make_submitted(project, *other, user=user)
    match notice:
        case "declaration_due" | "declaration_overdue":
            days = 355 if notice == "declaration_due" else 400
            Declaration.objects.create(
                person=expression.person,
                number=2,
                is_nil=True,
                source=Declaration.Source.OWN,
                signed_at=clock.now() - timedelta(days=days),
            )
        case str() if notice.startswith("interest_settled_"):
            settle_an_interest(expression.person, NOTICES[notice].event_kind)
        case "amended":
            amend(expression)
        case "withdrawn":
            withdraw(expression, by=user, reason="SECRET REASON")
        case "withdrawn_from_one":
            withdraw_choice(expression.choices.get(project=project), by=user)
        case "extension" | "extension_ended":
            given = give_more_time(
                expression.person, expression.call, expression.call.closes_at + timedelta(days=1)
            )
            if notice == "extension_ended":
                end_extension(given, reason="SECRET REASON", by=given.by)


def settle_an_interest(person: Person, kind: str) -> None:
    """Decide about an interest that somebody declares, in the way that writes a kind of event."""
    assert person.user
    case = make_interest(person.user, party="SECRET PARTY", gain="SECRET GAIN")
    by = make_holder(Role.CASEWORKER)
    interest_cases.assess(case, nature="potential", by=by, reason="SECRET REASON")
    match kind.rpartition(".")[2]:
        case "no_action":
            interest_cases.take_no_action(case, by=by, reason="SECRET REASON")
        case "managed":
            day = clock.today() + timedelta(days=20)
            owner = make_holder(Role.OFFICE_MANAGER)
            interest_cases.manage(case, mitigation="SECRET", owner=owner, check_on=day, by=by)
        case "excluded":
            project = make_project()
            interest_cases.exclude(case, projects=[project], by=by, reason="SECRET REASON")


def written(email: Email) -> EmailMessage:
    """Return the message as the mail server gets it, read back."""
    message = letters.write(email, NOTICES[email.notice])
    parsed = message_from_bytes(message.message().as_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed
