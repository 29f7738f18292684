"""What somebody is told when the office ends the extra time that it gave them (law 4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from communications import workflow
from communications.models import Email
from participants.models import ExpressionOfInterest
from participants.workflow import end_extension
from stepchange import clock
from stepchange.uk_time import uk_deadline, uk_moment
from tests.builders import make_draft
from tests.communications.cast import give_more_time

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def draft() -> ExpressionOfInterest:
    return make_draft()


def told() -> list[str]:
    workflow.sweep()
    heading = "The extra time you were given has ended"
    return [" ".join(each.body.split()) for each in mail.outbox if each.subject == heading]


def end(draft: ExpressionOfInterest) -> None:
    given = give_more_time(draft.person, draft.call, draft.call.closes_at + 5 * DAY)
    end_extension(given, reason="By mistake.", by=given.by)


def test_ended_before_the_call_closes_it_names_everybodys_closing_time(draft):
    with time_machine.travel(clock.now() + DAY, tick=False):
        end(draft)
        [letter] = told()

        assert "ended the extra time that it had given you" in letter
        assert uk_moment(clock.now()) in letter
        assert f"The call closes for you at {uk_deadline(draft.call.closes_at)}" in letter
        assert "By mistake" not in letter


def test_ended_after_it_it_says_that_it_has_closed_for_them(draft):
    given = give_more_time(draft.person, draft.call, draft.call.closes_at + 5 * DAY)
    with time_machine.travel(draft.call.closes_at + DAY, tick=False):
        end_extension(given, reason="By mistake.", by=given.by)
        [letter] = told()

        assert f"The call closed for you at {uk_deadline(clock.now())}" in letter
        assert "what you saved is kept" in letter


def test_given_anew_meanwhile_only_that_is_told(draft):
    end(draft)
    give_more_time(draft.person, draft.call, draft.call.closes_at + 3 * DAY)

    assert told() == []
    ended = Email.objects.get(notice="extension_ended")
    assert (ended.state, ended.why) == ("suppressed", "It closes at another time now.")
