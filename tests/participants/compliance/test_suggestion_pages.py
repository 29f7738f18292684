"""Suggested conflicts in the console: who sees which, what a page shows, and who has looked."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants import workflow
from participants.models import ConflictSuggestion, InterestCase, Person
from participants.workflow import suggestions
from participants.workflow.declarations import InterestGiven
from participants.workflow.suggestions import compare_everybody
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import (
    make_declaration,
    make_organisation,
    make_project,
    make_seat,
    make_submitted,
    make_suggestion,
    make_user,
)
from tests.office import make_holder, office, search, signed_in
from workstreams.models import Organisation, Term

pytestmark = pytest.mark.django_db

LIST = "/admin/participants/conflictsuggestion/"
ASK = f"{LIST}would-conflict/"
LOOKED = "participants.person.looked"


@pytest.fixture
def acme() -> Organisation:
    return make_organisation(name="Acme Rail")


@pytest.fixture
def suggested(acme) -> ConflictSuggestion:
    """A volunteer who declares an interest in the firm of their work-stream's co-chair."""
    project = make_project(title="Guard training")
    form = make_submitted(project)
    assert form.person.user
    make_declaration(
        form.person.user,
        InterestGiven(kind="shareholdings", party="Acme Rail plc, 5%", gain="A FORTUNE"),
        InterestGiven(kind="financial", party="SOMETHING ELSE", gain="NOTHING"),
    )
    chair = make_user(name="Gethin Oyediran")
    Person.objects.create(user=chair, full_name="Gethin Oyediran", organisation=acme)
    Term.objects.create(
        seat=make_seat(work_stream=project.work_stream), holder=chair, organisation=acme
    )
    compare_everybody()
    return ConflictSuggestion.objects.get()


def page_of(suggestion: ConflictSuggestion) -> str:
    return f"{LIST}{suggestion.public_id}/change/"


def test_a_page_shows_both_sides_and_no_more_than_what_is_in_common(suggested):
    page = office(Role.CASEWORKER).get(page_of(suggested)).content.decode()

    for words in (
        "Amina Thistlewood",
        "Gethin Oyediran",
        "Acme Rail plc, 5%",
        "Shareholdings",
        "One declares an interest in what the other works for",
    ):
        assert words in page, words
    for words in ("A FORTUNE", "SOMETHING ELSE", "NOTHING"):
        assert words not in page


@pytest.mark.parametrize("page", ["change", "history", "accept", "dismiss"])
def test_each_page_is_a_look_at_both_people(suggested, page):
    clerk = make_holder(Role.CASEWORKER)
    signed_in(clerk).get(f"{LIST}{suggested.public_id}/{page}/")
    looks = Event.objects.filter(kind=LOOKED, actor=clerk)

    assert {look.subject_key for look in looks} == {
        suggested.person.record_key,
        suggested.other.record_key,
    }


def test_it_is_dismissed_in_the_console_with_a_reason_that_the_page_keeps(suggested):
    client = office(Role.CASEWORKER)
    path = f"{LIST}{suggested.public_id}/dismiss/"
    revision = client.get(path).context["form"].initial["revision"]
    assert client.post(path, {"reason": "", "revision": revision}).status_code == 200
    client.post(path, {"reason": "Sold last year.", "revision": revision})

    suggested.refresh_from_db()
    assert suggested.state == "dismissed"
    assert "Sold last year." in client.get(page_of(suggested)).content.decode()
    assert client.get(path).status_code == 409


def of_ones_own(acme: Organisation) -> tuple[User, list[ConflictSuggestion]]:
    """Return a clerk with suggestions about themself, their colleague and their organisation's group."""
    group = make_organisation(name="Acme Group")
    sister = make_organisation(name="Acme Buses", group=group)
    Organisation.objects.filter(pk=acme.pk).update(group=group)
    clerk = make_holder(Role.CASEWORKER)
    mine = workflow.person_of(clerk)
    mine.organisation = acme
    mine.save()
    colleague = Person.objects.create(user=make_user(), organisation=sister)
    stream = make_project().work_stream
    holder = make_user()
    chair = Person.objects.create(user=holder)
    Term.objects.create(seat=make_seat(work_stream=stream), holder=holder, organisation=sister)
    return clerk, [
        make_suggestion(person=mine),
        make_suggestion(other=mine, work_stream=stream),
        make_suggestion(person=colleague),
        make_suggestion(other=colleague, work_stream=stream),
        make_suggestion(other=chair, work_stream=stream),
        make_suggestion(organisation=group),
    ]


def test_nobody_sees_what_is_about_themself_or_their_own_organisation(acme):
    clerk, withheld = of_ones_own(acme)
    shown = make_suggestion()
    client = signed_in(clerk)
    answer = client.get(LIST)

    assert list(answer.context["cl"].result_list) == [shown]
    assert "6 are withheld" in answer.content.decode()
    for suggestion in withheld:
        for page in ("change", "history", "accept", "dismiss"):
            path = f"{LIST}{suggestion.public_id}/{page}/"
            assert client.get(path).status_code == 404
        words = str(suggestion.person)
        assert search(client, LIST, words).context["cl"].result_count == 0
    assert "Suggested conflicts" in client.get("/admin/").content.decode()
    assert office().get(LIST).context["cl"].result_count == 7


