"""The call closes by the real clock while many press Submit in their browsers, on PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from threading import Event as Signal
from typing import Any

import pytest
from django.test import Client

from communications import workflow as ledger
from communications.models import Email
from participants import workflow
from participants.models import ExpressionOfInterest, PageAnswers, Snapshot
from stepchange import clock
from stepchange.models import Event
from tests.builders import complete_answers, make_call, make_project, make_user
from tests.concurrency.racing import at_once
from tests.participants.browsing import CHECK
from tests.signing_in import browser_of
from workstreams.models import Call

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

MANY, THREADS = 80, 20
FIRST = 25  # so many are answered before it is said that the call closes
MOMENT = timedelta(milliseconds=200)  # that is left then


@dataclass(frozen=True)
class Answer:
    """What one participant's browser was told."""

    status: int
    receipt: str
    says_not_submitted: bool


def test_receipts_shown_are_the_rows_stored_and_none_is_stamped_after_the_close():
    call, project = make_call(), make_project()
    browsers = [_with_a_complete_draft(call, complete_answers(project)) for _ in range(MANY)]
    answered, enough, closings = count(1), Signal(), list[datetime]()

    def submits(number: int) -> list[Answer]:
        given = []
        for browser in browsers[number::THREADS]:
            given.append(_submits(browser))
            if next(answered) == FIRST:
                enough.set()
        return given

    def closes() -> list[Answer]:
        assert enough.wait(120)
        closings.append(clock.now() + MOMENT)
        Call.objects.filter(pk=call.pk).update(closes_at=closings[0])
        return []

    acts: list[Callable[[], list[Answer]]] = [partial(submits, n) for n in range(THREADS)]
    given = at_once(THREADS + 1, lambda number: [*acts, closes][number]())
    answers = [answer for some in given for answer in some]
    ledger.derive()

    [closing] = closings
    shown = sorted(answer.receipt for answer in answers if answer.status == 302)
    refused = [answer for answer in answers if answer.status == 409]
    assert (len(answers), len(shown) + len(refused)) == (MANY, MANY)
    assert len(shown) >= FIRST
    assert refused, "they were all in time: nobody raced"
    assert all(answer.says_not_submitted for answer in refused)
    sent = ExpressionOfInterest.objects.filter(state="submitted")
    assert sorted(each.reference for each in sent) == shown
    assert ExpressionOfInterest.objects.filter(state="draft").count() == len(refused)
    assert max(each.submitted_at for each in sent) < closing
    assert max(each.taken_at for each in Snapshot.objects.all()) < closing
    assert Snapshot.objects.count() == len(shown)
    assert Event.objects.of_kind("participants.expression.submitted").count() == len(shown)
    told = Email.objects.filter(notice="receipt").values_list("subject_key", flat=True)
    assert sorted(told) == shown


def _with_a_complete_draft(call: Call, answers: dict[str, Any]) -> Client:
    """Return the browser of one more participant, who has only to submit."""
    user = make_user()
    draft = workflow.start(user, call, received_at=clock.now())
    said = answers | {"organisation": answers["organisation"] | {"work_email": user.email}}
    PageAnswers.objects.bulk_create(
        PageAnswers(expression=draft, page=page, answers=typed) for page, typed in said.items()
    )
    return browser_of(user)


def _submits(browser: Client) -> Answer:
    answer = browser.post(CHECK, {"accurate": "on"})
    receipt = re.search(r"/submitted/(SC-\w+)/", answer.headers.get("Location", ""))
    return Answer(
        answer.status_code,
        receipt[1] if receipt else "",
        "It was not submitted" in answer.content.decode(),
    )
