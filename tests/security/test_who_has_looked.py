"""Every look of the office at somebody's details is in the record (law 6), and every such page is gated."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse

from communications import workflow as ledger
from communications.models import Email
from participants import workflow
from participants.models import Person
from participants.workflow import invitations, resets
from participants.workflow.declarations import InterestGiven
from participants.workflow.looking import LOOKED, LOOKS, VIEWED
from stepchange import clock
from stepchange.console import ConsoleSite, ExportPages, ReadOnlyAdmin
from stepchange.console.looks import LOOKS as LOOKS_IN_WORDS
from stepchange.console.looks import PURPOSES
from stepchange.events import record
from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import (
    make_declaration,
    make_entered,
    make_invitation,
    make_organisation,
    make_project,
    make_seat,
    make_submitted,
    make_suggestion,
    make_user,
)
from tests.office import make_holder, signed_in
from tests.reading import read
from tests.security.test_console_matrix import MATRIX, ask, make_rows
from tests.security.test_people_gate import EXEMPT
from workstreams.models import Term

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(db):
    """Return a row of each kind, in the state from which its steps begin."""
    return make_rows()


CONSOLE = "/admin/participants"
# The rows that tell of no one person, or only of who holds a seat.
OF_NOBODY = {
    "communications.Generation",
    "workstreams.Seat",
    "workstreams.Term",
    "workstreams.WorkStream",
}
NO_SUCH_PAGE = ("stepchange.Event", "history")
OFFICE_PAGES = {
    "participants:entered-begin",
    "participants:entered-tasks",
    "participants:entered-details",
    "participants:entered-check",
    "participants:entered-page",
}


@pytest.fixture
def clerk() -> User:
    return make_holder(Role.CASEWORKER)


@pytest.fixture
def manager() -> User:
    return make_holder(Role.OFFICE_MANAGER)


def looks() -> list[tuple[User | None, str, object]]:
    found = Event.objects.of_kind(*LOOKS).order_by("id")
    return [(look.actor, look.subject_key, look.facts.get("what")) for look in found]


# What is recorded -------------------------------------------------------------------------------------
def silent(site: admin.AdminSite) -> set[str]:
    """Return what a console shows of people without a look, or with one that nobody put into words."""
    pages: dict[Any, Any] = site._registry
    return {
        model._meta.label
        for model, page in pages.items()
        if page.shows_people and page.look not in LOOKS_IN_WORDS
    }


def test_every_page_of_the_console_that_shows_a_person_records_who_looked():
    assert silent(admin.site) == OF_NOBODY


@pytest.mark.parametrize("look", ["", "what has no words"])
def test_new_pages_that_forget_to_say_what_they_show_are_found(look):
    pages = type("Forgetful", (ReadOnlyAdmin,), {"address": "public_id", "look": look})
    site = ConsoleSite()
    site.register(Person, pages)

    assert silent(site) == {"participants.Person"}


@pytest.mark.parametrize("label", sorted(set(MATRIX) - OF_NOBODY - EXEMPT))
def test_each_view_of_a_page_of_the_console_writes_exactly_one_look(label, rows, manager):
    """Every page of every kind that shows people, whichever view serves it, so none can forget."""
    kind = next(page for model, page in admin.site._registry.items() if model._meta.label == label)
    row = rows[label]
    if label == "stepchange.Event":  # what it is about has to be somebody
        person = workflow.person_of(make_user())
        with transaction.atomic():
            row = record("participants.person.consented", person, by=person.user)
    client, told = signed_in(manager), []
    for page in MATRIX[label]:
        if page in {"list", "add", "post", "delete"} or (label, page) == NO_SUCH_PAGE:
            continue
        before = len(looks())
        status = ask(client, kind, row, page)
        assert status in {HTTPStatus.OK, HTTPStatus.CONFLICT}, page
        told.append((page, len(looks()) - before))

    assert {page for page, _written in told} >= {"change"}
    assert {written for _page, written in told} == {1}
    for look in Event.objects.of_kind(*LOOKS):
        assert look.facts["purpose"] in PURPOSES
        assert look.facts["roles"] == [Role.OFFICE_MANAGER]


@pytest.mark.parametrize(
    ("pages_of_a_reset", "page_of_an_account"),
    [
        (["change"], "change"),
        (["history", "vouch"], "grant-role"),  # the record and the steps of a row are looks too
    ],
)
def test_a_look_is_recorded_under_the_person_it_tells_of(
    manager, pages_of_a_reset, page_of_an_account
):
    user = make_user()
    person = workflow.person_of(user)
    TOTP.activate(user, generate_totp_secret())
    reset = resets.ask(user)
    client = signed_in(manager)
    for page in (
        *(f"{CONSOLE}/secondfactorreset/{reset.public_id}/{page}/" for page in pages_of_a_reset),
        f"/admin/stepchange/user/{user.public_id}/{page_of_an_account}/",
    ):
        assert client.get(page).status_code == HTTPStatus.OK

    assert looks() == [
        *((manager, person.record_key, "lost second factor") for _page in pages_of_a_reset),
        (manager, person.record_key, "account"),
    ]


def test_the_record_of_an_expression_says_which_version_was_looked_at(manager):
    expression = make_submitted()

    signed_in(manager).get(f"{CONSOLE}/expressionofinterest/{expression}/history/")

    (look,) = Event.objects.of_kind(*LOOKS)
    facts = {"snapshot": 1, "purpose": "casework", "roles": ["Office manager"]}
    assert (look.kind, look.subject_key, look.facts) == (VIEWED, str(expression), facts)


def test_an_event_is_looked_at_as_what_it_is_about(manager):
    submitted = make_submitted()
    person = submitted.person
    with transaction.atomic():
        consented = record("participants.person.consented", person, by=person.user)
        noted = record("projects.project.noted", make_project(), by=None)
    events = [*Event.objects.about(submitted), consented, noted]
    client = signed_in(manager)
    for event in events:
        assert client.get(f"/admin/stepchange/event/{event.digest}/change/").status_code == 200

    assert looks() == [(manager, person.record_key, "event in the record")] * (len(events) - 1)


def test_emails_and_forms_taken_over_are_looked_at_as_their_person(manager, clerk):
    entered = make_entered(by=clerk, handed_over=True)
    user = make_user(entered.email)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    workflow.entered.confirm(entered, by=user, received_at=clock.now())
    make_submitted(user=make_user(), call=entered.call)
    ledger.derive()
    receipt = Email.objects.get(notice="receipt")
    to_address = Email.objects.get(notice="entered_for_you")
    client = signed_in(manager)
    client.get(f"{CONSOLE}/enteredform/{entered}/change/")
    for email in (receipt, to_address):
        client.get(f"/admin/communications/email/{email.public_id}/change/")

    taker = workflow.person_of(user).record_key
    assert looks() == [
        (manager, taker, "entered form"),
        (manager, receipt.recipient_key.split(":")[1], "email"),
        (manager, to_address.record_key, "email"),
    ]


# Lists and files ------------------------------------------------------------------------------------
SUBSTANCE = ("Shareholdings", "Quillet Trains", "declare an interest in")
"""Words that only a declaration can have put on a page."""


@pytest.fixture
def declared(manager) -> dict[str, User]:
    """Two people in seats who declare, and a suggestion that says so of one of them."""
    make_organisation(name="Quillet Trains")
    people = {name: make_user(name=name) for name in ("Gethin Oyediran", "Wanda Achterberg")}
    for name, user in people.items():
        held = workflow.person_of(user)
        Person.objects.filter(pk=held.pk).update(full_name=name)
        Term.objects.create(seat=make_seat(), holder=user, organisation=make_organisation())
        make_declaration(
            user, InterestGiven(kind="shareholdings", party="Quillet Trains", since="2019")
        )
        make_suggestion(person=workflow.person_of(user))
    return people


def listing(declared: dict[str, User], answer: Any) -> set[str]:
    """Return the keys of the people who stand in a list or a file beside words that they declared."""
    text = answer.content.decode()
    rows = re.findall(r"<tr.*?</tr>", text, re.DOTALL) or text.splitlines()
    shown = [row for row in rows if any(words in row for words in SUBSTANCE)]
    return {
        workflow.person_of(user).record_key
        for name, user in declared.items()
        if any(name in row for row in shown)
    }


def test_each_list_and_file_that_shows_what_was_declared_writes_a_look_at_each_person(
    declared, manager
):
    """Whichever list it is: one that comes to show declarations and forgets is found here."""
    client, told = signed_in(manager), {}
    for model, page in admin.site._registry.items():
        pages: Any = page
        if not pages.has_view_permission(SimpleNamespace(user=manager)):
            continue
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for where in ("list", "file") if isinstance(page, ExportPages) else ("list",):
            before = Event.objects.count()
            answer = (
                client.get(address)
                if where == "list"
                else client.post(f"{address}export/", {"purpose": "For the board."})
            )
            if shown := listing(declared, answer):
                found = Event.objects.of_kind(LOOKED).filter(facts__where=where)
                new = list(found.order_by("pk")[told.get(where, 0) :])
                told[where] = told.get(where, 0) + len(new)
                assert Event.objects.count() > before, f"{model._meta.label} forgets its {where}"
                keys = [look.subject_key for look in new]
                assert shown <= set(keys), f"{model._meta.label} forgets in its {where}"
                assert len(keys) == len(set(keys)), "once a page for each person"
                told.setdefault("kinds", set()).add((model._meta.model_name, where))

    assert told["kinds"] == {
        ("registerholder", "list"),
        ("registerholder", "file"),
        ("interestcase", "list"),
        ("conflictsuggestion", "list"),
    }


def test_whoever_was_in_a_list_or_a_file_reads_so_and_what_the_file_was_for(declared, manager):
    client = signed_in(manager)
    client.get(f"{CONSOLE}/registerholder/")
    client.post(f"{CONSOLE}/registerholder/export/", {"purpose": "For the auditors’ visit."})
    client.get(f"{CONSOLE}/registerholder/export/")  # asks what it is for, and shows nobody

    page = read(signed_in(declared["Gethin Oyediran"]).get("/account/looked/"))
    assert Event.objects.of_kind(LOOKED).count() == 2 * len(declared)
    for words in ("in a list of several people", "in a file that was taken away"):
        assert page.says(words), words
    assert page.says("For the auditors’ visit.")


def test_a_list_writes_its_looks_by_as_many_statements_for_many(declared, manager):
    client, address = signed_in(manager), f"{CONSOLE}/registerholder/"
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _each in range(5):
        user = make_user()
        Term.objects.create(seat=make_seat(), holder=user, organisation=make_organisation())
        make_declaration(user, InterestGiven(kind="other", party="A kennel"))
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)


def test_of_who_has_no_person_yet_the_row_is_the_subject(manager, clerk):
    entered = make_entered(by=clerk, handed_over=True)
    invitation = make_invitation(by=manager)
    client = signed_in(manager)
    client.get(f"{CONSOLE}/enteredform/{entered.reference}/change/")
    client.get(f"{CONSOLE}/invitation/{invitation.public_id}/change/")
    user = invitations.open_account(invitations.mint_link(invitation))
    person = workflow.person_of(user)
    client.get(f"{CONSOLE}/invitation/{invitation.public_id}/change/")

    assert looks() == [
        (manager, entered.reference, "entered form"),
        (manager, str(invitation.public_id), "invitation"),
        (manager, person.record_key, "invitation"),
    ]


OF_NOBODY_YET = {"participants:entered-begin"}  # it asks for whom a form is begun


def test_each_view_outside_the_console_that_shows_people_writes_exactly_one_look(clerk):
    """Every view that is gated: one that comes to be has to be asked here."""
    entered, other = make_entered(by=clerk), make_holder(Role.CASEWORKER)
    client = signed_in(other)
    written = {}
    for name, view in _pages():
        if vars(view).get("shows_people"):
            extra = {"entered-begin": [], "entered-page": [entered, "about-you"]}
            url = reverse(name, args=extra.get(name.partition(":")[2], [entered]))
            before = len(looks())
            assert client.get(url).status_code == HTTPStatus.OK
            written[name] = len(looks()) - before

    assert written == {name: 0 if name in OF_NOBODY_YET else 1 for name in OFFICE_PAGES}
    assert set(looks()) == {(other, entered.reference, "entered form")}


def test_who_may_not_look_leaves_no_trace(clerk):
    entered = make_entered(by=clerk)
    client = signed_in(make_holder(Role.AUDITOR))
    client.get(reverse("participants:entered-tasks", args=[entered]))
    client.get(f"{CONSOLE}/enteredform/{entered.reference}/change/")
    client.get(f"{CONSOLE}/enteredform/SC-22222222/change/")

    assert not Event.objects.of_kind(LOOKED).exists()


# The gate outside the console -------------------------------------------------------------------------
@pytest.mark.parametrize("name", sorted(OFFICE_PAGES))
def test_the_office_s_own_pages_ask_for_undertaking_and_declaration_first(name, clerk):
    entered = make_entered(by=clerk)
    extra = {"entered-begin": [], "entered-page": [entered, "about-you"]}
    url = reverse(name, args=extra.get(name.partition(":")[2], [entered]))
    not_ready = signed_in(make_holder(Role.CASEWORKER, is_ready=False))

    answers = [not_ready.get(url), not_ready.post(url, {})]
    for answer in (each for each in answers if each.status_code != HTTPStatus.METHOD_NOT_ALLOWED):
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert read(answer).says("Before you see other people’s details")
        assert "Thistlewood" not in answer.content.decode()
    assert not Event.objects.of_kind(LOOKED).exists()
    assert signed_in(make_user()).get(url).status_code == HTTPStatus.NOT_FOUND


def test_every_page_outside_the_console_is_gated_or_ones_own():
    """A new page of the participants' app that is neither in the list nor gated has to be thought of."""
    gated = {name for name, view in _pages() if vars(view).get("shows_people")}
    others = {
        name: view
        for name, view in _pages()
        if name.startswith("participants:") and name not in gated
    }

    assert gated == OFFICE_PAGES
    assert set(others) == OWN_PAGES


OWN_PAGES = {
    f"participants:{name}"
    for name in (
        *("start", "questions", "tasks", "not-for-you", "check", "page", "work-email"),
        *("submitted", "submitted-one", "versions", "discard", "copy", "copy-pdf"),
        *(
            "withdraw",
            "withdraw-one",
            "withdraw-choice",
            "suggestions",
            "entered-mine",
            "entered-answer",
        ),
        *("account", "looked", "consent", "undertaking", "declarations", "declaration", "declare"),
        *("declare-interests", "declare-add", "declare-change", "declare-remove"),
        *("declare-check", "invitation", "invitation-accept", "invitation-link"),
        *("lost-factor", "lost-factor-code", "lost-factor-asked", "lost-factor-cancel"),
        *("validation", "validation-answer", "validation-referee", "validation-appeal"),
        *("referee", "referee-link", "referee-thanks", "referee-erase"),
    )
}


def _pages(resolver=None, space: str = "") -> Iterator[tuple[str, object]]:
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLPattern):
            yield f"{space}{each.name}", each.callback
        elif each.namespace != "admin":
            yield from _pages(each, f"{each.namespace}:" if each.namespace else space)
