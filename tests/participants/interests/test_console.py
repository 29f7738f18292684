"""Declared interests in the console: what waits, the case on one page, each step, and what is withheld."""

from http import HTTPStatus

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from participants import workflow
from participants.models import Declaration, Interest, InterestCase, Person
from participants.workflow import interest_cases
from participants.workflow.declarations import InterestGiven
from participants.workflow.looking import LOOKED
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import make_interest, make_organisation, make_project, make_submitted, make_user
from tests.office import make_holder, search, seen, signed_in
from tests.participants.interests.declaring import (
    DONE,
    GUARDS,
    TODO,
    WHY,
    assessed,
    case_of,
    declare,
    excluded,
    in_days,
    managed,
)
from tests.reading import read

pytestmark = pytest.mark.django_db

LIST, SIGNED = "/admin/participants/interestcase/", "/admin/participants/declaration/"


@pytest.fixture
def console(clerk) -> Client:
    return signed_in(clerk)


def page_of(case: InterestCase, step: str = "change") -> str:
    return f"{LIST}{case.public_id}/{step}/"


def do(client: Client, case: InterestCase, step: str, **typed: object):
    return client.post(page_of(case, step), {**seen(case), **typed}, follow=True)


def names(answer) -> list[str]:
    text = answer.content.decode()
    found = [each for each in Person.objects.exclude(full_name="") if each.full_name in text]
    return sorted((each.full_name for each in found), key=text.index)


def somebody(name: str, **said: str) -> InterestCase:
    user = make_user()
    person = workflow.person_of(user)
    person.full_name = name
    person.save(update_fields=["full_name"])
    return make_interest(user, **said)


# The lists ------------------------------------------------------------------------------------------------
def test_what_is_overdue_comes_first_then_what_is_undecided_oldest_first(console, clerk):
    with time_machine.travel(clock.start_of(in_days(-40)), tick=False):
        settled = somebody("Settled")
        gone = somebody("Gone")
        overdue = managed(somebody("Overdue"), clerk, days=10)
    with time_machine.travel(clock.start_of(in_days(-20)), tick=False):
        somebody("Older")
    somebody("Newer")
    assessed(settled, clerk)
    interest_cases.take_no_action(settled, reason=WHY, by=clerk)
    declare(gone.person)

    answer = console.get(LIST)

    assert names(answer) == ["Overdue", "Older", "Newer", "Settled", "Gone"]
    assert names(console.get(f"{LIST}?waits=undecided")) == ["Older", "Newer"]
    assert names(console.get(f"{LIST}?waits=overdue")) == ["Overdue"]
    assert names(console.get(f"{LIST}?waits=past")) == ["Gone"]
    assert names(console.get(f"{LIST}?nature__exact=potential")) == ["Overdue", "Settled"]
    assert names(console.get(f"{LIST}?state__exact=managed")) == ["Overdue"]
    assert names(search(console, LIST, "Older")) == ["Older"]
    assert "Sablebrook" not in answer.content.decode()
    front = read(console.get("/admin/"))
    assert front.says("Declared interests to decide about")
    assert front.says("Interests whose check is overdue")
    assert overdue.outcome == "overdue"


def test_filtered_by_project_work_stream_and_sector(console):
    one, two = make_project(), make_project()
    first = somebody("Alder", project=one.code)
    somebody("Birch", project=two.code)
    somebody("General")
    first.person.organisation = make_organisation(sector="police", unit="Port")
    first.person.save(update_fields=["organisation"])

    assert names(console.get(f"{LIST}?project={two.code}")) == ["Birch"]
    assert names(console.get(f"{LIST}?work-stream={one.work_stream.slug}")) == ["Alder"]
    assert names(console.get(f"{LIST}?sector=police")) == ["Alder"]


@pytest.mark.parametrize("address", [LIST, SIGNED])
def test_a_list_costs_the_same_with_three_and_with_300(console, address):
    make_many(3)
    console.get(address)
    with CaptureQueriesContext(connection) as few:
        answer = console.get(address)
    assert len(names(answer)) == 3
    make_many(297)
    with CaptureQueriesContext(connection) as many:
        assert console.get(address).status_code == HTTPStatus.OK

    # SQLite takes the looks of a page of 100 in two batches, for its bound on values in a statement.
    assert len(few) <= len(many) <= len(few) + 1 <= 20


