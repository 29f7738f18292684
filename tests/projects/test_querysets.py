"""What a visitor finds among the projects."""

import pytest

from projects.models import Project
from projects.querysets import work_streams_with_counts
from tests.builders import make_project, make_stream

pytestmark = pytest.mark.django_db

HIDDEN = {Project.State.PROPOSED, Project.State.REJECTED}


def test_the_public_sees_each_state_but_proposed_and_rejected():
    made = {
        state: make_project(code=f"A{number}", state=state)
        for number, state in enumerate(Project.State)
    }
    assert set(Project.objects.published()) == {
        project for state, project in made.items() if state not in HIDDEN
    }


def test_a_work_stream_counts_what_the_public_sees_and_keeps_its_place():
    second = make_stream(name="A later one", position=2)
    first = make_stream(name="Z the first", position=1)
    for number, state in enumerate(Project.State):
        make_project(code=f"A{number}", work_stream=second, state=state)
    counted = [(stream, stream.project_count) for stream in work_streams_with_counts()]
    assert counted == [(first, 0), (second, len(Project.State) - len(HIDDEN))]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", {"T1", "T2", "C1"}),
        ("ferry", {"T1"}),
        ("FERRY", {"T1"}),
        ("ferry ports", {"T1"}),
        ("ports ferry", {"T1"}),
        ("ferry hotel", set()),
        ("c1", {"C1"}),
        ("transport", {"T1", "T2"}),
        ("finance", {"C1"}),
        ("underwriter", {"C1"}),
        ("%", {"T2"}),
        ("_", set()),
    ],
)
def test_every_word_must_stand_somewhere(words, found):
    transport = make_stream(name="Transport")
    cyber = make_stream(name="Cyber", also_called="Cyber & Finance")
    make_project(code="T1", work_stream=transport, action="Search ferry ports", title="One")
    make_project(code="T2", work_stream=transport, vision="100% of staff", title="Two")
    make_project(code="C1", work_stream=cyber, needs="An underwriter", title="Three")
    assert {project.code for project in Project.objects.mentioning(words)} == found


def test_any_of_the_contributions_will_do():
    leads = make_project(code="A1", wants_lead=True)
    both = make_project(code="A2", wants_lead=True, wants_deliver=True)
    delivers = make_project(code="A3", wants_deliver=True)
    make_project(code="A4")
    assert set(Project.objects.wanting("lead")) == {leads, both}
    assert set(Project.objects.wanting("lead", "deliver")) == {leads, both, delivers}


def test_neighbours_are_the_public_ones_of_the_same_work_stream():
    stream = make_stream()
    hidden = make_project(code="A4", work_stream=stream, position=4, state="proposed")
    rows = [make_project(code=f"A{n}", work_stream=stream, position=n) for n in (1, 2, 3)]
    tied = make_project(code="A9", work_stream=stream, position=3)
    make_project(code="B1", position=2)
    published = Project.objects.published()
    walk = [published.beside(project) for project in (*rows, tied)]
    assert walk == [(None, rows[1]), (rows[0], rows[2]), (rows[1], tied), (rows[2], None)]
    assert hidden not in {project for pair in walk for project in pair}
