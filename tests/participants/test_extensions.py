"""More time for one person: given in the console, asked of one policy, told on every page they open."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import policies, workflow
from participants.models import ExpressionOfInterest, Extension, Person
from stepchange import clock
from stepchange.models import Event, User
from stepchange.querysets import AppendOnly
from stepchange.roles import Role
from stepchange.transitions import Refused
from stepchange.uk_time import uk_deadline
from tests.builders import complete_answers, make_call, make_draft, make_project, make_user
from tests.office import make_holder, office, seen, signed_in
from workstreams.models import Call

pytestmark = pytest.mark.django_db

CONSOLE = "/admin/participants/extension/"
MOMENT = timedelta(microseconds=1)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def give(user: User, call: Call, *, days: int = 5, **more: Any) -> Extension:
    """Give an account so many days after the call's last one."""
    until = clock.end_of(clock.last_day_before(call.closes_at) + timedelta(days=days))
    said: dict[str, Any] = {"until": until, "reason": "Called away.", "by": None} | more
    return workflow.give_extension(workflow.person_of(user), call, **said)


def test_it_is_open_for_the_one_person_until_the_instant_and_for_nobody_else():
    call, user, other = make_call(), make_user(), make_user()
    until = give(user, call).until
    person, stranger = workflow.person_of(user), workflow.person_of(other)

    assert policies.is_open_for(call, person, until - MOMENT)
    assert not policies.is_open_for(call, person, until)
    for somebody in (stranger, None):
        assert not policies.is_open_for(call, somebody, call.closes_at)
    assert policies.closes_for(call, person) == until
    assert policies.closes_for(call, stranger) == call.closes_at


@pytest.mark.parametrize(
    ("state", "is_open"),
    [("published", True), ("closed", True), ("archived", False), ("draft", False)],
)
def test_it_outlasts_the_sweep_and_ends_with_the_archive(state, is_open):
    call, user = make_call(), make_user()
    give(user, call)
    Call.objects.filter(pk=call.pk).update(state=state)
    call.refresh_from_db()

    assert policies.is_open_for(call, workflow.person_of(user), call.closes_at) is is_open


def test_it_opens_nothing_before_the_call_does():
    call, user = make_call(opens_at=clock.now() + timedelta(days=1)), make_user()
    give(user, call)

    assert not policies.is_open_for(call, workflow.person_of(user), clock.now())


def test_the_latest_counts_and_it_can_be_ended_early():
    call, user = make_call(), make_user()
    first = give(user, call, days=5)
    second = give(user, call, days=9)
    person = workflow.person_of(user)
    assert policies.closes_for(call, person) == second.until

    with pytest.raises(Refused, match="later extension"):
        workflow.end_extension(first, reason="Not needed.", by=None)
    with time_machine.travel(call.closes_at + timedelta(days=2), tick=False):
        ended = clock.now()
        workflow.end_extension(second, reason="Not needed.", by=None)

    person = workflow.person_of(user)
    assert policies.is_open_for(call, person, ended - MOMENT)
    assert not policies.is_open_for(call, person, ended)
    assert Extension.objects.count() == 3
    assert [row.until for row in Extension.objects.latest_ones()] == [ended]


def test_ending_it_while_the_call_is_open_leaves_the_call_s_own_time():
    call, user = make_call(), make_user()
    workflow.end_extension(give(user, call), reason="Not needed.", by=None)

    assert policies.closes_for(call, workflow.person_of(user)) == call.closes_at
    with pytest.raises(Refused, match="ended already"):
        workflow.end_extension(Extension.objects.latest("id"), reason="Again.", by=None)


def test_rows_are_added_and_never_changed():
    given = give(make_user(), make_call())

    with pytest.raises(AppendOnly):
        given.save()
    with pytest.raises(AppendOnly):
        Extension.objects.update(until=clock.now())


def test_it_is_recorded_with_its_reason_and_nothing_of_a_form():
    call, user, by = make_call(), make_user(), make_holder(Role.OFFICE_MANAGER)
    given = give(user, call, by=by, reason="A bereavement.")

    event = Event.objects.get(kind="participants.extension.given")
    assert (event.subject_key, event.actor, event.reason) == (
        given.record_key,
        by,
        "A bereavement.",
    )
    person = workflow.person_of(user)
    assert event.facts["person"] == person.record_key
    assert event.facts["call"] == call.slug
    assert set(event.facts) == {"person", "call", "until"}


@pytest.mark.parametrize(
    "role", [Role.CASEWORKER, Role.COMMUNICATIONS_OFFICER, Role.AUDITOR, Role.BOARD]
)
def test_only_an_office_manager_gives_one(role):
    with pytest.raises(Refused, match="Only an office manager"):
        give(make_user(), make_call(), by=make_holder(role))
    assert not Extension.objects.exists()


def test_nobody_gives_themselves_more_time():
    manager = make_holder(Role.OFFICE_MANAGER)

    with pytest.raises(Refused, match="Nobody gives themselves"):
        give(manager, make_call(), by=manager)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"reason": " "}, "Say why"),
        ({"days": 0}, "open to everybody until then"),
        ({"until": clock.now() - timedelta(days=1)}, "open to everybody until then"),
    ],
)
def test_what_makes_no_sense_is_refused(said, words):
    with pytest.raises(Refused, match=words):
        give(make_user(), make_call(), **said)


def test_a_day_that_is_over_is_refused():
    call = make_call()
    with (
        time_machine.travel(call.closes_at + timedelta(days=20), tick=False),
        pytest.raises(Refused, match="That day is over"),
    ):
        give(make_user(), call)


