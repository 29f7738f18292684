"""Expressions of interest in the console: what was submitted, and who has looked."""

import html
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants import workflow
from participants.models import ExpressionOfInterest, PageAnswers, Snapshot
from projects.models import Project
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from tests.builders import make_call, make_draft, make_project, make_stream, make_submitted
from tests.office import make_holder, office, search, signed_in
from workstreams.models import Call

pytestmark = pytest.mark.django_db

LIST = "/admin/participants/expressionofinterest/"


def page_of(expression: ExpressionOfInterest) -> str:
    return f"{LIST}{expression.reference}/change/"


def test_what_was_submitted_is_read_question_by_question():
    projects = make_project(title="Guard training"), make_project(title="Blue book")
    expression = make_submitted(*projects)
    page = office(Role.CASEWORKER).get(page_of(expression)).content.decode()

    for words in (
        expression.reference,
        "Amina Thistlewood",
        "Hotel Security Manager",
        "Harbour &amp; Vale Hotels",
        "Guard training",
        "Blue book",
        "I have run such training.",
        "Ten years of hotel security.",
        "Wilhelmina Asare",
        "As submitted: version 1",
    ):
        assert words in page, words
    assert 'name="_save"' not in page


def test_what_the_form_no_longer_accepts_is_still_shown():
    """A project that has closed since does not take its page from what was submitted."""
    project = make_project()
    expression = make_submitted(project)
    Project.objects.filter(pk=project.pk).update(state="closed")
    page = office(Role.CASEWORKER).get(page_of(expression)).content.decode()

    assert "I have run such training." in page.split("As submitted")[1]


def test_the_office_reads_what_was_submitted_and_not_what_is_being_typed():
    expression = make_submitted()
    answers = PageAnswers.objects.get(expression=expression, page="experience")
    answers.answers = {"experience": "A secret second thought."}
    answers.save()

    page = office(Role.CASEWORKER).get(page_of(expression)).content.decode()
    assert "A secret second thought." not in page


@pytest.mark.parametrize("is_superuser", [False, True])
def test_a_draft_is_counted_and_never_opened(is_superuser):
    call = make_call(name="Spring call")
    draft = make_draft(call=call)
    client = signed_in(make_holder(Role.OFFICE_MANAGER, is_superuser=is_superuser, is_staff=True))

    for page in ("change", "history"):
        response = client.get(f"{LIST}{draft.reference}/{page}/")
        assert response.status_code == HTTPStatus.NOT_FOUND
    listed = search(client, LIST, draft.reference).content.decode()
    assert f"{draft.reference}/change" not in listed
    assert "1 draft of Spring call is not shown" in listed
    assert not Event.objects.of_kind("participants.expression.viewed").exists()


def test_each_look_is_recorded_with_the_version_and_is_shown():
    expression = make_submitted()
    user = make_holder(Role.CASEWORKER, name="Beatrix Okonjo")
    client = signed_in(user)
    client.get(page_of(expression))
    client.head(page_of(expression))
    client.get(LIST)

    looks = Event.objects.of_kind("participants.expression.viewed")
    assert [(look.actor, look.subject_key, look.facts) for look in looks] == [
        (
            user,
            expression.reference,
            {"snapshot": 1, "purpose": "casework", "roles": ["Caseworker"]},
        )
    ] * 2
    history = client.get(f"{LIST}{expression.reference}/history/").content.decode()
    assert "Expression of interest looked at" in history
    assert "Beatrix Okonjo" in history


def test_whoever_may_not_see_it_leaves_no_trace_and_finds_nothing():
    expression = make_submitted()

    for role in (Role.COMMUNICATIONS_OFFICER, Role.AUDITOR):
        assert office(role).get(page_of(expression)).status_code == HTTPStatus.NOT_FOUND
        assert office(role).get(LIST).status_code == HTTPStatus.NOT_FOUND
    assert not Event.objects.of_kind("participants.expression.viewed").exists()


@pytest.mark.parametrize("step", ["change", "submit", "withdraw"])
def test_nothing_of_it_is_changed_by_a_forged_post(step):
    expression = make_submitted()
    before = ExpressionOfInterest.objects.values().get(pk=expression.pk)
    client = signed_in(make_holder(is_superuser=True, is_staff=True))
    response = client.post(
        f"{LIST}{expression.reference}/{step}/", {"state": "withdrawn", "reference": "SC-1"}
    )

    assert response.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
    assert ExpressionOfInterest.objects.values().get(pk=expression.pk) == before


def test_a_withdrawn_one_is_still_read():
    expression = make_submitted()
    workflow.withdraw(expression, by=expression.person.user)

    assert office(Role.CASEWORKER).get(page_of(expression)).status_code == HTTPStatus.OK


