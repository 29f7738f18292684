"""Consent to campaign mail: changed by what is said of it, recorded, and never given by anything else."""

import pytest

from participants import workflow
from participants.models import ExpressionOfInterest, Person
from participants.workflow import expressions
from stepchange import clock
from stepchange.models import Event
from tests.builders import make_draft, make_submitted

pytestmark = pytest.mark.django_db
GIVEN, TAKEN_BACK = "participants.person.consented", "participants.person.consent_withdrawn"


def say(expression: ExpressionOfInterest, *, campaigns: bool) -> None:
    row = expression.pages.get(page="updates")
    workflow.save_page(expression, "updates", {"campaigns": campaigns}, revision=row.revision)


def recorded() -> list[str]:
    events = Event.objects.filter(kind__in=(GIVEN, TAKEN_BACK)).order_by("id")
    return list(events.values_list("kind", flat=True))


def test_agreeing_with_the_form_is_recorded_as_agreeing_on_the_account_page_is():
    draft = make_draft()
    assert draft.person.user
    say(draft, campaigns=True)
    workflow.submit(draft, by=draft.person.user, received_at=clock.now())
    assert recorded() == [GIVEN]

    say(draft, campaigns=False)
    workflow.amend(draft, by=draft.person.user, received_at=clock.now())

    assert recorded() == [GIVEN, TAKEN_BACK]
    assert Person.objects.get().campaign_consent_at is None


def test_not_agreeing_when_one_never_did_is_no_event():
    make_submitted()

    assert recorded() == []


def test_what_is_taken_back_while_an_amendment_runs_stays_taken_back(monkeypatch):
    """The amendment has read the person already: interleaved where the choices are amended."""
    draft = make_draft()
    user = draft.person.user
    assert user
    say(draft, campaigns=True)
    workflow.submit(draft, by=user, received_at=clock.now())
    row = draft.pages.get(page="experience")
    workflow.save_page(draft, "experience", {"experience": "Twelve."}, revision=row.revision)
    amend_choices = expressions.amend_choices

    def meanwhile(*given, **named):
        workflow.agree_to_campaigns(workflow.person_of(user), agreed=False, by=user)
        amend_choices(*given, **named)

    monkeypatch.setattr(expressions, "amend_choices", meanwhile)
    workflow.amend(draft, by=user, received_at=clock.now())

    assert Person.objects.get().campaign_consent_at is None
    assert recorded() == [GIVEN, TAKEN_BACK]
