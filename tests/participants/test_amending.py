"""Amending what was submitted: numbered snapshots, a comparison, and changes discarded."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants import workflow
from participants.comparison import compare
from participants.models import ExpressionOfInterest, PageAnswers, Snapshot
from participants.texts import VERSIONS
from stepchange import clock
from stepchange.models import Event
from stepchange.transitions import Refused
from tests.builders import make_project, make_submitted, make_user
from tests.participants.amending import amend, choose, copy_of, save

pytestmark = pytest.mark.django_db


def test_what_was_submitted_counts_until_the_changes_are_submitted_too():
    sent = make_submitted()
    first = Snapshot.objects.get()
    save(sent, "experience", {"experience": "Twelve years."})

    assert Snapshot.objects.get().answers == first.answers
    second = amend(sent)

    sent.refresh_from_db()
    assert (sent.state, second.number) == ("submitted", 2)
    assert second.answers["experience"] == {"experience": "Twelve years."}
    assert Snapshot.objects.get(number=1).answers == first.answers
    event = Event.objects.get(kind="participants.expression.amended")
    assert event.subject_key == sent.reference
    assert event.facts == {
        "from": "submitted",
        "to": "submitted",
        "snapshot": 2,
        "digest": second.digest,
        "texts": VERSIONS,
    }
    assert sent.submitted_at < second.taken_at
    assert not copy_of(sent).has_changes


def test_amending_without_a_change_is_refused_kindly_and_leaves_no_trace():
    sent = make_submitted()
    save(sent, "experience", {"experience": "Twelve years."})
    save(sent, "experience", {"experience": "Ten years of hotel security."})

    with pytest.raises(workflow.Unchanged, match="changed nothing"):
        amend(sent)

    assert Snapshot.objects.count() == 1
    assert not Event.objects.of_kind("participants.expression.amended").exists()


def test_submitting_the_same_changes_twice_is_submitting_them_once():
    sent = make_submitted()
    save(sent, "experience", {"experience": "Twelve years."})
    checked = copy_of(sent).digest

    first, second = amend(sent, checked=checked), amend(sent, checked=checked)

    assert first == second
    assert Event.objects.of_kind("participants.expression.amended").count() == 1


def test_answers_that_were_not_seen_are_not_submitted():
    """Another tab saved something after the page that submits was opened."""
    sent = make_submitted()
    save(sent, "experience", {"experience": "Twelve years."})
    checked = copy_of(sent).digest
    save(sent, "experience", {"experience": "Changed in another tab."})

    with pytest.raises(workflow.CheckedOther, match="Check them again"):
        amend(sent, checked=checked)

    assert Snapshot.objects.count() == 1


def test_late_changes_are_refused_and_what_counts_stays():
    sent = make_submitted()
    save(sent, "experience", {"experience": "Twelve years."})

    with pytest.raises(workflow.Late, match="The call closed at"):
        amend(sent, received_at=sent.call.closes_at)

    assert Snapshot.objects.count() == 1
    assert copy_of(sent).has_changes
    assert amend(sent, received_at=sent.call.closes_at - timedelta(microseconds=1)).number == 2


def test_incomplete_changes_are_refused_with_the_pages_that_are_missing():
    sent = make_submitted()
    save(sent, "experience", {"experience": ""})

    with pytest.raises(workflow.Incomplete) as refused:
        amend(sent)

    assert [page.slug for page in refused.value.missing] == ["experience"]


@pytest.mark.parametrize("by", ["somebody else", "nobody"])
def test_nobody_amends_or_discards_anothers(by):
    sent = make_submitted()
    save(sent, "experience", {"experience": "Twelve years."})
    who = make_user() if by == "somebody else" else None

    with pytest.raises(Refused, match="Only the participant"):
        amend(sent, by=who or make_user())
    with pytest.raises(Refused, match="Only the participant"):
        workflow.discard_changes(sent, by=who)

    assert copy_of(sent).has_changes


def test_discarding_puts_back_what_was_submitted_and_tells_a_tab_left_open():
    sent = make_submitted()
    before = {row.page: row.answers for row in sent.pages.all()}
    save(sent, "experience", {"experience": "Twelve years."})
    row = PageAnswers.objects.get(expression=sent, page="experience")

    workflow.discard_changes(sent, by=sent.person.user)

    answers = {row.page: row.answers for row in sent.pages.all()}
    assert answers["experience"] == before["experience"]
    assert not copy_of(sent).has_changes
    with pytest.raises(workflow.SavedElsewhere):
        workflow.save_page(sent, "experience", {"experience": "Old tab"}, revision=row.revision)
    assert not Event.objects.filter(kind__contains="discard").exists()


def test_a_page_begun_since_is_one_not_begun_after_discarding():
    sent = make_submitted()
    snapshot = Snapshot.objects.get()
    without = {page: said for page, said in snapshot.answers.items() if page != "updates"}
    PageAnswers.objects.filter(expression=sent, page="updates").update(answers={})
    Snapshot.objects.create(
        expression=sent, number=2, answers=without, shown=[], texts=snapshot.texts, digest="2"
    )
    save(sent, "updates", {"campaigns": True})
    assert copy_of(sent).changed_pages == ["updates"]

    workflow.discard_changes(sent, by=sent.person.user)

    assert "updates" not in copy_of(sent).now.answers
    assert not copy_of(sent).has_changes


def test_discarding_what_was_not_seen_is_refused():
    sent = make_submitted()
    save(sent, "experience", {"experience": "Twelve years."})
    checked = copy_of(sent).digest
    save(sent, "experience", {"experience": "Fourteen years."})

    with pytest.raises(workflow.CheckedOther):
        workflow.discard_changes(sent, by=sent.person.user, checked=checked)

    assert copy_of(sent).now.answers["experience"] == {"experience": "Fourteen years."}


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_only_what_is_submitted_is_amended(state):
    sent = make_submitted()
    if state == "withdrawn":
        workflow.withdraw(sent, by=sent.person.user)
    else:
        ExpressionOfInterest.objects.filter(pk=sent.pk).update(state=state)

    with pytest.raises(Refused, match="not possible"):
        amend(sent)
    with pytest.raises(Refused, match="nothing submitted"):
        workflow.discard_changes(sent, by=sent.person.user)


def test_a_question_asked_anew_since_is_no_change_of_the_participants():
    """Both sides are read by today's forms: here a field that no snapshot holds."""
    sent = make_submitted()
    snapshot = Snapshot.objects.get()
    assert "identifier" in snapshot.answers["confirming"]
    older = dict(snapshot.answers["confirming"])
    del older["identifier"]
    PageAnswers.objects.filter(expression=sent, page="confirming").update(answers=older)
    Snapshot.objects.create(
        expression=sent,
        number=2,
        answers=snapshot.answers | {"confirming": older},
        digest="2",
    )

    assert not copy_of(sent).has_changes


