"""The table of pages: what is asked, how each task stands, and what is shown of the answers."""

import json

import pytest

from participants import pages
from participants.forms.base import Journey
from tests.builders import complete_answers, make_project

pytestmark = pytest.mark.django_db


def journey(**changed) -> Journey:
    """Return a complete journey, with some pages changed; None leaves one out."""
    answers = complete_answers(make_project()) | changed
    return Journey(
        email="amina@users.example",
        answers={slug: page for slug, page in answers.items() if page is not None},
    )


def kinds(of: Journey) -> dict[str, tuple[str, str]]:
    return {task.page.slug: (task.kind, str(task.status)) for task in pages.tasks(of)}


def test_each_task_says_how_it_stands_in_one_place():
    nothing = kinds(Journey(email=""))
    assert nothing["eligibility"] == ("incomplete", "Incomplete")
    assert nothing["contributions"] == ("cannot-start-yet", "Cannot start yet")
    assert nothing["updates"] == ("optional", "Optional")

    everything = kinds(journey())
    assert set(everything.values()) == {("completed", "Completed")}

    wrong = kinds(journey(experience={"experience": ""}))
    assert wrong["experience"] == ("incomplete", "Incomplete")


def test_only_the_optional_page_may_be_left_out():
    assert [page.slug for page in pages.unfinished(journey(updates=None))] == []
    assert [page.slug for page in pages.unfinished(journey(confidence=None))] == ["confidence"]


def test_who_the_call_is_not_for_does_not_finish():
    unfinished = pages.unfinished(journey(eligibility={"sector": "none"}))

    assert "eligibility" in [page.slug for page in unfinished]


def test_one_goes_on_to_what_can_be_asked_and_back_again():
    nothing = Journey(email="")
    projects = pages.BY_SLUG["projects"]

    assert pages.next_after(projects, nothing) is pages.BY_SLUG["experience"]
    assert pages.next_after(projects, journey()) is pages.BY_SLUG["contributions"]
    assert pages.before(pages.BY_SLUG["experience"], nothing) is projects
    assert pages.before(pages.PAGES[0], nothing) is None
    assert pages.next_after(pages.PAGES[-1], nothing) is None


def test_the_summary_is_plain_words_that_can_be_kept():
    said = pages.summary(journey(updates=None))

    assert json.loads(json.dumps(said)) == said
    assert [section["page"] for section in said] == [
        slug for slug in pages.BY_SLUG if slug != "work-email"
    ]
    assert said[0] == {
        "page": "eligibility",
        "title": "Where you work",
        "lines": [["Where do you work?", "Private sector"]],
        "asks_in_sentences": False,
    }
    assert said[-1]["lines"] == [["Email about future calls", "No, thank you"]]
    assert [s["page"] for s in said if s["asks_in_sentences"]] == ["interests", "confidence"]


def test_what_is_not_finished_is_not_in_the_summary():
    said = pages.summary(journey(experience={"experience": ""}))

    assert "experience" not in [section["page"] for section in said]


@pytest.mark.parametrize("sector", ["police", "private", "government"])
def test_that_a_question_is_optional_is_said_where_it_is_asked_and_not_where_it_is_answered(
    sector,
):
    named = {"organisation": "Northmere", "unit": "CID", "work_email": "amina@users.example"}
    filled = journey(eligibility={"sector": sector}, organisation=named)

    answered = {label for section in pages.summary(filled) for label, _value in section["lines"]}
    asked = str(pages.BY_SLUG["confirming"].form(filled).fields["identifier"].label)
    assert asked.endswith(" (optional)")
    assert asked.removesuffix(" (optional)") in answered
    assert not [label for label in answered if "optional" in label]


def test_an_answer_only_a_dropped_project_asked_is_not_kept():
    first, second = make_project(), make_project()
    answers = complete_answers(first, second)
    answers["projects"] = complete_answers(first)["projects"]

    kept = pages.cleaned(Journey(email="", answers=dict(answers)))

    assert f"hours_{first.code}" in kept["contributions"]
    assert f"hours_{second.code}" not in kept["contributions"]


def test_every_question_is_printed_once():
    make_project(), make_project()

    for _page, asked in pages.questions():
        labels = [str(question.label) for question in asked]
        assert len(labels) == len(set(labels))
        assert all(labels)
