"""Conflicts that are suggested: what two have in common, once, and again only when the facts change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from participants import workflow
from participants.models import (
    ConflictSuggestion,
    ExpressionOfInterest,
    Person,
    ProjectChoice,
    Uncompared,
)
from participants.policies import interests_bar
from participants.workflow.declarations import InterestGiven
from participants.workflow.suggestions import (
    accept,
    compare_everybody,
    compare_queued,
    dismiss,
    has_to_do_with,
    take_back,
    would_conflict,
)
from projects.models import Project
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import (
    make_call,
    make_declaration,
    make_organisation,
    make_project,
    make_seat,
    make_submitted,
    make_suggestion,
    make_user,
)
from tests.office import make_holder
from workstreams.models import Call, Organisation, Term
from workstreams.workflow import appoint, end_term, merge_organisation

pytestmark = pytest.mark.django_db

Told = set[tuple[str, str, str, tuple[str, ...]]]


def make_volunteer(
    name: str, works_for: Organisation | None, *projects: Project, call: Call | None = None
) -> User:
    """Return somebody with a live form: by rows alone, so that nothing is compared yet."""
    user = make_user(name=name)
    person = Person.objects.create(user=user, full_name=name, organisation=works_for)
    form = ExpressionOfInterest.objects.create(
        person=person,
        call=call or make_call(state="draft"),
        state="submitted",
        submitted_at=clock.now(),
    )
    for rank, project in enumerate(projects, start=1):
        ProjectChoice.objects.create(
            expression=form, project=project, rank=rank, contribution="develop", hours=8
        )
    return user


def make_chair(name: str, works_for: Organisation, project: Project) -> User:
    """Return the holder of a seat of a project's work-stream."""
    user = make_user(name=name)
    Person.objects.create(user=user, full_name=name)
    seat = make_seat(work_stream=project.work_stream)
    Term.objects.create(seat=seat, holder=user, organisation=works_for)
    return user


def declare(user: User, *parties: Any, kind: str = "financial") -> None:
    make_declaration(user, *(InterestGiven(kind=kind, party=str(party)) for party in parties))


def told(state: str = "suggested") -> Told:
    return {
        (
            row.person.full_name,
            row.other.full_name if row.other else "",
            str(row.organisation),
            tuple(row.reasons),
        )
        for row in ConflictSuggestion.objects.filter(state=state)
    }


@pytest.fixture
def acme() -> Organisation:
    return make_organisation(name="Acme Rail")


@pytest.fixture
def beta() -> Organisation:
    return make_organisation(name="Beta Ferries")


@pytest.fixture
def project() -> Project:
    return make_project()


# What is suggested ----------------------------------------------------------------------------------
def test_a_co_chair_and_a_volunteer_of_one_organisation(acme, beta, project):
    make_chair("Chair", acme, project)
    make_volunteer("Ada", acme, project)
    make_volunteer("Blaise", beta, project)
    make_volunteer("Carl", acme, make_project())  # of another work-stream

    assert compare_everybody() == 1
    assert told() == {("Ada", "Chair", "Acme Rail", ("both work",))}


def test_each_way_in_which_a_co_chair_and_a_volunteer_meet(acme, beta, project):
    chair = make_chair("Chair", acme, project)
    declare(chair, beta)
    declares = make_volunteer("Declares", None, project)
    declare(declares, "Shares in Acme Rail plc, and more")
    make_volunteer("Declared", beta, project)
    both = make_volunteer("Both", None, project)
    declare(both, beta)
    compare_everybody()

    with_chair = {row for row in told() if row[1]}
    assert with_chair == {
        ("Declares", "Chair", "Acme Rail", ("declares employer",)),
        ("Declared", "Chair", "Beta Ferries", ("employer declared",)),
        ("Both", "Chair", "Beta Ferries", ("both declare",)),
    }


def test_what_somebody_declares_and_others_on_the_project_work_for_or_declare(acme, beta, project):
    ada = make_volunteer("Ada", beta, project)
    declare(ada, acme)
    make_volunteer("Blaise", acme, project)
    compare_everybody()
    assert told() == {("Ada", "", "Acme Rail", ("declares employer",))}

    carl = make_volunteer("Carl", None, project)
    declare(carl, acme)
    compare_everybody()
    both = ("declares employer", "both declare")
    assert told() == {("Ada", "", "Acme Rail", both), ("Carl", "", "Acme Rail", both)}


