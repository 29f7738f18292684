"""Two backups restored before anybody decided: one decision settles both."""

import pytest

from communications import workflow
from communications.models import Email, Generation
from communications.workflow import restores
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from tests.office import make_holder

pytestmark = pytest.mark.django_db


def test_releasing_one_of_two_restores_leaves_the_other_with_nothing_to_ask():
    older = Generation.objects.create(number=2, state="held")
    newer = Generation.objects.create(number=3, state="held")
    Email.objects.create(
        notice="receipt",
        subject_key="SC-34679CDF",
        occurrence="1",
        recipient_key="x",
        state="held",
        due_at=clock.now(),
    )
    officer = make_holder(Role.COMMUNICATIONS_OFFICER)

    assert workflow.release(newer, by=officer, reason="Both were an hour old.") == 1

    older.refresh_from_db()
    assert (older.state, restores.generation().state) == ("released", "released")
    events = Event.objects.of_kind("communications.generation.released")
    assert {event.subject_key for event in events} == {older.record_key, newer.record_key}
    assert {event.reason for event in events} == {"Both were an hour old."}