def test_whom_one_worked_for_until_lately_is_ones_own_still(acme):
    clerk, withheld = of_ones_own(acme)
    person = workflow.person_of(clerk)
    person.organisation = make_organisation(name="Elsewhere")
    person.save()

    assert signed_in(clerk).get(LIST).context["cl"].result_count == 0
    for suggestion in withheld:
        with pytest.raises(Refused):
            suggestions.dismiss(suggestion, by=clerk, reason="They have nothing in common.")


def test_what_waits_comes_first_and_can_be_filtered(acme):
    done = make_suggestion()
    ConflictSuggestion.objects.filter(pk=done.pk).update(state="dismissed")
    waits = make_suggestion()
    client = office()

    listed = client.get(LIST).context["cl"].result_list
    assert [row.pk for row in listed] == [waits.pk, done.pk]
    only = client.get(f"{LIST}?state__exact=dismissed").context["cl"].result_list
    assert [row.pk for row in only] == [done.pk]
    stream = waits.project.work_stream.slug
    of_stream = client.get(f"{LIST}?work-stream={stream}").context["cl"].result_list
    assert [row.pk for row in of_stream] == [waits.pk]


def test_the_list_costs_the_same_at_3_and_at_300(acme):
    client = office(Role.CASEWORKER)
    person, project = workflow.person_of(make_user()), make_project()

    def fill(count: int, first: int) -> None:
        ConflictSuggestion.objects.bulk_create(
            ConflictSuggestion(
                person=person,
                organisation=acme,
                project=project,
                reasons=["both declare"],
                facts_digest=f"{first + number:016x}",
            )
            for number in range(count)
        )

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(LIST).status_code == 200
        return len(asked)

    fill(3, 0)
    queries()
    few = queries()
    fill(300, 1000)
    assert queries() == few
    assert few <= 20


# Would these two conflict? ----------------------------------------------------------------------------
def ask(client, **typed: str):
    return client.post(ASK, typed)


def test_the_question_is_answered_and_nothing_changes(suggested):
    clerk = make_holder(Role.CASEWORKER)
    client = signed_in(clerk)
    form = suggested.person.expressions.get()
    before = list(ConflictSuggestion.objects.values())
    answer = ask(client, first=form.reference.lower(), second=suggested.other.user.email)
    about_firm = ask(client, first=suggested.person.user.email, organisation="acme rail ltd")
    nothing = ask(client, first=form.reference, organisation=make_organisation().name)

    assert "Acme Rail: One declares an interest in what the other works for." in (
        answer.content.decode()
    )
    assert "They declare an interest in it, or in its group." in about_firm.content.decode()
    assert "They have no organisation in common" in nothing.content.decode()
    assert list(ConflictSuggestion.objects.values()) == before
    looks = Event.objects.filter(actor=clerk)
    assert set(looks.values_list("kind", flat=True)) == {LOOKED}
    assert looks.count() == 4


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Enter a log-in address or a reference"),
        ({"first": "nobody@users.example"}, "Nobody who takes part has this"),
        ({"first": "SC-00000000"}, "Nobody who takes part has this"),
        ({"first": "KNOWN"}, "Enter a second person, or an organisation"),
        ({"first": "KNOWN", "second": "KNOWN"}, "This is the same person"),
        ({"first": "KNOWN", "organisation": "No such firm"}, "The register has nothing of this"),
        ({"first": "KNOWN", "second": "x" * 300}, "Use 254 characters or fewer"),
        ({"first": "\0"}, "Remove the characters"),
    ],
)
def test_a_question_that_can_not_be_asked_says_why(suggested, typed, words):
    known = suggested.person.user.email
    answer = ask(office(), **{k: v.replace("KNOWN", known) for k, v in typed.items()})

    assert words in answer.content.decode()
    assert answer.context["answer"] is None


def test_nobody_asks_about_themself_or_their_own(suggested, acme):
    clerk = make_holder(Role.CASEWORKER)
    Person.objects.filter(user=clerk).update(organisation=acme)
    other = suggested.person.user.email
    for typed in (
        {"first": clerk.email, "second": other},
        {"first": other, "second": suggested.other.user.email},
        {"first": other, "organisation": "Acme Rail"},
    ):
        answer = ask(signed_in(clerk), **typed)
        assert "somebody else has to ask it" in answer.content.decode(), typed
        assert answer.context["answer"] is None


def test_the_question_is_there_for_casework_alone(client):
    assert client.get(ASK).status_code == 302
    for role, status in ((Role.CASEWORKER, 200), (Role.AUDITOR, 404), (Role.BOARD, 404)):
        assert office(role).get(ASK).status_code == status
    unready = make_holder(Role.CASEWORKER, is_ready=False)
    assert signed_in(unready).get(ASK).status_code == 403
    assert office().put(ASK).status_code == 405


def test_what_is_accepted_says_on_each_page_what_it_keeps_them_out_of_and_what_to_do(suggested):
    workflow.suggestions.accept(
        suggested, by=make_holder(Role.CASEWORKER), reason="The firm sells to the project."
    )
    client, user = office(Role.OFFICE_MANAGER), suggested.person.user
    case = InterestCase.objects.filter(person=suggested.person).first()
    for page in (
        page_of(suggested),
        f"/admin/participants/declarant/{user.public_id}/change/",
        f"/admin/participants/interestcase/{case.public_id}/change/",
    ):
        words = client.get(page).content.decode()
        assert "Assess the interest, or see that they are recused." in words, page
