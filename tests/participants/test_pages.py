"""The table of pages: what is asked, how each task stands, and what is shown of the answers."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from participants import pages, workflow
from participants.forms.base import Journey, PageForm
from participants.forms.trust import ConfidenceForm
from participants.texts import INTERESTS, STATEMENTS, VERSIONS
from stepchange import clock
from stepchange.form_fields import choice
from tests.builders import AMINA, complete_answers, make_draft, make_project, make_user
from tests.office import office

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


# A page more ---------------------------------------------------------------------------------------
class _Tea(PageForm):
    """One question more."""

    tea = choice(
        "How do you take your tea?", "Choose how you take it", (("black", "Black"), ("no", "No"))
    )


def test_a_page_is_added_in_one_place(monkeypatch):
    """A row of the table is asked, counted, checked, printed, kept, shown to the office, and needed."""
    at = pages.PAGES.index(pages.BY_SLUG["experience"])
    tea = pages.Page("tea", pages.OFFER, "Say how you take tea", "Your tea", _Tea)
    monkeypatch.setattr(pages, "PAGES", (*pages.PAGES[:at], tea, *pages.PAGES[at:]))
    monkeypatch.setitem(pages.BY_SLUG, "tea", tea)
    user = make_user(AMINA)
    draft = make_draft(user=user)
    browser = Client()
    browser.force_login(user)
    page = "/expression-of-interest/tea/"

    tasks = browser.get("/expression-of-interest/tasks/").content.decode()
    assert "9 of 10 tasks completed" in tasks
    assert "Say how you take tea" in tasks
    with pytest.raises(workflow.Incomplete):
        workflow.submit(draft, by=user, received_at=clock.now())
    assert (
        "How do you take your tea?"
        in browser.get("/expression-of-interest/questions/").content.decode()
    )
    before = browser.post("/expression-of-interest/contributions/", complete_contributions(draft))
    assert before["Location"] == page
    assert browser.post(page, {"tea": "black"})["Location"] == "/expression-of-interest/experience/"
    checked = browser.get("/expression-of-interest/check/").content.decode()
    assert f'href="{page}?change=yes"' in checked
    workflow.submit(draft, by=user, received_at=clock.now())
    assert draft.snapshots.get().answers["tea"] == {"tea": "black"}
    shown = office().get(f"/admin/participants/expressionofinterest/{draft.reference}/change/")
    assert "How do you take your tea?" in shown.content.decode()


def complete_contributions(draft) -> dict:
    """Return what is saved on the page of contributions, as it is posted again."""
    return {**draft.pages.get(page="contributions").answers, "revision": "1"}


# Words that change ---------------------------------------------------------------------------------
@pytest.mark.parametrize(("page", "name"), [("confidence", "voluntary"), ("interests", "signed")])
def test_words_in_a_new_version_are_asked_about_again(monkeypatch, page, name):
    before = journey()
    assert pages.unfinished(before) == []
    newer = replace(
        STATEMENTS["voluntary"] if name == "voluntary" else INTERESTS, version="2099-01"
    )
    if name == "voluntary":
        monkeypatch.setitem(STATEMENTS, "voluntary", newer)
    else:
        monkeypatch.setattr("participants.forms.interests.INTERESTS", newer)

    [task] = [task for task in pages.tasks(journey()) if not task.is_complete]
    assert (task.page.slug, task.kind) == (page, "incomplete")
    assert str(task.why) == "The words have changed since you agreed to them"
    assert "These words have changed since you accepted them" in task.form.errors[name][0]
    drawn = str(task.form[name])
    assert "2099-01" in drawn
    assert "checked" not in drawn


@pytest.mark.parametrize("sent", ["on", "true", "2025-01", "", "2026-11 at nonsense"])
def test_a_tick_accepts_the_version_that_stood_beside_it_and_no_other(sent):
    answers = complete_answers()["confidence"] | {"voluntary": sent}

    assert "voluntary" in ConfidenceForm(journey(), data=answers).errors


def test_a_tick_is_kept_with_its_version_and_since_when():
    sent = complete_answers()["confidence"]
    first = ConfidenceForm(Journey(email=""), data=sent).typed()
    assert all(value.startswith(f"{VERSIONS[name]} at 20") for name, value in first.items())

    with time_machine.travel(clock.now() + timedelta(days=1)):
        again = ConfidenceForm(Journey(email="", answers={"confidence": first}), data=sent).typed()
        anew = ConfidenceForm(Journey(email=""), data=sent).typed()
    assert again == first
    assert anew != first
    form = ConfidenceForm(Journey(email=""), data=first)
    assert form.is_valid()
    assert "Accepted at " in str(form.summary()[0].value)
    assert f"version {VERSIONS['confidence']}" in str(form.summary()[0].value)


def test_what_was_ticked_before_versions_were_kept_is_the_first_version():
    form = ConfidenceForm(Journey(email=""), data={"voluntary": True, "ethics": True})

    assert set(form.errors) <= {"confidence"}


# What is printed -----------------------------------------------------------------------------------
def test_what_one_sector_alone_is_asked_is_printed_as_such():
    make_project()
    printed = {page.slug: asked for page, asked in pages.questions()}

    said = {str(each.label): each.asked_of for each in printed["organisation"]}
    assert said["Command or unit"] == "Police, Government"
    assert said["Parent company or group (optional)"] == "Private sector"
    assert said["Work email address"] == ""
    assert not [label for label in said if "Did you mean" in label or "address is right" in label]


def test_the_questions_under_a_yes_are_printed_once_after_all_that_have_one():
    """As they read on the page: a question for each project, the general one, then each interest."""
    projects = [make_project(interest_prompt=f"Prompt {number}?") for number in range(3)]
    printed = {page.slug: asked for page, asked in pages.questions()}["interests"]

    labels = [str(each.label) for each in printed]
    assert labels[:3] == [project.interest_prompt for project in projects]
    assert labels[3].startswith("Do you have any other interest")
    assert labels[4:7] == [
        "What kind of interest is it?",
        "Who or what is it with?",
        "What could you or they gain?",
    ]
    assert labels[7:] == [str(INTERESTS.tick)]
    assert [each.under_a_yes for each in printed] == [False] * 4 + [True] * 3 + [False]
