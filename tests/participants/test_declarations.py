"""Declarations of interests: nil is not blank, what is signed stays, and nothing typed is lost."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.asserts import assertRedirects

from participants import policies, workflow
from participants.models import Declaration, DraftDeclaration, Interest, InterestKind
from participants.querysets import anniversary, oldest_within_a_year
from participants.workflow.declarations import MOST_INTERESTS, InterestGiven
from stepchange import clock
from stepchange.models import Event, User
from stepchange.querysets import AppendOnly
from stepchange.transitions import Refused
from tests.builders import make_project, make_user
from tests.reading import read

pytestmark = pytest.mark.django_db

LIST, DECLARE = "/declarations/", "/declarations/declare/"
ADDED, ADD, CHECK = f"{DECLARE}interests/", f"{DECLARE}interests/add/", f"{DECLARE}check/"
OWN = Declaration.Source.OWN
TYPED = {
    "kind": "directorship",
    "party": "Larkfold Rail",
    "gain": "More passengers",
    "since": "March 2019",
    "project": "",
}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def user() -> User:
    return make_user("iris@users.example")


@pytest.fixture
def client(user) -> Client:
    return browser(user)


def seen(client: Client) -> str:
    fields = read(client.get(CHECK)).fields
    return next(str(field["value"]) for field in fields if field.get("name") == "seen")


def sign(client: Client, **data: str):
    return client.post(CHECK, {"seen": seen(client), "signed": "on"} | data)


# The workflow ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("interests", "is_nil"), [((), False), ((InterestGiven(**TYPED),), True)])
def test_neither_and_both_are_refused(user, interests, is_nil):
    with pytest.raises(Refused, match="nothing to declare, or add"):
        workflow.declarations.sign(
            workflow.person_of(user), by=user, source=OWN, interests=interests, is_nil=is_nil
        )


def test_nobody_declares_for_somebody_else(user):
    with pytest.raises(Refused):
        workflow.declarations.sign(
            workflow.person_of(user), by=make_user(), source=OWN, is_nil=True
        )


def test_what_is_signed_is_numbered_kept_and_recorded_without_its_words(user):
    person, project = workflow.person_of(user), make_project()
    workflow.declarations.sign(person, by=user, source=OWN, is_nil=True)
    held = InterestGiven(**TYPED | {"project": project.code})
    signed = workflow.declarations.sign(person, by=user, source=OWN, interests=[held])

    assert signed.number == 2
    (interest,) = signed.interests.all()
    assert (interest.kind, interest.party, interest.project) == (
        "directorship",
        "Larkfold Rail",
        project,
    )
    event = Event.objects.of_kind("participants.declaration.signed").latest("id")
    assert event.facts["digest"] == signed.digest
    assert "Larkfold" not in f"{event.facts}{event.personal}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT party, gain, since FROM participants_interest")
        assert "Larkfold" not in str(cursor.fetchall())


def test_the_digest_names_what_it_holds(user):
    person = workflow.person_of(user)

    def digest(**changes: str) -> str:
        held = [InterestGiven(**TYPED | changes)]
        return workflow.declarations.sign(person, by=user, source=OWN, interests=held).digest

    assert digest() == digest()
    assert len({digest(), digest(gain="Nothing"), digest(kind="other")}) == 3


def test_a_declaration_is_never_changed(user):
    signed = workflow.declarations.sign(workflow.person_of(user), by=user, source=OWN, is_nil=True)

    with pytest.raises(AppendOnly):
        signed.save()
    with pytest.raises(AppendOnly):
        Declaration.objects.update(is_nil=False)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(-3, 3))
def test_in_date_means_before_its_anniversary(signed_on, days):
    """The query's first day and the day shown to people are one rule, leap days included."""
    today = anniversary(signed_on) + timedelta(days=days)

    assert (signed_on >= oldest_within_a_year(today)) == (today < anniversary(signed_on))