def make_many(count: int) -> None:
    """Make so many people with an interest each, at once."""
    first = Person.objects.count()
    project = make_project()
    organisation = make_organisation()
    people = Person.objects.bulk_create(
        Person(user=user, full_name=f"Volunteer number {number:04}.", organisation=organisation)
        for number, user in enumerate(
            User.objects.bulk_create(
                User(email=f"many{first + number}@users.example") for number in range(count)
            ),
            start=first,
        )
    )
    signed = Declaration.objects.bulk_create(
        Declaration(person=person, number=1, is_nil=False, source="own") for person in people
    )
    said = Interest.objects.bulk_create(
        Interest(declaration=each, position=1, kind="other", project=project, party="A bank")
        for each in signed
    )
    InterestCase.objects.bulk_create(
        InterestCase(
            person=each.declaration.person,
            key=InterestCase.key_of(each),
            interest=each,
            first_interest=each,
        )
        for each in said
    )


# One case -------------------------------------------------------------------------------------------------
def test_all_that_a_decision_needs_is_on_one_page_and_the_look_is_recorded(
    console, clerk, iris, person
):
    project = make_project()
    make_submitted(project, user=iris)
    other = InterestGiven(kind="other", party="A kennel of my own", project=project.code)
    case = excluded(case_of(person, other, GUARDS), clerk, project)

    page = read(console.get(page_of(case)))

    for words in (
        GUARDS.party,
        GUARDS.gain,
        "A kennel of my own",
        "In general",
        str(project),
        "Excluded from projects for an interest",
        "An interest that they declared excludes them from this project.",
        WHY,
        clerk.name,
    ):
        assert page.says(words), words
    (look,) = Event.objects.of_kind(LOOKED)
    assert (look.actor, look.subject_key) == (clerk, person.record_key)
    assert look.facts["what"] == "declared interest"
    signed = read(console.get(f"{SIGNED}{case.interest.declaration.public_id}/change/"))
    assert signed.says(GUARDS.party)
    assert signed.says("Excluded")
    look = Event.objects.of_kind(LOOKED).latest("id")
    assert look.facts["what"] == "declaration of interests"


def test_the_office_assesses_manages_moves_and_records_that_it_is_done(console, clerk, person):
    case, owner = case_of(person), make_holder(Role.OFFICE_MANAGER, name="Beatrix Okonjo")

    assert do(console, case, "assess", nature="actual", reason=WHY).status_code == HTTPStatus.OK
    typed = {"mitigation": TODO, "owner": owner.public_id, "check_on": in_days(20)}
    answer = do(console, case, "manage", **typed)
    assert read(answer).says("Beatrix Okonjo")
    other = make_holder(Role.CASEWORKER)
    moved = {"owner": other.public_id, "check_on": in_days(30), "reason": "She is away."}
    do(console, case, "move_check", **moved)
    answer = do(console, case, "prove", proof=DONE)

    assert read(answer).says("Managed, and shown to be done")
    case.refresh_from_db()
    assert (case.outcome, case.owner, case.check_on) == ("proved", other, in_days(30))
    do(console, case, "reassess", nature="none", reason="They left.")
    do(console, case, "take_no_action", reason=WHY)
    case.refresh_from_db()
    assert case.outcome == "no action"


def test_excluded_by_the_form_from_projects_or_a_work_stream(console, clerk, person):
    project, other = make_project(), make_project()
    case = assessed(
        case_of(person, InterestGiven(**vars(GUARDS) | {"project": project.code})), clerk
    )
    assert "checked" in console.get(page_of(case, "exclude")).content.decode()

    stream = other.work_stream
    do(console, case, "exclude", projects=[project.code], work_stream=stream.slug, reason=WHY)

    case.refresh_from_db()
    assert case.excludes(project)
    assert case.excludes(other)
    page = read(console.get(page_of(case)))
    assert page.says(f"{project}, All projects of {stream}")