def test_the_list_is_filtered_and_searched():
    call = make_call()
    stream = make_stream()
    first = make_submitted(make_project(work_stream=stream), call=call)
    second = make_submitted(call=call)
    Call.objects.filter(pk=call.pk).update(state="closed")
    other = make_submitted(call=make_call())
    client = office(Role.CASEWORKER)

    def references(query: str) -> set[str]:
        return {row.reference for row in client.get(f"{LIST}?{query}").context["cl"].result_list}

    assert references("") == {first.reference, second.reference, other.reference}
    assert references(f"call={call.slug}") == {first.reference, second.reference}
    assert references(f"work-stream={stream.slug}") == {first.reference}
    assert references("work-stream=no-such") == set()
    assert references("sector=private") == {first.reference, second.reference, other.reference}
    assert references("sector=police") == set()
    for words, found in (
        (second.reference, {second.reference}),
        ("thistlewood harbour", references("")),
        (first.person.user.email, {first.reference}),
    ):
        rows = search(client, LIST, words).context["cl"].result_list
        assert {row.reference for row in rows} == found


def test_the_first_page_counts_what_was_submitted_and_the_drafts():
    call = make_call()
    make_submitted(call=call)
    make_draft(call=call)
    page = office(Role.CASEWORKER).get("/admin/")
    waiting = {item.label: item.number for item in page.context["waiting"]}

    assert waiting["Expressions of interest submitted"] == 1
    assert waiting["Drafts not yet submitted"] == 1


def test_the_list_and_the_page_cost_the_same_however_many_there_are():
    client = office(Role.CASEWORKER)
    call = make_call()
    first = make_submitted(make_project(), make_project(), call=call)
    counted = []
    for _ in range(2):
        for _ in range(3):
            make_submitted(call=call)
        client.get(LIST)
        with CaptureQueriesContext(connection) as of_list:
            assert client.get(LIST).status_code == HTTPStatus.OK
        with CaptureQueriesContext(connection) as of_page:
            assert client.get(page_of(first)).status_code == HTTPStatus.OK
        counted.append((len(of_list), len(of_page)))

    assert counted[0] == counted[1]
    assert counted[0][0] <= 20


def test_only_states_that_the_office_sees_can_be_filtered_for():
    make_submitted()
    filters = office(Role.CASEWORKER).get(LIST).context["cl"].filter_specs
    (states,) = (spec for spec in filters if spec.title == "state")
    changelist = office(Role.CASEWORKER).get(LIST).context["cl"]

    assert [str(choice["display"]) for choice in states.choices(changelist)] == [
        "All",
        "Submitted",
        "Withdrawn",
    ]


def test_beside_a_version_stands_when_it_was_submitted_and_when_the_first_was(time_machine):
    time_machine.move_to("2026-05-04T12:00:00Z", tick=False)
    expression = make_submitted(make_project())
    later = clock.now() + timedelta(days=2, minutes=3)
    newest = expression.snapshots.get()
    Snapshot.objects.create(
        expression=expression, number=2, answers=newest.answers, shown=newest.shown, taken_at=later
    )
    client = office(Role.CASEWORKER)
    listed, page = (client.get(path).content.decode() for path in (LIST, page_of(expression)))

    for words in ("1pm, 4 May 2026", "1:03pm, 6 May 2026"):
        assert words in listed
    assert "Version 2 was submitted at 1:03pm on Wednesday 6 May 2026 (UK time)." in page
    assert "The first was submitted at 1pm on Monday 4 May 2026 (UK time)." in page
    assert "First submitted" in page


def test_the_office_is_offered_no_change_of_what_was_submitted():
    page = office(Role.CASEWORKER).get(page_of(make_submitted(make_project()))).content.decode()

    assert "?change=yes" not in page
    assert "closelink" not in page


def test_a_choice_withdrawn_alone_is_in_the_forms_record_and_found_by_its_reference():
    """The office reads with the form what the participant withdrew of it (law 6)."""
    kept, dropped = make_project(title="Guard training"), make_project(title="Blue book")
    expression = make_submitted(kept, dropped)
    other = make_submitted(kept, dropped, call=expression.call)
    for of_form in (expression, other):
        choice = of_form.choices.get(project=dropped)
        workflow.withdraw_choice(choice, by=of_form.person.user)
    auditor = office(Role.AUDITOR)
    words = "Choice of a project withdrawn"

    history = office(Role.CASEWORKER).get(f"{LIST}{expression.reference}/history/").content.decode()
    assert history.count(words) == 1
    assert str(dropped) in html.unescape(history)
    assert str(kept) not in html.unescape(history)

    for typed in (expression.reference, expression.reference.lower()):
        found = search(auditor, "/admin/stepchange/event/", typed).context["cl"].result_list
        kinds = [event.kind for event in found]
        assert kinds.count("participants.choice.withdrawn_alone") == 1
        assert "participants.expression.submitted" in kinds

    page = office(Role.CASEWORKER).get(page_of(expression)).content.decode()
    withdrawn = page.split("<h2>Withdrawn by the participant")[1].split("</section>")[0]
    assert str(dropped) in html.unescape(withdrawn)
    assert str(kept) not in html.unescape(withdrawn)


def test_where_nothing_was_withdrawn_no_table_says_so():
    page = office(Role.CASEWORKER).get(page_of(make_submitted(make_project()))).content.decode()

    assert "Withdrawn by the participant" not in page