def test_colleagues_on_a_project_are_no_conflict_of_each_other(acme, project):
    for name in ("Ada", "Blaise"):
        declare(make_volunteer(name, acme, project), acme)  # their own employer, declared

    assert compare_everybody() == 0


def test_a_group_counts_for_firms_and_not_for_forces(project):
    group = make_organisation(name="Vale Group")
    hotels, venues = (
        make_organisation(name=name, group=group) for name in ("Vale Hotels", "Vale Venues")
    )
    force = make_organisation(name="Northmere Police", sector="police")
    units = [
        make_organisation(name="Northmere Police", unit=unit, sector="police", group=force)
        for unit in ("Airport", "Custody")
    ]
    make_chair("Business", hotels, project)
    user = make_user()
    seat = make_seat(work_stream=project.work_stream, side="police")
    Term.objects.create(seat=seat, holder=user, organisation=units[0])
    make_volunteer("Venue", venues, project)
    make_volunteer("Group", group, project)
    make_volunteer("Custody", units[1], project)
    compare_everybody()

    assert told() == {
        ("Venue", "Business", "Vale Group", ("both work",)),
        ("Group", "Business", "Vale Group", ("both work",)),
    }


def test_what_is_merged_counts_as_the_other(acme, project):
    other = make_organisation(name="Acme Railways")
    make_chair("Chair", acme, project)
    make_volunteer("Ada", other, project)
    assert compare_everybody() == 0

    manager = make_holder(Role.OFFICE_MANAGER)
    merge_organisation(other, into=acme, by=manager, reason="The same.")
    assert compare_everybody() == 1


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_only_what_is_submitted_and_not_withdrawn_counts(acme, project, state):
    make_chair("Chair", acme, project)
    user = make_volunteer("Ada", acme, project)
    ExpressionOfInterest.objects.filter(person__user=user).update(state=state)

    assert compare_everybody() == 0


def test_only_seats_held_today_and_the_newest_declaration_count(acme, beta, project):
    chair = make_chair("Chair", acme, project)
    ada = make_volunteer("Ada", beta, project)
    declare(ada, acme)
    make_declaration(ada)
    assert compare_everybody() == 0

    declare(ada, acme)
    Term.objects.filter(holder=chair).update(
        starts_on=clock.today() - timedelta(days=9), ends_on=clock.today() - timedelta(days=1)
    )
    assert compare_everybody() == 0


# Once, and again only when facts change -----------------------------------------------------------
@pytest.fixture
def suggested(acme, beta, project) -> ConflictSuggestion:
    make_chair("Chair", acme, project)
    declare(make_volunteer("Ada", beta, project), acme)
    compare_everybody()
    return ConflictSuggestion.objects.get()


@pytest.mark.parametrize("settle", [accept, dismiss])
def test_what_was_settled_is_not_suggested_again(suggested, settle):
    clerk = make_holder(Role.CASEWORKER)
    settle(suggested, by=clerk, reason="We spoke about it.")
    ada = suggested.person.user
    declare(ada, "Acme Rail plc")  # renewed: the same facts

    assert compare_everybody() == 0
    assert told() == set()
    [event] = Event.objects.filter(subject_key=suggested.record_key)
    assert (event.actor, event.reason) == (clerk, "We spoke about it.")
    assert event.facts["digest"] == suggested.facts_digest