def test_the_changes_are_told_question_by_question():
    kept, dropped, added = make_project(), make_project(), make_project()
    sent = make_submitted(kept, dropped)
    choose(sent, added, kept)
    save(sent, "experience", {"experience": "Twelve years."})

    changes = {section.page: section.differences for section in copy_of(sent).changes}

    assert list(changes) == ["projects", "contributions", "experience", "interests"]
    [experience] = changes["experience"]
    assert (experience.kind, experience.was, experience.now) == (
        "changed",
        "Ten years of hotel security.",
        "Twelve years.",
    )
    offers = {each.question: each for each in changes["contributions"]}
    assert {str(each): offer.kind for each, offer in offers.items()} == {
        str(kept): "changed",
        str(dropped): "removed",
        str(added): "added",
    }
    assert offers[str(kept)].was.startswith("Order of preference: 1\nDevelop")
    assert offers[str(kept)].now.startswith("Order of preference: 2\nDevelop")


def test_equal_questions_of_one_page_are_told_apart():
    lines = [["What is the interest?", "Shares"], ["What is the interest?", "A brother"]]
    was = [{"page": "x", "title": "X", "lines": lines, "asks_in_sentences": False}]
    now = [was[0] | {"lines": [lines[0], ["What is the interest?", "A sister"]]}]

    [section] = compare(was, now)

    assert [(each.was, each.now) for each in section.differences] == [("A brother", "A sister")]


def test_amending_costs_the_same_at_any_number_of_snapshots():
    sent = make_submitted()
    counted = []
    for number in range(6):
        save(sent, "experience", {"experience": f"{number} years."})
        with CaptureQueriesContext(connection) as written:
            amend(sent)
        counted.append(len(written))

    assert counted[0] == counted[-1]


def test_a_withdrawn_one_is_started_again_with_what_is_known_of_the_person():
    sent = make_submitted()
    user = sent.person.user
    workflow.withdraw(sent, by=user)

    again = workflow.start(user, sent.call, received_at=clock.now())
    journey = workflow.journey_of(user, again)

    assert again.reference != sent.reference
    assert journey.answers == {}
    assert journey.person is not None
    assert journey.person.full_name == "Amina Thistlewood"
