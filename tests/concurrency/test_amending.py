"""Races over what was submitted: amended, saved and discarded at once, on PostgreSQL."""

from datetime import timedelta
from typing import Any

import pytest

from communications import workflow as ledger
from communications.models import Email
from participants import workflow
from participants.models import ExpressionOfInterest, PageAnswers, ProjectChoice, Snapshot
from stepchange import clock
from stepchange.models import Event, User
from tests.builders import (
    complete_answers,
    make_call,
    make_draft,
    make_project,
    make_submitted,
    make_user,
)
from tests.concurrency.racing import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def participant(expression: ExpressionOfInterest) -> User:
    assert expression.person.user is not None
    return expression.person.user


def change(expression: ExpressionOfInterest, words: str) -> None:
    row = PageAnswers.objects.get(expression=expression, page="experience")
    workflow.save_page(expression, "experience", {"experience": words}, revision=row.revision)


def copy_of(expression: ExpressionOfInterest) -> workflow.WorkingCopy:
    user = participant(expression)
    return workflow.working_copy_of(user, expression, workflow.journey_of(user, expression))


def test_twenty_equal_submits_are_one_submission_one_reference_one_receipt():
    draft = make_draft()
    user = participant(draft)
    checked = workflow.Prospect(workflow.journey_of(user, draft)).digest

    given = at_once(
        20,
        lambda _: workflow.submit(draft, by=user, received_at=clock.now(), checked=checked),
    )
    at_once(4, lambda _: ledger.derive())

    assert {snapshot.pk for snapshot in given} == {Snapshot.objects.get().pk}
    assert Event.objects.of_kind("participants.expression.submitted").count() == 1
    assert Email.objects.get(notice="receipt").subject_key == draft.reference


def test_twenty_equal_amendments_are_one():
    sent = make_submitted()
    user = participant(sent)
    change(sent, "Twelve years.")
    checked = copy_of(sent).digest

    given = at_once(
        20, lambda _: workflow.amend(sent, by=user, received_at=clock.now(), checked=checked)
    )

    assert {snapshot.pk for snapshot in given} == {Snapshot.objects.get(number=2).pk}
    assert Snapshot.objects.count() == 2
    assert Event.objects.of_kind("participants.expression.amended").count() == 1
    assert ProjectChoice.objects.count() == 1


def test_saving_against_submitting_loses_neither():
    """What is saved is in the snapshot, or stands beside it as a change not yet submitted."""
    call, project = make_call(), make_project()
    drafts = [make_draft(project, call=call) for _ in range(8)]

    def act(number: int) -> Any:
        draft = ExpressionOfInterest.objects.get(pk=drafts[number // 2].pk)
        if number % 2:
            return workflow.submit(draft, by=participant(draft), received_at=clock.now())
        return change(draft, "Saved meanwhile.")

    given = at_once(16, act)

    assert [type(each) for each in given] == [type(None), Snapshot] * 8
    for draft in drafts:
        kept = PageAnswers.objects.get(expression=draft, page="experience").answers
        assert kept == {"experience": "Saved meanwhile."}
        is_in = Snapshot.objects.get(expression=draft).answers["experience"] == kept
        assert copy_of(draft).has_changes is not is_in


def test_saving_against_discarding_never_loses_what_was_saved_last_silently():
    call, project = make_call(), make_project()
    sent = [make_submitted(project, call=call) for _ in range(6)]
    for each in sent:
        change(each, "To be discarded.")
    digests = [copy_of(each).digest for each in sent]

    def act(number: int) -> Any:
        mine = sent[number // 2]
        if number % 2:
            return workflow.discard_changes(
                mine, by=participant(mine), checked=digests[number // 2]
            )
        return workflow.save_page(
            mine, "experience", {"experience": "Saved meanwhile."}, revision=2
        )

    given = at_once(12, act)

    for number, each in enumerate(sent):
        saved, discarded = given[2 * number], given[2 * number + 1]
        kept = PageAnswers.objects.get(expression=each, page="experience").answers
        assert (saved is None) is (kept == {"experience": "Saved meanwhile."})
        assert (saved is None) is isinstance(discarded, workflow.CheckedOther)


def test_amending_against_withdrawing_leaves_one_outcome():
    call, first, second = make_call(), make_project(), make_project()
    sent = [make_submitted(first, call=call) for _ in range(6)]
    for each in sent:
        answers = complete_answers(first, second)
        for page in ("projects", "contributions", "interests"):
            workflow.save_page(each, page, answers[page], revision=1)

    def act(number: int) -> Any:
        mine = ExpressionOfInterest.objects.get(pk=sent[number // 2].pk)
        if number % 2:
            return workflow.amend(mine, by=participant(mine), received_at=clock.now())
        return workflow.withdraw(mine, by=participant(mine))

    at_once(12, act)

    assert set(ExpressionOfInterest.objects.values_list("state", flat=True)) == {"withdrawn"}
    assert not ProjectChoice.objects.live().exists()


def test_two_hundred_race_the_closing_instant():
    """Receipts shown equal rows stored, and none is stamped after it."""
    project, call = make_project(), make_call()
    template = make_draft(project, call=call)
    answers = {row.page: row.answers for row in template.pages.all()}
    drafts = [template, *(_copy(answers, call) for _ in range(199))]
    closing = call.closes_at

    def submit(number: int) -> Any:
        received_at = closing + timedelta(milliseconds=number - 100)
        draft = drafts[number]
        return workflow.submit(draft, by=participant(draft), received_at=received_at)

    given = []
    for first in range(0, 200, 40):  # forty at a time: as many as PostgreSQL has connections for
        batch = range(first // 2, first // 2 + 20), range(199 - first // 2 - 19, 200 - first // 2)
        numbers = [*batch[0], *batch[1]]
        given += zip(numbers, at_once(40, lambda place, n=numbers: submit(n[place])), strict=True)
    ledger.derive()

    late = sorted(number for number, each in given if isinstance(each, workflow.Late))
    shown = [each for _number, each in given if isinstance(each, Snapshot)]
    assert late == list(range(100, 200))
    assert len(shown) == Snapshot.objects.count() == 100
    assert ExpressionOfInterest.objects.filter(state="submitted").count() == 100
    assert Email.objects.filter(notice="receipt").count() == 100
    assert all(snapshot.taken_at < closing for snapshot in Snapshot.objects.all())
    sent = ExpressionOfInterest.objects.filter(state="submitted")
    assert all(each.submitted_at < closing for each in sent)


def _copy(answers: dict[str, Any], call: Any) -> ExpressionOfInterest:
    """Return one more complete draft with a person of its own, at little cost."""
    user = make_user()
    draft = workflow.start(user, call, received_at=clock.now())
    said = answers | {"organisation": answers["organisation"] | {"work_email": user.email}}
    PageAnswers.objects.bulk_create(
        PageAnswers(expression=draft, page=page, answers=typed) for page, typed in said.items()
    )
    return draft