@pytest.mark.parametrize(
    ("later", "is_in_date"),
    [("2027-11-22T23:59:59Z", True), ("2027-11-23T00:00:00Z", False)],
)
def test_it_holds_for_a_year_by_the_uk_calendar(user, later, is_in_date):
    with time_machine.travel("2026-11-23T12:00:00Z", tick=False):
        signed = workflow.declarations.sign(
            workflow.person_of(user), by=user, source=OWN, is_nil=True
        )
    assert signed.due_again_on == date(2027, 11, 23)
    with time_machine.travel(later, tick=False):
        assert policies.standing_of(user).has_declared is is_in_date


def test_in_summer_the_uk_day_counts_not_utcs(user):
    with time_machine.travel(datetime(2026, 6, 30, 23, 30, tzinfo=UTC), tick=False):
        signed = workflow.declarations.sign(
            workflow.person_of(user), by=user, source=OWN, is_nil=True
        )
    assert signed.due_again_on == date(2027, 7, 1)


# The journey ----------------------------------------------------------------------------------------
def test_a_nil_is_chosen_checked_and_signed(client, user):
    assert read(client.get(LIST)).says("You have not declared anything yet")
    assert not any("checked" in field for field in read(client.get(DECLARE)).fields)
    unanswered = read(client.post(DECLARE, {}))
    assert unanswered.says("Choose whether you have any interests to declare")
    assertRedirects(client.post(DECLARE, {"anything": "no"}), CHECK)
    unsigned = client.post(CHECK, {"seen": seen(client)})
    assert read(unsigned).says("Tick to sign your declaration")
    assert not Declaration.objects.exists()
    assertRedirects(sign(client), LIST)

    (declaration,) = Declaration.objects.all()
    assert (declaration.is_nil, declaration.source) == (True, OWN)
    assert not DraftDeclaration.objects.exists()
    assert read(client.get(LIST)).says("Nothing to declare")


def test_interests_are_added_changed_removed_and_signed(client):
    project = make_project()
    assertRedirects(client.post(DECLARE, {"anything": "yes"}), ADD)
    client.post(ADD, TYPED | {"project": project.code})
    client.post(ADD, TYPED | {"party": "Another"})
    client.post(ADD, TYPED | {"party": "A third"})
    first, second, _third = DraftDeclaration.objects.get().interests
    client.post(f"{ADDED}{first['key']}/", TYPED | {"party": "Renamed", "project": project.code})
    assert read(client.get(f"{ADDED}{second['key']}/remove/")).says("Another")
    client.post(f"{ADDED}{second['key']}/remove/")
    page = read(client.get(CHECK))
    assert page.says("Renamed")
    assert page.says(project.title)
    assert not page.says("Another")
    sign(client)

    assert [(each.party, each.project) for each in Interest.objects.select_related("project")] == [
        ("Renamed", project),
        ("A third", None),
    ]
    assert read(client.get(f"{LIST}1/")).says("Renamed")


def test_what_was_declared_last_is_there_to_look_through_and_the_question_is_asked_anew(client):
    client.post(DECLARE, {"anything": "yes"})
    client.post(ADD, TYPED)
    sign(client)
    assert not any("checked" in field for field in read(client.get(DECLARE)).fields)
    client.post(DECLARE, {"anything": "yes"})
    assert read(client.get(ADDED)).says("Larkfold Rail")
    sign(client)

    assert Declaration.objects.count() == Interest.objects.count() == 2


def test_a_mistake_keeps_what_was_typed(client):
    page = read(client.post(ADD, {"kind": "", "party": "Kept words", "gain": "", "since": "2019"}))

    for words in ("Choose what kind", "Say what you or they could gain"):
        assert page.says(words)
    assert page.says("Kept words")
    assert page.title.startswith("Error: ")


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "no such kind"},
        {"party": "x" * 501},
        {"gain": "nul\x00"},
        {"since": "x" * 61},
        {"project": "NOPE"},
        {"party": ""},
    ],
)
def test_bad_input_is_refused_with_a_message_of_ours(client, change):
    page = read(client.post(ADD, TYPED | change))

    assert page.title.startswith("Error: ")
    assert not page.says("Select a valid choice")
    assert not DraftDeclaration.objects.exists()


