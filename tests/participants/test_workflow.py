"""The life of an expression of interest, on the real models."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from participants import workflow
from participants.models import ExpressionOfInterest, PageAnswers, ProjectChoice, Snapshot
from participants.texts import VERSIONS
from stepchange import clock
from stepchange.models import Event
from stepchange.transitions import Refused
from tests.builders import (
    complete_answers,
    make_call,
    make_draft,
    make_project,
    make_submitted,
    make_user,
)
from workstreams.models import Organisation

pytestmark = pytest.mark.django_db


def submitted_by_its_own(draft: ExpressionOfInterest, at: datetime | None = None) -> Snapshot:
    assert draft.person.user is not None
    return workflow.submit(draft, by=draft.person.user, received_at=at or clock.now())


def test_starting_twice_returns_the_same_form():
    user, call = make_user(), make_call()

    first = workflow.start(user, call, received_at=clock.now())
    second = workflow.start(user, call, received_at=clock.now())

    assert first == second
    assert ExpressionOfInterest.objects.count() == 1


@pytest.mark.parametrize("days", [-1, 18])
def test_nothing_is_started_before_a_call_opens_or_after_it_closes(days):
    call = make_call(opens_at=clock.now())

    with pytest.raises(Refused, match="not open"):
        workflow.start(make_user(), call, received_at=clock.now() + timedelta(days=days))

    assert not ExpressionOfInterest.objects.exists()


def test_the_database_holds_one_live_form_a_person_and_call():
    draft = make_draft()

    with pytest.raises(IntegrityError), transaction.atomic():
        ExpressionOfInterest.objects.create(person=draft.person, call=draft.call)


def test_what_was_typed_is_kept_though_it_is_wrong():
    draft = make_draft()
    typed = {"full_name": "", "role_title": "=cmd()", "telephone": "not a number"}

    workflow.save_page(draft, "about-you", typed, revision=1)

    assert PageAnswers.objects.get(expression=draft, page="about-you").answers == typed


def test_a_second_tab_does_not_overwrite_the_first():
    draft = make_draft()
    workflow.save_page(draft, "experience", {"experience": "From the first tab"}, revision=1)

    with pytest.raises(workflow.SavedElsewhere):
        workflow.save_page(draft, "experience", {"experience": "From the second tab"}, revision=1)

    kept = PageAnswers.objects.get(expression=draft, page="experience")
    assert (kept.answers, kept.revision) == ({"experience": "From the first tab"}, 2)


def test_saving_the_same_answers_from_an_old_tab_is_no_conflict():
    draft = make_draft()
    workflow.save_page(draft, "experience", {"experience": "The same"}, revision=1)

    workflow.save_page(draft, "experience", {"experience": "The same"}, revision=1)

    assert PageAnswers.objects.get(expression=draft, page="experience").revision == 2


def test_submitting_writes_snapshot_choices_person_and_event_at_once():
    first, second = make_project(), make_project()
    draft = make_draft(second, first)

    snapshot = submitted_by_its_own(draft)

    draft.refresh_from_db()
    assert draft.state == "submitted"
    assert snapshot.number == 1
    assert snapshot.texts == VERSIONS
    assert snapshot.answers == complete_answers(second, first)
    assert list(
        ProjectChoice.objects.filter(expression=draft).values_list(
            "rank", "project__code", "contribution", "hours", "state"
        )
    ) == [(1, second.code, "develop", 8, "pending"), (2, first.code, "develop", 8, "pending")]
    person = draft.person
    person.refresh_from_db()
    assert (person.full_name, person.work_email) == (
        "Amina Thistlewood",
        "amina@harbour-vale-hotels.example",
    )
    assert person.campaign_consent_at is None
    event = Event.objects.get(kind="participants.expression.submitted")
    assert event.subject_key == draft.reference
    assert event.facts == {
        "from": "draft",
        "to": "submitted",
        "snapshot": 1,
        "digest": snapshot.digest,
        "texts": VERSIONS,
    }


def test_nothing_personal_is_in_the_facts_of_the_record():
    draft = make_submitted()

    written = str(list(Event.objects.values_list("kind", "subject_key", "facts")))

    for answers in complete_answers(make_project()).values():
        for answer in answers.values():
            assert not (isinstance(answer, str) and len(answer) > 3 and answer in written)
    assert draft.person.user.email not in written


def test_an_unknown_organisation_is_proposed_once():
    make_submitted()
    make_submitted(call=ExpressionOfInterest.objects.get().call)

    assert list(Organisation.objects.values_list("name", "unit", "sector", "state")) == [
        ("Harbour & Vale Hotels", "Harbour & Vale Group", "private", "proposed")
    ]


def test_submitting_twice_is_submitting_once():
    draft = make_draft()

    first = submitted_by_its_own(draft)
    second = submitted_by_its_own(draft)

    assert first == second
    assert Event.objects.filter(kind="participants.expression.submitted").count() == 1


def test_nobody_submits_for_somebody_else():
    draft = make_draft()

    with pytest.raises(Refused, match="Only the participant"):
        workflow.submit(draft, by=make_user(), received_at=clock.now())

    draft.refresh_from_db()
    assert draft.state == "draft"


@pytest.mark.parametrize("page", sorted(set(complete_answers()) - {"updates"}))
def test_each_page_but_the_optional_one_is_needed(page):
    draft = make_draft()
    PageAnswers.objects.filter(expression=draft, page=page).delete()

    with pytest.raises(workflow.Incomplete) as refused:
        submitted_by_its_own(draft)

    assert page in [missing.slug for missing in refused.value.missing]


def test_a_project_that_closed_since_must_be_chosen_anew():
    project = make_project()
    draft = make_draft(project)
    type(project).objects.filter(pk=project.pk).update(state="closed")

    with pytest.raises(workflow.Incomplete):
        submitted_by_its_own(draft)


# The closing instant is exclusive, in GMT and in BST, and on the nights the clocks change (law 4).
CLOSINGS = [
    (date(2018, 5, 25), datetime(2018, 5, 25, 23, 0, tzinfo=UTC)),
    (date(2026, 1, 9), datetime(2026, 1, 10, 0, 0, tzinfo=UTC)),
    (date(2026, 3, 28), datetime(2026, 3, 29, 0, 0, tzinfo=UTC)),
    (date(2026, 3, 29), datetime(2026, 3, 29, 23, 0, tzinfo=UTC)),
    (date(2026, 10, 24), datetime(2026, 10, 24, 23, 0, tzinfo=UTC)),
    (date(2026, 10, 25), datetime(2026, 10, 26, 0, 0, tzinfo=UTC)),
]


@pytest.mark.parametrize(("day", "closing"), CLOSINGS)
def test_on_time_is_before_the_closing_instant(day, closing):
    assert clock.end_of(day) == closing
    opens_at = closing - timedelta(days=10)
    call = make_call(opens_at=opens_at, closes_at=clock.end_of(day), delivery_on=day)
    user = make_user()
    draft = workflow.start(user, call, received_at=opens_at)
    for page, answers in complete_answers(make_project()).items():
        workflow.save_page(draft, page, answers, revision=0)

    with pytest.raises(Refused, match="The call closed"):
        submitted_by_its_own(draft, at=closing)
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert draft.pages.count() == len(complete_answers())

    submitted_by_its_own(draft, at=closing - timedelta(microseconds=1))
    assert draft.state == "submitted"
    assert draft.submitted_at < closing


def test_what_was_submitted_is_not_saved_over():
    sent = make_submitted()

    with pytest.raises(Refused, match="submitted already"):
        workflow.save_page(sent, "experience", {"experience": "More"}, revision=1)


def test_withdrawing_ends_each_choice_and_lets_one_start_again_with_a_new_reference():
    sent = make_submitted(make_project(), make_project())
    user = sent.person.user

    workflow.withdraw(sent, by=user, reason="Changed jobs")

    assert {choice.state for choice in sent.choices.all()} == {"withdrawn"}
    event = Event.objects.get(kind="participants.expression.withdrawn")
    assert (event.reason, event.facts) == (
        "Changed jobs",
        {"from": "submitted", "to": "withdrawn"},
    )
    again = workflow.start(user, sent.call, received_at=clock.now())
    assert again.reference != sent.reference
    assert again.state == "draft"


def test_answers_rest_encrypted():
    from django.db import connection

    make_draft()

    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM participants_pageanswers")
        rows = " ".join(row[0] for row in cursor.fetchall())
    assert "Thistlewood" not in rows
    assert rows.startswith("gAAAA")