def test_a_draft_made_late_can_be_submitted_and_every_page_says_the_person_s_own_time():
    """From the first page to the receipt, after the sweep has closed the call for everybody else."""
    call, user, project = make_call(), make_user(), make_project()
    until = give(user, call).until
    own, everybodys = uk_deadline(until), uk_deadline(call.closes_at)

    with time_machine.travel(call.closes_at + timedelta(days=2), tick=False):
        Call.objects.filter(pk=call.pk).update(state="closed")
        client = browser(user)
        for path in ("/expression-of-interest/", "/expression-of-interest/tasks/"):
            page = client.get(path)
            assertContains(page, own)
            assertNotContains(page, everybodys)
        for slug, answers in complete_answers(project, email=user.email).items():
            client.post(
                f"/expression-of-interest/{slug}/",
                {name: value for name, value in answers.items() if value is not False},
            )
        assertContains(client.get("/account/"), own)
        response = client.post("/expression-of-interest/check/", {"accurate": "on"})
        sent = ExpressionOfInterest.objects.get()
        assertRedirects(response, f"/expression-of-interest/submitted/{sent}/")
        assert call.closes_at < sent.submitted_at < until
        for path in (
            "/expression-of-interest/submitted/",
            "/expression-of-interest/tasks/",
            f"/expression-of-interest/submitted/{sent}/withdraw/",
            "/account/",
        ):
            assertContains(client.get(path), own)
        assertNotContains(browser(make_user()).get("/expression-of-interest/"), own)

    with time_machine.travel(until, tick=False):
        client = browser(user)
        assertContains(client.get("/account/"), f"{own}")
        assertNotContains(client.get("/expression-of-interest/submitted/"), "Change your answers")


def test_who_is_late_is_told_their_own_time():
    draft = make_draft()
    user = draft.person.user
    until = give(user, draft.call).until

    with pytest.raises(workflow.Late) as refused:
        workflow.submit(draft, by=user, received_at=until)

    assert uk_deadline(until) in str(refused.value)


def test_the_call_first_to_close_comes_first():
    """The extended call, while the next is open too; then the next."""
    old, user = make_call(), make_user()
    give(user, old)
    person = workflow.person_of(user)
    Call.objects.filter(pk=old.pk).update(state="closed")
    later = old.closes_at + timedelta(days=1)
    following = make_call(
        opens_at=old.closes_at, closes_at=old.closes_at + timedelta(days=30), name="The next call"
    )

    assert policies.call_for(person, later) == old
    assert policies.call_for(None, later) == following
    assert policies.call_for(person, old.closes_at + timedelta(days=20)) == following


def test_anonymous_pages_cost_no_query_for_it(client, django_assert_max_num_queries):
    call = make_call()
    give(make_user(), call)
    client.get("/expression-of-interest/questions/")

    with django_assert_max_num_queries(3) as asked:
        client.get("/expression-of-interest/")

    assert not any("extension" in query["sql"] for query in asked.captured_queries)


# The console ----------------------------------------------------------------------------------------


def said(user: User, call: Call, **more: Any) -> dict[str, Any]:
    day = clock.last_day_before(call.closes_at) + timedelta(days=5)
    return {
        "email": user.email.upper(),
        "call": call.slug,
        "last_day": day.isoformat(),
        "reason": "Ill.",
    } | more


def test_the_office_gives_one_by_the_address_of_an_account_and_reads_no_draft():
    draft = make_draft()
    user, call = draft.person.user, draft.call
    client = office(Role.OFFICE_MANAGER)

    response = client.post(f"{CONSOLE}add/", said(user, call), follow=True)

    given = Extension.objects.get()
    assert given.person == draft.person
    assert given.until == call.closes_at + timedelta(days=5)
    assert f"{CONSOLE}{given.public_id}/change/" in response.redirect_chain[-1][0]
    page = response.content.decode()
    assert "Ill." in page
    assert draft.reference not in page
    assert "Thistlewood" not in page
    assert Event.objects.get(kind="participants.extension.given").reason == "Ill."


def test_one_is_given_to_an_account_that_has_begun_nothing():
    user, call = make_user(), make_call()

    office(Role.OFFICE_MANAGER).post(f"{CONSOLE}add/", said(user, call))

    assert Extension.objects.get().person == Person.objects.get(user=user)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"email": "nobody@users.example"}, "Nobody has an account with this address"),
        ({"email": "nul\0@users.example"}, "Remove the characters"),
        ({"email": ""}, "Fill in"),
        ({"reason": "  "}, "Fill in"),
        ({"reason": "x" * 1001}, "Use 1000 characters or fewer"),
        ({"last_day": "not a day"}, "Enter a day"),
        ({"last_day": "2001-01-01"}, "open to everybody until then"),
        ({"call": "no-such-call"}, "Choose a call from the list"),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(wrong, words):
    user, call = make_user(), make_call()

    response = office(Role.OFFICE_MANAGER).post(f"{CONSOLE}add/", said(user, call) | wrong)

    assertContains(response, words)
    assert not Extension.objects.exists()


def test_a_manager_is_refused_their_own_on_the_form():
    manager, call = make_holder(Role.OFFICE_MANAGER), make_call()

    response = signed_in(manager).post(f"{CONSOLE}add/", said(manager, call))

    assertContains(response, "Nobody gives themselves more time")


def test_the_office_ends_one_with_a_reason():
    given = give(make_user(), make_call())
    client = office(Role.OFFICE_MANAGER)
    page = f"{CONSOLE}{given.public_id}/end/"
    assert client.post(page, seen(given) | {"reason": ""}).status_code == HTTPStatus.OK
    assert Extension.objects.count() == 1

    client.post(page, seen(given) | {"reason": "No longer needed."})

    assert Event.objects.get(kind="participants.extension.ended").reason == "No longer needed."
    assert client.get(page).status_code == HTTPStatus.CONFLICT
    assertContains(client.get(CONSOLE), "the newest row counts")