def test_what_is_accepted_bars_until_it_is_taken_back():
    """Of a project that project, of a work-stream each of its projects; and nobody else, nowhere else."""
    clerk, project, beside = make_holder(Role.CASEWORKER), make_project(), make_project()
    stream = make_project()
    chair = workflow.person_of(make_user())
    of_project = make_suggestion(project=project)
    person = of_project.person
    of_stream = make_suggestion(person=person, other=chair, work_stream=stream.work_stream)
    make_declaration(person.user)
    make_declaration(chair.user)

    def barred(who: Person) -> list[bool]:
        return [bool(interests_bar(who, each)) for each in (project, stream, beside)]

    assert barred(person) == [False] * 3
    for suggestion in (of_project, of_stream):
        accept(suggestion, by=clerk, reason="They sell to the project.")
    assert beside.work_stream_id != stream.work_stream_id
    assert barred(person) == [True, True, False]
    assert barred(chair) == [False] * 3
    for suggestion in (of_project, of_stream):
        take_back(suggestion, by=clerk, reason="They sold it last year.")
        suggestion.refresh_from_db()
        assert suggestion.state == "suggested"
    assert barred(person) == [False] * 3


def test_a_mistaken_dismissal_is_taken_back_and_a_reason_is_a_sentence():
    clerk, suggestion = make_holder(Role.CASEWORKER), make_suggestion()
    for act in (accept, dismiss):
        with pytest.raises(Refused, match="a few words"):
            act(suggestion, by=clerk, reason="x")
    dismiss(suggestion, by=clerk, reason="Two firms of one name.")
    with pytest.raises(Refused, match="a few words"):
        take_back(suggestion, by=clerk, reason="oops")
    take_back(suggestion, by=clerk, reason="They are one firm after all.")
    accept(suggestion, by=clerk, reason="They are one firm after all.")
    with pytest.raises(Refused):
        take_back(suggestion, by=suggestion.person.user, reason="I am no conflict at all.")


def test_other_facts_are_suggested_anew_beside_what_was_dismissed(suggested):
    dismiss(suggested, by=make_holder(Role.CASEWORKER), reason="It was long ago.")
    declare(suggested.person.user, "Acme Rail", kind="directorship")

    assert compare_everybody() == 1
    assert told("dismissed") == told("suggested")


def test_what_is_no_longer_so_lapses_and_comes_back_with_its_facts(suggested):
    make_declaration(suggested.person.user)
    compare_everybody()
    assert told("lapsed")
    assert not told()

    declare(suggested.person.user, "Acme Rail")
    assert compare_everybody() == 0
    assert told()
    assert not told("lapsed")
    assert ConflictSuggestion.objects.count() == 1


def test_the_sweep_may_be_repeated(suggested):
    before = list(ConflictSuggestion.objects.values())

    assert [compare_everybody(), compare_everybody()] == [0, 0]
    assert list(ConflictSuggestion.objects.values()) == before


# Right after something changed ----------------------------------------------------------------------
def test_a_form_that_is_submitted_is_compared(project):
    volunteer = make_submitted(project)
    works_for = volunteer.person.organisation
    assert works_for
    manager = make_holder(Role.OFFICE_MANAGER)
    compare_queued()
    assert not ConflictSuggestion.objects.exists()

    Organisation.objects.filter(pk=works_for.pk).update(state="published")
    works_for.refresh_from_db()
    seat = make_seat(work_stream=project.work_stream)
    holder = make_user(name="Chair")
    term = appoint(
        seat,
        holder=holder,
        organisation=works_for,
        starts_on=clock.today() - timedelta(days=3),
        ends_on=None,
        by=manager,
    )
    assert compare_queued() == 1
    assert not Uncompared.objects.exists()
    assert ConflictSuggestion.objects.get().other == workflow.person_of(holder)

    end_term(term, ends_on=clock.today() - timedelta(days=1), by=manager, reason="Over.")
    compare_queued()
    assert told("lapsed")
    assert not told()


def test_a_declaration_that_is_signed_is_compared_by_itself(acme, project):
    make_chair("Chair", acme, project)
    ada = make_volunteer("Ada", None, project)
    workflow.declarations.sign(
        workflow.person_of(ada),
        by=ada,
        source="own",
        interests=[InterestGiven(kind="financial", party="Acme Rail")],
    )

    assert compare_queued() == 1
    workflow.withdraw(ada.person.expressions.get(), by=ada)
    compare_queued()
    assert told("lapsed")
    assert not told()


