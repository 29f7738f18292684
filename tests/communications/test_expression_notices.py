"""What participants are told of their form, and when no more: from events and by the clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from communications import workflow
from communications.models import Email
from communications.notices.drafts import STEPS, by_day
from participants.models import ExpressionOfInterest
from participants.workflow import amend as amend_form
from participants.workflow import (
    discard_changes,
    end_extension,
    save_page,
    start,
    submit,
    withdraw,
    withdraw_choice,
)
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import (
    complete_answers,
    make_call,
    make_draft,
    make_project,
    make_submitted,
    make_user,
)
from tests.communications.cast import amend, give_more_time, leave_alone
from tests.communications.sink import Sink
from tests.office import make_holder
from workstreams.models import Call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("referees_not_written_to")]

CLOSES = datetime(2018, 5, 25, 23, 0, tzinfo=UTC)  # midnight in London, which ends the 25th
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def owner(expression: ExpressionOfInterest) -> User:
    assert expression.person.user
    return expression.person.user


def plain(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body
    return " ".join(str(body.get_content()).split())


def rows(notice: str) -> list[tuple[str, str]]:
    found = Email.objects.filter(notice=notice).order_by("id")
    return [(email.state, email.why) for email in found]


def subjects(sink: Sink) -> list[str]:
    return [str(letter["Subject"]) for letter in sink.letters]


def a_call(**fields: Any) -> Call:
    return make_call(opens_at=CLOSES - 25 * DAY, closes_at=CLOSES, **fields)


def a_draft(at: datetime = CLOSES - 10 * DAY, **fields: Any) -> ExpressionOfInterest:
    """Return a draft that was begun and last saved at an instant."""
    with time_machine.travel(at, tick=False):
        return make_draft(call=fields.pop("call", None) or a_call(), **fields)


def sweep(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        workflow.sweep()


# Amended and withdrawn ----------------------------------------------------------------------------
def test_each_amendment_has_a_receipt_of_its_own(sink: Sink):
    expression = make_submitted()
    workflow.sweep()
    for number in (2, 3):
        amend(expression, number=number)
        workflow.sweep()
    changed = f"We have the changes to your expression of interest {expression.reference}"
    assert subjects(sink)[1:] == [changed, changed]


def test_the_receipt_of_an_amendment_says_which_version_and_when_each_was_received(sink: Sink):
    draft = a_draft()
    for number, days in ((1, 9), (2, 8), (3, 7)):
        with time_machine.travel(CLOSES - days * DAY - HOUR, tick=False):
            if number == 1:
                submit(draft, by=owner(draft), received_at=clock.now())
            else:
                said = {"experience": f"{number} years."}
                save_page(draft, "experience", said, revision=number - 1)
                amend_form(draft, by=owner(draft), received_at=clock.now())
            workflow.sweep()
    texts = [plain(letter) for letter in sink.letters]
    first = "11pm on Wednesday 16 May 2018 (UK time)"
    assert f"We received your expression of interest at {first}." in texts[0]
    for number, day in ((2, "Thursday 17"), (3, "Friday 18")):
        text = texts[number - 1]
        assert f"at 11pm on {day} May 2018 (UK time). They make it version {number}," in text
        assert f"You first sent it at {first}." in text
        assert f"your receipt for version {number}." in text


def test_of_several_amendments_that_wait_only_the_newest_is_told(sink: Sink):
    expression = make_submitted()
    workflow.sweep()
    for number in (2, 3, 4):
        amend(expression, number=number)
    workflow.sweep()
    why = "It was changed again meanwhile."
    assert rows("amended") == [("suppressed", why), ("suppressed", why), ("sent", "")]
    assert len(sink.letters) == 2


def test_an_amendment_of_what_was_withdrawn_is_not_told(sink: Sink):
    expression = make_submitted()
    amend(expression)
    withdraw(expression, by=owner(expression))
    workflow.sweep()
    assert rows("amended") == [("suppressed", "It was withdrawn meanwhile.")]
    assert subjects(sink) == [f"Your expression of interest {expression.reference} is withdrawn"]


@pytest.mark.parametrize(("at", "may"), [(CLOSES - HOUR, True), (CLOSES + HOUR, False)])
def test_withdrawn_says_how_to_start_again_while_that_is_possible(sink: Sink, at, may):
    draft = a_draft()
    with time_machine.travel(CLOSES - 9 * DAY, tick=False):
        submit(draft, by=owner(draft), received_at=clock.now())
    with time_machine.travel(at, tick=False):
        withdraw(ExpressionOfInterest.objects.get(), by=owner(draft))
        workflow.sweep()
    (letter,) = [letter for letter in sink.letters if "withdrawn" in letter["Subject"]]
    text = plain(letter)
    until = "start a new one before 11:59pm on Friday 25 May 2018 (UK time)"
    assert (until in text) is may


def test_withdrawn_does_not_offer_to_start_what_was_started_again(sink: Sink):
    expression = make_submitted()
    withdraw(expression, by=owner(expression))
    start(owner(expression), expression.call, received_at=clock.now())
    workflow.sweep()
    assert "start a new one" not in str(sink.letters[-1])


# Withdrawn from one project -----------------------------------------------------------------------
LEFT_ONE = "You withdrew from one project in"


def test_each_withdrawal_from_one_project_has_a_receipt_that_names_none(sink: Sink):
    projects = [make_project(title=f"SECRET TITLE {number}") for number in range(3)]
    expression = make_submitted(*projects)
    for project in projects[:2]:
        workflow.sweep()
        withdraw_choice(expression.choices.get(project=project), by=owner(expression))
    workflow.sweep()
    assert subjects(sink)[1:] == [f"{LEFT_ONE} {expression.reference}"] * 2
    for letter in sink.letters[1:]:
        text = plain(letter)
        assert f"tell the office at once: {settings.OFFICE_EMAIL}." in text
        assert "Your other projects stay as they are." in text
        for project in projects:
            assert not re.search(rf"\b{project.code}\b", text)
            assert "SECRET TITLE" not in f"{text} {letter}"


def test_what_goes_with_the_whole_form_has_no_receipt_of_its_own(sink: Sink):
    expression = make_submitted(make_project(), make_project())
    withdraw(expression, by=owner(expression))
    workflow.sweep()
    assert rows("withdrawn_from_one") == []
    assert subjects(sink) == [f"Your expression of interest {expression.reference} is withdrawn"]


def test_what_an_amendment_leaves_out_has_the_receipt_of_the_amendment_alone(sink: Sink):
    kept, dropped = make_project(), make_project()
    expression = make_submitted(kept, dropped)
    for page in ("projects", "contributions"):
        row = expression.pages.get(page=page)
        save_page(expression, page, complete_answers(kept)[page], revision=row.revision)
    amend_form(expression, by=owner(expression), received_at=clock.now())
    workflow.sweep()
    assert expression.choices.get(project=dropped).state == "withdrawn"
    assert rows("withdrawn_from_one") == []
    assert rows("amended") == [("sent", "")]


def test_a_project_left_before_the_whole_form_is_told_with_the_form(sink: Sink):
    project = make_project()
    expression = make_submitted(project, make_project())
    withdraw_choice(expression.choices.get(project=project), by=owner(expression))
    withdraw(expression, by=owner(expression))
    workflow.sweep()
    assert rows("withdrawn_from_one") == [("suppressed", "It was withdrawn meanwhile.")]
    assert subjects(sink) == [f"Your expression of interest {expression.reference} is withdrawn"]


# A draft is kept ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("minutes", "told"),
    [(0, False), (29, False), (30, True), (24 * 60, True), (8 * 24 * 60, False)],
)
def test_a_draft_left_alone_is_told_of_once(sink: Sink, minutes: int, told: bool):
    saved = CLOSES - 15 * DAY
    draft = a_draft(saved)
    sweep(saved + timedelta(minutes=minutes))
    if told:
        for later in (1, 60):
            sweep(saved + timedelta(minutes=minutes + later))
    assert subjects(sink) == (
        ["What you have filled in is saved: come back to finish"] if told else []
    )
    if told:
        assert draft.reference in str(sink.letters[0])
        text = plain(sink.letters[0])
        assert "submit it before 11:59pm on Friday 25 May 2018 (UK time)" in text


def test_a_draft_saved_again_and_left_alone_again_is_told_of_no_second_time(sink: Sink):
    draft = a_draft()
    sweep(CLOSES - 10 * DAY + HOUR)
    draft.pages.update(saved_at=CLOSES - 9 * DAY)
    sweep(CLOSES - 9 * DAY + HOUR)
    assert len(sink.letters) == 1


def test_a_form_opened_and_never_saved_is_nothing_to_come_back_to(sink: Sink):
    with time_machine.travel(CLOSES - 10 * DAY, tick=False):
        start(make_user(), a_call(), received_at=clock.now())
    sweep(CLOSES - 9 * DAY)
    assert sink.letters == []


@pytest.mark.parametrize("what", ["submitted", "closed"])
def test_a_draft_settled_before_the_worker_came_is_not_told_of(sink: Sink, what: str):
    saved = CLOSES - HOUR
    draft = a_draft(saved)
    with time_machine.travel(saved + HOUR - timedelta(minutes=1), tick=False):
        workflow.derive()
        if what == "submitted":
            submit(draft, by=owner(draft), received_at=clock.now())
    sweep(CLOSES - timedelta(seconds=1) if what == "submitted" else CLOSES)
    why = {"submitted": "It was submitted meanwhile.", "closed": "The call has closed."}
    assert rows("draft_saved") == [("suppressed", why[what])]


# The deadline is near -----------------------------------------------------------------------------
def reminders(sink: Sink) -> int:
    return sum("Action needed by" in subject for subject in subjects(sink))


def test_a_draft_is_reminded_of_three_days_and_one_day_before_and_by_day(sink: Sink):
    draft = a_draft()
    sweep(CLOSES - 9 * DAY)
    sent_at = []
    at = CLOSES - 4 * DAY
    while at < CLOSES + DAY:
        before = reminders(sink)
        sweep(at)
        if reminders(sink) > before:
            sent_at.append(at)
        at += HOUR
    morning = 9 * HOUR - HOUR  # 08:00 in London is 07:00 UTC, eight hours after midnight there
    assert sent_at == [CLOSES - 3 * DAY + morning, CLOSES - DAY + morning]
    assert {email.subject_key for email in Email.objects.all()} == {draft.reference}
    text = plain(sink.letters[-1])
    assert "The call closes for you at 11:59pm on Friday 25 May 2018 (UK time)" in text


def test_what_was_submitted_is_not_reminded_of(sink: Sink):
    draft = a_draft()
    with time_machine.travel(CLOSES - 5 * DAY, tick=False):
        submit(draft, by=owner(draft), received_at=clock.now())
    for step in STEPS:
        sweep(CLOSES - step + 12 * HOUR)
    assert reminders(sink) == 0
    assert rows("deadline_near") == []


def test_one_submitted_between_the_reminder_and_the_morning_is_not_reminded(sink: Sink):
    draft = a_draft()
    sweep(CLOSES - 3 * DAY)
    assert rows("deadline_near") == [("queued", "")]
    with time_machine.travel(CLOSES - 3 * DAY + HOUR, tick=False):
        submit(draft, by=owner(draft), received_at=clock.now())
    sweep(CLOSES - 3 * DAY + 9 * HOUR)
    assert rows("deadline_near") == [("suppressed", "There is nothing left to send.")]


def test_one_begun_within_a_step_is_reminded_from_the_next(sink: Sink):
    a_draft(CLOSES - 2 * DAY)
    sweep(CLOSES - 2 * DAY + HOUR)
    assert rows("deadline_near") == []
    sweep(CLOSES - DAY + 12 * HOUR)
    assert reminders(sink) == 1


def test_after_days_without_a_worker_only_the_last_step_is_told(sink: Sink):
    a_draft()
    sweep(CLOSES - 12 * HOUR)
    assert reminders(sink) == 1
    assert len(rows("deadline_near")) == 1


def test_a_reminder_overtaken_by_the_next_step_gives_way(sink: Sink):
    a_draft()
    with time_machine.travel(CLOSES - 3 * DAY, tick=False):
        workflow.derive()
    sweep(CLOSES - 12 * HOUR)
    assert sorted(rows("deadline_near")) == [
        ("sent", ""),
        ("suppressed", "A later reminder takes its place."),
    ]


def test_a_call_that_is_re_dated_reminds_by_its_new_instant(sink: Sink):
    draft = a_draft()
    sweep(CLOSES - 3 * DAY)
    type(draft.call).objects.update(closes_at=CLOSES + 7 * DAY)
    sweep(CLOSES - 3 * DAY + 12 * HOUR)
    assert rows("deadline_near") == [("suppressed", "It closes at another time now.")]
    assert reminders(sink) == 0
    sweep(CLOSES + 4 * DAY + 12 * HOUR)
    assert reminders(sink) == 1


def test_nobody_is_reminded_of_a_call_that_is_over(sink: Sink):
    a_draft()
    sweep(CLOSES + HOUR)
    assert rows("deadline_near") == []


@pytest.mark.parametrize(
    ("now", "closes", "goes"),
    [
        ("2018-05-22T12:00", "2018-05-25T23:00", "2018-05-22T12:00"),  # by day
        ("2018-05-21T23:00", "2018-05-24T23:00", "2018-05-22T07:00"),  # at night: in the morning
        ("2018-05-22T19:30", "2018-05-25T23:00", "2018-05-23T07:00"),  # in the evening too
        ("2018-05-22T06:59", "2018-05-25T23:00", "2018-05-22T07:00"),
        ("2018-05-22T07:00", "2018-05-25T23:00", "2018-05-22T07:00"),
        ("2018-05-22T18:59", "2018-05-25T23:00", "2018-05-22T18:59"),
        ("2018-05-22T22:00", "2018-05-23T08:59", "2018-05-22T22:00"),  # too late by the morning
        ("2018-12-01T20:00", "2018-12-03T00:00", "2018-12-02T08:00"),  # in winter
        (
            "2018-03-25T00:30",
            "2018-03-27T23:00",
            "2018-03-25T07:00",
        ),  # the night summer time begins
        ("2018-10-28T00:30", "2018-10-30T00:00", "2018-10-28T08:00"),  # and the one it ends
    ],
)
def test_reminders_rest_at_night_if_there_is_time(now: str, closes: str, goes: str):
    now_at, closes_at, goes_at = (
        datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, closes, goes)
    )
    assert by_day(now_at, closes_at) == goes_at


# More time ----------------------------------------------------------------------------------------
def test_one_person_is_told_of_more_time_and_reminded_by_it(sink: Sink):
    draft = a_draft()
    other = a_draft(call=draft.call)
    with time_machine.travel(CLOSES - 5 * DAY, tick=False):
        give_more_time(draft.person, draft.call, CLOSES + 5 * DAY)
    sweep(CLOSES - 5 * DAY + 12 * HOUR)
    (letter,) = [letter for letter in sink.letters if letter["Subject"].startswith("More time for")]
    text = plain(letter)
    assert "closes for you at 11:59pm on Wednesday 30 May 2018 (UK time)" in text
    sweep(CLOSES - DAY + 12 * HOUR)
    assert sink.recipients[-1] == owner(other).email
    draft.call.state = "closed"
    draft.call.save()
    for step in STEPS:
        sweep(CLOSES + 5 * DAY - step + 12 * HOUR)
    told = [letter for letter in sink.letters if "Action needed by Wed" in letter["Subject"]]
    assert len(told) == 2
    assert sink.recipients[-2:] == [owner(draft).email] * 2


def test_more_time_that_was_ended_or_is_over_is_not_told(sink: Sink):
    first, second = a_draft(), None
    second = a_draft(call=first.call)
    with time_machine.travel(CLOSES - 5 * DAY, tick=False):
        ended = give_more_time(first.person, first.call, CLOSES + DAY)
        end_extension(ended, reason="By mistake.", by=make_holder(Role.OFFICE_MANAGER))
        give_more_time(second.person, first.call, CLOSES + DAY)
    with time_machine.travel(CLOSES - 4 * DAY, tick=False):
        workflow.derive()
    sweep(CLOSES + DAY)
    assert rows("extension") == [("suppressed", "The time given is over.")] * 2


def test_changes_that_are_not_submitted_are_reminded_of(sink: Sink):
    draft = a_draft()
    with time_machine.travel(CLOSES - 9 * DAY, tick=False):
        submit(draft, by=owner(draft), received_at=clock.now())
    with time_machine.travel(CLOSES - 8 * DAY, tick=False):
        page = draft.pages.get(page="experience")
        save_page(draft, "experience", {"experience": "More of it."}, revision=page.revision)
    sweep(CLOSES - 3 * DAY + 12 * HOUR)
    assert reminders(sink) == 1
    (reminder,) = (each for each in sink.letters if "Action needed by" in each["Subject"])
    assert "You have saved changes" in plain(reminder)
    with time_machine.travel(CLOSES - 2 * DAY, tick=False):
        draft.refresh_from_db()
        discard_changes(draft, by=owner(draft))
    sweep(CLOSES - DAY + 12 * HOUR)
    assert reminders(sink) == 1


# Cost ---------------------------------------------------------------------------------------------
def test_deriving_costs_the_same_however_much_was_told():
    counted = []
    for _ in range(2):
        for _ in range(3):
            call = make_call(closes_at=clock.now() + DAY, state="draft")
            call.state = "published"
            leave_alone(make_draft(call=call), 4 * DAY)
        workflow.derive()
        with CaptureQueriesContext(connection) as queries:
            assert workflow.derive() == 0
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 16


def test_what_comes_due_by_the_clock_is_left_for_the_slower_sweep():
    leave_alone(make_draft(), HOUR)
    assert workflow.derive(asks_the_clock=False) == 0
    assert workflow.derive() == 1
