"""Interests: a question for each project, several interests a question, and a nil that is signed."""

import pytest
from django.template import Context

from participants.forms.base import Answers, Journey
from participants.forms.interests import AT_MOST, InterestsForm
from participants.models import InterestKind
from participants.texts import VERSIONS
from tests.builders import AMINA, complete_answers, make_project

pytestmark = pytest.mark.django_db


def form(*projects, **typed) -> InterestsForm:
    answers: dict[str, Answers] = {**complete_answers(*projects)}
    data = {**answers["interests"], **typed}
    return InterestsForm(Journey(email=AMINA, answers=answers), data=data)


def whole(key: str, nth: str = "", **changed: str) -> dict[str, str]:
    said = {"kind": "shareholdings", "party": "Vale plc", "gain": "Dividends"} | changed
    return {f"has_{key}": "yes"} | {f"{box}_{key}{nth}": value for box, value in said.items()}


def test_nil_is_an_answer_that_is_signed():
    asked = form(make_project())

    assert asked.is_valid(), asked.errors
    assert asked.is_nil
    said = [str(line.value) for line in asked.summary()]
    assert said[:2] == ["No", "No"]
    assert said[2].startswith("I have no interests to declare.\nAccepted")


def test_it_is_not_declared_before_it_is_signed_and_blank_is_not_nil():
    project = make_project()

    assert form(project, signed="").errors["signed"] == ["Tick to sign your declaration"]
    assert f"has_{project.code}" in form(project, **{f"has_{project.code}": ""}).errors


def test_a_yes_asks_for_kind_with_whom_and_what_could_be_gained():
    project = make_project()
    asked = form(project, **{f"has_{project.code}": "yes"})

    assert dict(asked.errors.items()) == {
        f"kind_{project.code}": [f"Choose what kind of interest it is: {project.code}"],
        f"party_{project.code}": [f"Say who or what the interest is with: {project.code}"],
        f"gain_{project.code}": [f"Say what you or they could gain: {project.code}"],
    }


@pytest.mark.parametrize("kind", InterestKind.values)
def test_each_of_the_ten_kinds_is_taken(kind):
    project = make_project()

    assert form(project, **whole(project.code, kind=kind)).is_valid()
    assert len(InterestKind) == 10


def test_several_interests_are_declared_in_order():
    project = make_project()
    typed = (
        whole(project.code)
        | whole(project.code, "_2", party="A")
        | whole("general", "_3", party="B")
    )
    asked = form(project, **typed | whole("general"))

    assert asked.is_valid(), asked.errors
    assert [(each["project"], each["party"]) for each in asked.declared()] == [
        (project.code, "Vale plc"),
        (project.code, "A"),
        (None, "Vale plc"),
        (None, "B"),
    ]
    assert not asked.is_nil
    assert "Shareholdings: Vale plc\nDividends" in str(asked.summary()[0].value)


@pytest.mark.parametrize("box", ["kind", "party", "gain"])
@pytest.mark.parametrize("nth", [f"_{number}" for number in range(2, AT_MOST + 1)])
def test_an_interest_that_is_begun_is_asked_for_whole_and_stands_open(box, nth):
    project = make_project()
    begun = {f"{box}_{project.code}{nth}": whole("x")[f"{box}_x"]}
    asked = form(project, **whole(project.code), **begun)

    boxes = {f"{name}_{project.code}{nth}" for name in ("kind", "party", "gain")}
    assert set(asked.errors) == boxes - set(begun)
    drawn = asked.helper.render_layout(asked, Context())
    assert drawn.count('<details class="govuk-details" open>') == int(nth[1:]) - 1


def test_what_stands_under_a_no_is_kept_and_not_declared():
    project = make_project()
    typed = whole(project.code, party="Typed before I changed my mind")
    asked = form(project, **typed | {f"has_{project.code}": "no"})

    assert asked.is_valid(), asked.errors
    assert asked.is_nil
    assert "changed my mind" in str(asked.typed())
    assert "changed my mind" not in str(asked.counting())
    assert "changed my mind" not in str(asked.summary())
    too_long = form(project, **{f"gain_{project.code}": "x" * 1001})
    assert too_long.is_valid()


def test_a_project_without_a_prompt_is_asked_about_all_the_same():
    project = make_project(interest_prompt="")

    assert project.code in str(form(project).fields[f"has_{project.code}"].label)


def test_the_signature_names_the_version_of_the_words_and_since_when():
    asked = InterestsForm(Journey(email=""), data={"signed": VERSIONS["interests"]})

    assert asked.typed()["signed"].startswith(f"{VERSIONS['interests']} at 20")