@pytest.mark.parametrize(
    ("step", "typed", "words"),
    [
        ("assess", {"reason": "Kept."}, "Choose of which nature it is."),
        ("assess", {"nature": "x\x00", "reason": "Kept."}, "Choose of which nature it is."),
        ("assess", {"nature": "none"}, "Fill in “reason”."),
        ("manage", {"mitigation": "Kept."}, "Choose who answers for it."),
        ("manage", {"mitigation": "Kept.", "owner": "x"}, "Choose somebody from the list."),
        ("manage", {"mitigation": "Kept.", "check_on": "soon"}, "Enter a day, such as"),
        ("manage", {"mitigation": "Kept.", "check_on": "2020-01-01"}, "Choose today or a day"),
        ("manage", {"mitigation": "Kept.", "check_on": "9999-12-31"}, "within a year"),
        ("exclude", {"reason": "Kept."}, "Choose at least one project"),
        ("exclude", {"reason": "Kept.", "projects": ["NO1"]}, "Choose projects from the list."),
        ("exclude", {"reason": "Kept.", "work_stream": "no"}, "Choose a work-stream from"),
    ],
)
def test_a_mistake_is_named_and_what_was_typed_stays(console, clerk, person, step, typed, words):
    case = case_of(person)
    if step != "assess":
        assessed(case, clerk)

    text = do(console, case, step, **typed).content.decode()

    assert escape(words) in text or words in text
    assert "Kept." in text or "reason" not in typed
    assert InterestCase.objects.get(pk=case.pk).state == case.state


def test_an_owner_who_may_not_judge_is_refused_beside_the_field(console, clerk, person):
    case = assessed(case_of(person), clerk)
    owner = make_holder(Role.CASEWORKER)
    person.organisation = make_organisation()
    person.save(update_fields=["organisation"])
    Person.objects.filter(user=owner).update(organisation=person.organisation)
    typed = {"mitigation": TODO, "owner": owner.public_id, "check_on": in_days(20)}

    assert read(do(console, case, "manage", **typed)).says("may not judge about them either")


# What is withheld -----------------------------------------------------------------------------------------
def test_nobody_finds_their_own(clerk, console):
    case = make_interest(clerk)

    own = case.interest.declaration
    assert names(console.get(LIST)) == []
    for page in (page_of(case), page_of(case, "history"), page_of(case, "assess")):
        assert console.get(page).status_code == HTTPStatus.NOT_FOUND
    assert console.get(f"{SIGNED}{own.public_id}/change/").status_code == HTTPStatus.NOT_FOUND
    assert "to decide about" not in console.get("/admin/").content.decode()


def test_who_is_of_the_same_organisation_finds_none_and_is_told_how_many(console, clerk, person):
    case = assessed(case_of(person), make_holder(Role.CASEWORKER))
    person.organisation = make_organisation()
    person.save(update_fields=["organisation"])
    Person.objects.filter(user=clerk).update(organisation=person.organisation)

    for path in (LIST, SIGNED):  # their own nil is withheld too, of what was signed
        text = console.get(path).content.decode()
        assert ("1" if path == LIST else "2") + " withheld from you" in text
        assert person.full_name not in text
    assert "to decide about" not in console.get("/admin/").content.decode()
    pages = [page_of(case), f"{SIGNED}{case.interest.declaration.public_id}/change/"]
    steps = ("take_no_action", "manage", "exclude", "reassess", "history")
    for path in (*pages, *(page_of(case, step) for step in steps)):
        assert console.get(path).status_code == HTTPStatus.NOT_FOUND, path
    assert do(console, case, "take_no_action", reason=WHY).status_code == HTTPStatus.NOT_FOUND
    assert not Event.objects.of_kind(LOOKED).exists()


def test_whose_organisation_the_words_of_an_interest_name_is_not_found_either(
    console, clerk, person
):
    case = case_of(person)
    named = make_organisation(name=GUARDS.party)
    Person.objects.filter(user=clerk).update(organisation=named)

    assert console.get(page_of(case)).status_code == HTTPStatus.NOT_FOUND


# Declarations ---------------------------------------------------------------------------------------------
def test_declarations_say_who_when_what_and_whether_they_count(console, person):
    with time_machine.travel(clock.start_of(in_days(-800)), tick=False):
        declare(person)
    with time_machine.travel(clock.start_of(in_days(-400)), tick=False):
        declare(person, GUARDS)
    somebody("Newer")

    page = read(console.get(SIGNED))
    for words in ("Nothing to declare", "1 interest", "Due again since", "In date until"):
        assert page.says(words), words
    assert page.says("Replaced by declaration 2")
    assert names(console.get(f"{SIGNED}?counts=in-date")) == ["Newer"]
    assert names(console.get(f"{SIGNED}?counts=due")) == ["Iris Calloway"]
    assert read(console.get(f"{SIGNED}?counts=replaced")).says("Nothing to declare")
    nil = Declaration.objects.get(number=1, person=person)
    assert read(console.get(f"{SIGNED}{nil.public_id}/change/")).says("Nothing to declare.")
