"""A caseworker's desk in tests: a case that waits, its pages, and its steps as the browser sends them."""

import re
from typing import Any

from django.test import Client

from participants import workflow
from participants.models import PageAnswers, RefereeRequest, Validation
from participants.workflow import referees, validation
from participants.workflow.referees import Answer
from stepchange import clock
from tests.builders import make_call, make_draft, make_project, make_user
from workstreams.models import Call, Organisation

QUEUE = "/admin/participants/validation/"
YES = Answer(name_is_right=True, role_is_right=True, employer_is_right=True)
METHOD = "Number of the hotel's public site; the front desk put me through."
_REVISION = re.compile(r'name="revision" value="([^"]*)"')


def make_case(
    *projects: Any,
    email: str = "amina@harbour-vale.example",
    name: str = "Amina Thistlewood",
    organisation: Organisation | None = None,
    **confirming: str,
) -> Validation:
    """Return the case of somebody who has just submitted their form."""
    user = make_user(email)
    draft = make_draft(*(projects or (make_project(),)), user=user, call=current_call())
    said = {page.page: page for page in PageAnswers.objects.filter(expression=draft)}
    workflow.save_page(
        draft, "about-you", said["about-you"].answers | {"full_name": name}, revision=1
    )
    if confirming:
        given = said["confirming"].answers | confirming
        workflow.save_page(draft, "confirming", given, revision=1)
    workflow.submit(draft, by=user, received_at=clock.now())
    case = Validation.objects.get(person__user=user)
    if organisation is not None:
        case.person.organisation = organisation
        case.person.save()
        case.person.worked_for.exclude(organisation=organisation).delete()  # and never elsewhere
        validation.recheck(case.person)
    return Validation.objects.select_related("person__organisation").get(pk=case.pk)


def current_call() -> Call:
    """Return the call that is published, made where there is none: there is one at a time."""
    return Call.objects.filter(state="published").first() or make_call()


def referee_confirms(case: Validation) -> None:
    """Let the referee who was asked confirm all of it."""
    asked = RefereeRequest.objects.get(validation=case, state="sent")
    referees.answer(referees.mint_link(asked), YES)
    case.refresh_from_db()


def page_of(case: Validation, page: str = "change") -> str:
    """Return the address of one of a case's pages."""
    return f"{QUEUE}{case.public_id}/{page}/"


def read(client: Client, case: Validation, page: str = "change") -> str:
    """Return one of a case's pages."""
    answer = client.get(page_of(case, page))
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def seen_on(page: str) -> dict[str, str]:
    """Return the version that a step's page was drawn from, as it sends it back."""
    found = _REVISION.search(page)
    assert found, "no step is offered here"
    return {"revision": found[1]}


def take_step(client: Client, case: Validation, step: str, **typed: Any) -> Any:
    """Open a step's page and send it, as a browser does; return the answer."""
    sent = seen_on(read(client, case, step)) | typed
    answer = client.post(page_of(case, step), sent)
    case.refresh_from_db()
    return answer


def call_back(client: Client, case: Validation, **typed: Any) -> Any:
    """Record a call through the switchboard, confirmed unless something else is typed."""
    scores = {"activity": "1", "fraud": "1", "verification": "1"}
    said = {"outcome": "confirmed", "method": METHOD}
    return take_step(client, case, "check-call-back", **said | scores | typed)
