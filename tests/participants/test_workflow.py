"""The life of an expression of interest, on the real models."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from participants import workflow
from participants.models import ExpressionOfInterest, PageAnswers, Person, ProjectChoice, Snapshot
from participants.texts import VERSIONS
from stepchange import clock
from stepchange.events import fingerprint
from stepchange.models import Event
from stepchange.querysets import AppendOnly
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
    said = complete_answers(second, first, email=draft.person.user.email)
    for page, answers in said.items():
        kept = snapshot.answers[page]
        assert {name: _as_sent(kept[name]) for name in answers} == answers
    assert list(
        ProjectChoice.objects.filter(expression=draft).values_list(
            "rank", "project__code", "contribution", "hours", "state"
        )
    ) == [(1, second.code, "develop", 8, "pending"), (2, first.code, "develop", 8, "pending")]
    person = draft.person
    person.refresh_from_db()
    assert (person.full_name, person.work_email) == (
        "Amina Thistlewood",
        draft.person.user.email,
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


def _as_sent(kept):
    """Return an answer without the instant that is kept with a version accepted."""
    return kept.partition(" at 20")[0] if isinstance(kept, str) else kept


def test_nothing_personal_is_in_the_facts_of_the_record():
    draft = make_submitted()

    written = str(list(Event.objects.values_list("kind", "subject_key", "facts")))

    for answers in complete_answers(make_project()).values():
        for answer in answers.values():
            assert answer in VERSIONS.values() or not (
                isinstance(answer, str) and len(answer) > 3 and answer in written
            )
    assert draft.person.user.email not in written


def test_an_unknown_organisation_is_proposed_once_by_the_first_who_names_it():
    first = make_submitted()
    make_submitted(call=first.call)

    assert list(Organisation.objects.values_list("name", "unit", "sector", "state")) == [
        ("Harbour & Vale Group", "", "private", "proposed"),
        ("Harbour & Vale Hotels", "", "private", "proposed"),
    ]
    events = Event.objects.filter(kind="workstreams.organisation.proposed")
    assert [event.actor for event in events] == [first.person.user, first.person.user]
    first.person.refresh_from_db()
    assert first.person.organisation.group.name == "Harbour & Vale Group"


def test_submitting_writes_of_the_person_only_what_was_said():
    draft = make_draft()
    user = draft.person.user
    number = draft.person.public_id

    with CaptureQueriesContext(connection) as written:
        submitted_by_its_own(draft)

    changes = [query["sql"] for query in written if "participants_person" in query["sql"]]
    [update] = [sql for sql in changes if sql.startswith("UPDATE")]
    assert "public_id" not in update
    assert Person.objects.get(user=user).public_id == number


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
    for page, answers in complete_answers(make_project(), email=user.email).items():
        workflow.save_page(draft, page, answers, revision=0)

    with pytest.raises(Refused, match="The call closed"):
        submitted_by_its_own(draft, at=closing)
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert draft.pages.count() == len(complete_answers())

    submitted_by_its_own(draft, at=closing - timedelta(microseconds=1))
    assert draft.state == "submitted"
    assert draft.submitted_at < closing


def test_what_was_withdrawn_is_not_saved_over():
    sent = make_submitted()
    workflow.withdraw(sent, by=sent.person.user)

    with pytest.raises(Refused, match="was withdrawn"):
        workflow.save_page(sent, "experience", {"experience": "More"}, revision=1)


@pytest.mark.parametrize("page", ["experience", "never-saved"])
def test_a_save_that_read_the_form_before_it_was_withdrawn_is_refused(page):
    sent = make_submitted()
    seen = {row.page: row for row in sent.pages.select_related("expression")}
    before = ExpressionOfInterest.objects.get(pk=sent.pk)
    workflow.withdraw(sent, by=sent.person.user)

    with pytest.raises(Refused, match="was withdrawn"):
        workflow.save_page(before, page, {"experience": "More"}, revision=1, seen=seen)

    kept = PageAnswers.objects.get(expression=sent, page="experience").answers
    assert kept == {"experience": "Ten years of hotel security."}


def test_a_save_is_told_of_what_another_saved_since_it_read_the_page():
    draft = make_draft()
    draft.pages.filter(page="updates").delete()
    seen = {row.page: row for row in draft.pages.select_related("expression")}
    workflow.save_page(draft, "experience", {"experience": "From a phone"}, revision=1)
    workflow.save_page(draft, "updates", {"campaigns": True}, revision=0)

    for page, typed, revision in (
        ("experience", {"experience": "From a desk"}, 1),
        ("updates", {"campaigns": False}, 0),
    ):
        with pytest.raises(workflow.SavedElsewhere) as told:
            workflow.save_page(draft, page, typed, revision=revision, seen=seen)
        kept = PageAnswers.objects.get(expression=draft, page=page)
        assert (told.value.answers, told.value.revision) == (kept.answers, kept.revision)
        assert kept.answers != typed
        workflow.save_page(draft, page, kept.answers, revision=revision, seen=seen)


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


@pytest.mark.parametrize("state", sorted({*ProjectChoice.State} - {"withdrawn"}))
def test_whatever_was_decided_of_a_choice_it_can_be_withdrawn_and_so_can_the_form(state):
    one = make_submitted()
    whole = make_submitted(make_project(), make_project(), call=one.call)
    ProjectChoice.objects.filter(expression=one).update(state=state)
    ProjectChoice.objects.filter(pk=whole.choices.first().pk).update(state=state)

    workflow.withdraw_choice(one.choices.get(), by=one.person.user)
    workflow.withdraw(whole, by=whole.person.user)

    assert one.choices.get().state == "withdrawn"
    assert {choice.state for choice in whole.choices.all()} == {"withdrawn"}


def test_nobody_withdraws_anothers_choice_nor_one_twice():
    sent = make_submitted()
    project_choice = sent.choices.get()

    for by in (make_user(), None):
        with pytest.raises(Refused, match="Only the participant"):
            workflow.withdraw_choice(project_choice, by=by)
    workflow.withdraw_choice(project_choice, by=sent.person.user)
    with pytest.raises(Refused, match="not possible"):
        workflow.withdraw_choice(project_choice, by=sent.person.user)

    assert Event.objects.of_kind("participants.choice.withdrawn_alone").count() == 1


def test_what_was_shown_is_kept_and_in_the_digest():
    first = submitted_by_its_own(make_draft())

    assert [section["page"] for section in first.shown] == list(complete_answers())
    kept = {"answers": first.answers, "shown": first.shown, "texts": first.texts}
    assert first.digest == fingerprint(kept)
    assert Snapshot.objects.get().shown == first.shown


def test_a_snapshot_is_never_changed_nor_deleted():
    snapshot = submitted_by_its_own(make_draft())

    with pytest.raises(AppendOnly):
        snapshot.save()
    with pytest.raises(AppendOnly):
        snapshot.delete()
    with pytest.raises(AppendOnly):
        Snapshot.objects.update(texts={})
    with pytest.raises(AppendOnly):
        snapshot.expression.snapshots.all().delete()
    assert Snapshot.objects.get().texts == VERSIONS


@pytest.mark.parametrize("state", ["submitted", "withdrawn"])
def test_the_database_refuses_what_left_the_draft_without_a_time(state):
    draft = make_draft()

    with pytest.raises(IntegrityError), transaction.atomic():
        ExpressionOfInterest.objects.filter(pk=draft.pk).update(state=state)


def test_answers_rest_encrypted():
    make_draft()

    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM participants_pageanswers")
        rows = " ".join(row[0] for row in cursor.fetchall())
    assert "Thistlewood" not in rows
    assert rows.startswith("gAAAA")