HOSTILE = ["<script>x</script>", "{{ 7|add:7 }}", "=1+1", "👩‍🚒 é", "a\r\nBcc: b"]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_kept_literally_and_shown_inert(client, words):
    client.post(ADD, TYPED | {"party": words, "pk": "1", "person": "1"})
    sign(client)

    kept = Interest.objects.get().party
    assert kept == words.replace("\r\n", "\n")
    shown = client.get(f"{LIST}1/").content.decode()
    assert "<script>x" not in shown
    assert "14" not in read(client.get(f"{LIST}1/")).words.split("Who or what")[1].split("Since")[0]


def test_signing_twice_signs_once(client):
    client.post(DECLARE, {"anything": "no"})
    data = {"seen": seen(client), "signed": "on"}
    client.post(CHECK, data)
    client.post(CHECK, data)

    assert Declaration.objects.count() == 1


def test_what_changed_in_another_tab_is_not_signed_unseen(client):
    client.post(DECLARE, {"anything": "yes"})
    client.post(ADD, TYPED)
    old = seen(client)
    client.post(ADD, TYPED | {"party": "Added elsewhere"})
    answer = client.post(CHECK, {"seen": old, "signed": "on"})

    assert answer.status_code == 409
    assert read(answer).says("changed in another tab")
    assert not Declaration.objects.exists()
    sign(client)
    assert Interest.objects.count() == 2


def test_an_interest_saved_again_after_it_was_removed_elsewhere_is_not_lost(client):
    client.post(ADD, TYPED)
    key = DraftDeclaration.objects.get().interests[0]["key"]
    client.post(f"{ADDED}{key}/remove/")
    client.post(f"{ADDED}{key}/", TYPED | {"party": "Typed meanwhile"})

    (held,) = DraftDeclaration.objects.get().interests
    assert held["party"] == "Typed meanwhile"


def test_there_is_an_end_to_it(client, user):
    person = workflow.person_of(user)
    for number in range(MOST_INTERESTS):
        workflow.declarations.keep_interest(
            person, InterestGiven(kind=InterestKind.OTHER, party=str(number))
        )
    page = read(client.post(ADD, TYPED))

    assert page.says("You can declare 50 interests here")
    assert page.says("Larkfold Rail")


def test_nobody_sees_or_changes_anothers(client, user):
    client.post(ADD, TYPED)
    sign(client)
    client.post(DECLARE, {"anything": "yes"})
    key = DraftDeclaration.objects.get().interests[0]["key"]
    other = browser(make_user())

    assert other.get(f"{LIST}1/").status_code == 404
    for path in (LIST, f"{ADDED}{key}/", f"{ADDED}{key}/remove/", ADDED, CHECK):
        assert "Larkfold" not in other.get(path, follow=True).content.decode()
    other.post(f"{ADDED}{key}/remove/")
    assert len(DraftDeclaration.objects.get(person__user=user).interests) == 1


@pytest.mark.parametrize(
    "path", [LIST, f"{LIST}1/", DECLARE, ADD, ADDED, CHECK, f"{ADDED}x/remove/"]
)
def test_the_anonymous_sign_in_first(path):
    assert Client().get(path).headers["Location"].startswith("/accounts/login/")


def test_looking_writes_nothing(client):
    for path in (LIST, DECLARE, ADD, ADDED, CHECK, f"{ADDED}x/", f"{ADDED}x/remove/"):
        client.get(path)

    assert not DraftDeclaration.objects.exists()
    assert not Event.objects.exists()


def test_pages_cost_the_same_with_many(client, user, django_assert_max_num_queries):
    person, project = workflow.person_of(user), make_project()
    for number in range(20):
        workflow.declarations.keep_interest(
            person,
            InterestGiven(kind=InterestKind.OTHER, party=str(number), project=project.code),
        )
    sign(client)
    client.post(DECLARE, {"anything": "yes"})
    for path in (LIST, f"{LIST}1/", ADDED, CHECK, ADD):
        with django_assert_max_num_queries(12):
            assert client.get(path).status_code == 200


def test_a_declaration_out_of_date_says_that_it_is_due(client, user):
    with time_machine.travel(clock.now() - timedelta(days=400)):
        workflow.declarations.sign(workflow.person_of(user), by=user, source=OWN, is_nil=True)

    assert read(client.get(LIST)).says("Yours ran out on")
    assert read(client.get("/account/")).says("Due again")