WORLD = st.lists(
    st.tuples(
        st.sampled_from([None, 0, 1, 2, 3]),  # works for
        st.lists(st.sampled_from([0, 1, 2, 3]), max_size=2, unique=True),  # declares
        st.lists(st.sampled_from([0, 1]), min_size=1, max_size=2, unique=True),  # projects
        st.booleans(),  # holds a seat of the first project's work-stream
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=5, deadline=None)
@given(world=WORLD)
def test_comparing_one_by_one_finds_what_comparing_everybody_finds(world):
    with transaction.atomic():
        projects = [make_project(), make_project()]
        group = make_organisation(name="Vale Group")
        names = ("Acme Rail", "Beta Ferries", "Vale Hotels", "Vale Venues")
        firms = [
            make_organisation(name=name, group=group if "Vale" in name else None) for name in names
        ]
        call = make_call(state="draft")
        for number, (works, declares, chosen, holds_seat) in enumerate(world):
            firm = None if works is None else firms[works]
            mine = [projects[each] for each in chosen]
            user = make_volunteer(f"V{number}", firm, *mine, call=call)
            stream = projects[0].work_stream
            if holds_seat and not stream.seats.exists():
                seat = make_seat(work_stream=stream)
                Term.objects.create(seat=seat, holder=user, organisation=firm or firms[0])
            declare(user, *(firms[each] for each in declares))
            workflow.suggestions.compare([workflow.person_of(user)])
        for user in User.objects.filter(person__isnull=False).order_by("pk"):
            workflow.suggestions.compare([workflow.person_of(user)])
        one_by_one = told()
        compare_everybody()
        assert told() == one_by_one
        ConflictSuggestion.objects.all().delete()
        compare_everybody()
        assert told() == one_by_one
        transaction.set_rollback(True)


def test_comparing_one_costs_the_same_whoever_else_there_is(acme, beta, project):
    make_chair("Chair", acme, project)
    ada = make_volunteer("Ada", None, project)
    declare(ada, acme)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            workflow.suggestions.compare([workflow.person_of(ada)])
        return len(asked)

    queries()
    few = queries()
    call = make_call(state="draft")
    for number in range(30):
        make_volunteer(f"V{number}", beta if number % 2 else acme, project, call=call)
    queries()
    assert queries() == few
    assert few <= 25


# Who may settle it ----------------------------------------------------------------------------------
@pytest.mark.parametrize("settle", [accept, dismiss])
def test_nobody_settles_what_is_about_themself_or_their_own(settle, acme):
    clerk = make_holder(Role.CASEWORKER)
    mine = workflow.person_of(clerk)
    Person.objects.filter(pk=mine.pk).update(organisation=acme)
    colleague = make_user()
    Person.objects.create(user=colleague, organisation=acme)
    for fields in (
        {"person": mine},
        {"organisation": acme},
        {"person": workflow.person_of(colleague)},
        {"other": mine, "work_stream": make_project().work_stream},
    ):
        with pytest.raises(Refused, match="about your"):
            settle(make_suggestion(**fields), by=clerk, reason="They sell to it.")
    for by in (make_holder(Role.AUDITOR), make_holder(Role.OFFICE_MANAGER, is_active=False)):
        with pytest.raises(Refused):
            settle(make_suggestion(), by=by, reason="They sell to it.")
    with pytest.raises(Refused):
        settle(make_suggestion(), by=clerk, reason="  ")
    settle(make_suggestion(), by=clerk, reason="They sell to it.")


# Asked, and nothing changed -------------------------------------------------------------------------
def test_a_question_finds_what_would_be_suggested_and_changes_nothing(acme, beta, project):
    chair = make_chair("Chair", acme, project)
    declare(chair, beta)
    ada = make_volunteer("Ada", beta, project)
    declare(ada, acme)
    before = Event.objects.count(), ConflictSuggestion.objects.count()
    people = workflow.person_of(ada), workflow.person_of(chair)

    assert would_conflict(*people) == {
        acme.pk: ("declares employer",),
        beta.pk: ("employer declared",),
    }
    assert has_to_do_with(people[0], acme.pk) == (False, True)
    assert has_to_do_with(people[0], beta.pk) == (True, False)
    assert (Event.objects.count(), ConflictSuggestion.objects.count()) == before
