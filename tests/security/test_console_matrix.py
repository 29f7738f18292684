"""Who may open what in the console: a row for every page, a column for every role.

A page that is registered without a row here fails the test, and so does a role without a column.
"""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.contrib import admin
from django.test import Client

from communications.models import ContactMessage, Email, Generation
from participants.models import Declarant, RegisterHolder, SecondFactorReset
from participants.workflow import give_extension
from participants.workflow.looking import LOOKED, VIEWED
from projects.models import Milestone
from stepchange import clock
from stepchange.events import record
from stepchange.models import Event
from stepchange.roles import Role
from tests.builders import (
    make_call,
    make_entered,
    make_interest,
    make_invitation,
    make_project,
    make_stream,
    make_submitted,
    make_suggestion,
    make_user,
)
from tests.office import make_holder, signed_in
from tests.reviews.console import make_rows as make_rows_of_reviewing
from workstreams.models import Call, KeyActivity, Organisation, Passage, Seat, Term

pytestmark = pytest.mark.django_db

YES, AWAY, NONE, BARRED, LATER = 200, 302, 404, 403, 409
COLUMNS = (
    "manager",
    "caseworker",
    "communications",
    "auditor",
    "board",
    "ethics",
    "co-chair",
    "nobody",
)
PEOPLE = {
    "manager": (Role.OFFICE_MANAGER,),
    "caseworker": (Role.CASEWORKER,),
    "communications": (Role.COMMUNICATIONS_OFFICER,),
    "auditor": (Role.AUDITOR,),
    "board": (Role.BOARD,),
    "ethics": (Role.ETHICS_REVIEWER,),
    "co-chair": (Role.CO_CHAIR,),
    "nobody": (),
}

# Programme rows: managers edit and move them, the rest of the office reads them.
EDITED = (YES, YES, YES, YES, NONE, NONE, NONE, NONE)
ADDED = (YES, BARRED, BARRED, BARRED, NONE, NONE, NONE, NONE)
MOVED = ADDED
MOVED_LATER = (LATER, BARRED, BARRED, BARRED, NONE, NONE, NONE, NONE)
READ = EDITED
# Rows that only some of the office may see.
CASEWORK = (YES, YES, NONE, NONE, NONE, NONE, NONE, NONE)
CASEWORK_LATER = (LATER, LATER, NONE, NONE, NONE, NONE, NONE, NONE)
BEGUN = (AWAY, AWAY, NONE, NONE, NONE, NONE, NONE, NONE)
LETTERS = (YES, NONE, YES, NONE, NONE, NONE, NONE, NONE)
LEDGER = (YES, NONE, YES, YES, NONE, NONE, NONE, NONE)
DOUBTED = (YES, NONE, YES, BARRED, NONE, NONE, NONE, NONE)
DOUBTED_LATER = (LATER, NONE, LATER, BARRED, NONE, NONE, NONE, NONE)  # it is not held
RECORD = (YES, NONE, NONE, YES, NONE, NONE, NONE, NONE)
GIVEN = (YES, BARRED, NONE, NONE, NONE, NONE, NONE, NONE)
COMPLIANCE = (YES, YES, NONE, YES, NONE, NONE, NONE, NONE)
MARKED = (YES, YES, NONE, BARRED, NONE, NONE, NONE, NONE)
GIVEN_LATER = (LATER, BARRED, NONE, NONE, NONE, NONE, NONE, NONE)
SETTINGS = (YES, NONE, NONE, YES, NONE, NONE, NONE, NONE)
ACCOUNTS = (YES, NONE, NONE, NONE, NONE, NONE, NONE, NONE)


def barred(sees: tuple[int, ...]) -> tuple[int, ...]:
    """Return the same people, told that they may look and no more."""
    return tuple(BARRED if status == YES else status for status in sees)


NOWHERE = (NONE,) * len(COLUMNS)


def programme(**steps: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Return a row for each page of a kind that managers add, edit and move."""
    return {
        "list": READ,
        "add": ADDED,
        "change": READ,
        "post": ADDED,
        "history": READ,
        "delete": NOWHERE,
    } | steps


def shown(
    sees: tuple[int, ...], *, history: bool = True, **steps: tuple[int, ...]
) -> dict[str, tuple[int, ...]]:
    """Return a row for each page of a kind that nobody edits."""
    return {
        "list": sees,
        "add": barred(sees),
        "change": sees,
        "post": barred(sees),
        "history": sees if history else NOWHERE,
        "delete": NOWHERE,
    } | steps


OPEN_STEPS = (
    "begin",
    "check-again",
    "check-call-back",
    "check-sia-licence",
    "check-company",
    "check-pass-seen",
    "check-document-seen",
    "ask-again",
    "ask-other",
    "erase-referee",
    "settle-other-domain",
    "settle-referee-other-domain",
    "settle-shared-referee",  # those who volunteer here all name the same
)
LATER_STEPS = (
    "take",
    "ask",
    "go_on",
    "validate",
    "raise_level",
    "refuse",
    "reopen",
    "check-police-register",
    "settle-free-mail",
    "settle-referee-free-mail",
    "settle-self-referee",
    "settle-shared-telephone",
    "settle-duplicate",
    "settle-referee-contests",
    "settle-referee-denies",
    "settle-check-contradicts",
)


MATRIX: dict[str, dict[str, tuple[int, ...]]] = {
    "workstreams.WorkStream": programme(),
    "workstreams.Seat": programme(appoint=MOVED),
    "workstreams.Term": shown(READ, end=MOVED),
    "workstreams.Organisation": programme(
        publish=MOVED, refuse=MOVED, merge=MOVED, unmerge=MOVED_LATER
    ),
    "workstreams.Call": programme(
        publish=MOVED_LATER,  # another is published
        close=MOVED_LATER,
        archive=MOVED_LATER,
        redate=MOVED,
    ),
    "workstreams.KeyActivity": programme(),
    "workstreams.Passage": programme(),
    "projects.Project": programme(
        agree_provisionally=MOVED,
        reject=MOVED,
        agree=MOVED_LATER,
        start_delivery=MOVED_LATER,
        deliver=MOVED_LATER,
        close=MOVED_LATER,
    ),
    "projects.Milestone": programme(meet=MOVED, miss=MOVED, redate=MOVED),
    "participants.ExpressionOfInterest": shown(CASEWORK),
    "participants.Person": shown(
        CASEWORK,
        merge=GIVEN_LATER,  # nobody is like them
        suggest=GIVEN,
        unmerge=GIVEN_LATER,
    )
    | {"tell-apart": GIVEN_LATER},
    "participants.Extension": shown(CASEWORK, end=GIVEN) | {"add": GIVEN},
    "participants.EnteredForm": shown(CASEWORK, take_back=CASEWORK, cancel=CASEWORK)
    | {"add": BEGUN, "ask-again": CASEWORK_LATER},
    "communications.Email": shown(
        LEDGER, resend=DOUBTED, confirm_sent=DOUBTED, let_go=DOUBTED_LATER
    ),
    "communications.Generation": shown(LEDGER, release=DOUBTED),
    "participants.Invitation": shown(ACCOUNTS, send_again=ACCOUNTS, withdraw=ACCOUNTS)
    | {"add": ACCOUNTS},
    "participants.SecondFactorReset": shown(
        CASEWORK,
        vouch=CASEWORK,
        approve=CASEWORK_LATER,  # nobody has vouched yet
        refuse=CASEWORK,
    ),
    "participants.Declarant": shown(COMPLIANCE),
    "participants.RegisterHolder": shown(COMPLIANCE, withhold=MARKED) | {"let-in": MARKED},
    "participants.ConflictSuggestion": shown(
        CASEWORK, accept=CASEWORK, dismiss=CASEWORK, take_back=CASEWORK_LATER
    ),
    "participants.Declaration": shown(CASEWORK),
    "participants.InterestCase": shown(
        CASEWORK,
        assess=CASEWORK,
        take_no_action=CASEWORK_LATER,  # it is not assessed yet
        manage=CASEWORK_LATER,
        exclude=CASEWORK_LATER,
        prove=CASEWORK_LATER,
        move_check=CASEWORK_LATER,
        reassess=CASEWORK_LATER,
    ),
    # Nobody has settled it or asked anything; one flag stands; the firm is of the private sector.
    "participants.Validation": shown(CASEWORK)
    | dict.fromkeys(OPEN_STEPS, CASEWORK)
    | dict.fromkeys(LATER_STEPS, CASEWORK_LATER),
    "communications.ContactMessage": shown(LETTERS),
    "reviews.Membership": shown(CASEWORK, end=GIVEN, make_lead=GIVEN, set_last_day=GIVEN),
    "reviews.ReservePlace": shown(CASEWORK, offer=GIVEN_LATER, move=GIVEN),  # no decision stands
    "reviews.FairnessSettings": shown(SETTINGS)
    | {"post": (YES, NONE, NONE, BARRED, NONE, NONE, NONE, NONE)},
    # A split that waits; a decision that is held: its call has yet to close.
    "participants.ProjectChoice": shown(CASEWORK, reassign=GIVEN),
    "reviews.Split": shown(ACCOUNTS, mediate=ACCOUNTS),
    "reviews.Decision": shown(CASEWORK, release=GIVEN_LATER) | {"look_at_anew": GIVEN_LATER},
    "stepchange.Event": shown(RECORD, history=False),
    "stepchange.User": shown(ACCOUNTS) | {"grant-role": ACCOUNTS, "withdraw-role": ACCOUNTS},
}


@pytest.fixture(scope="module")
def rows(_for_all):
    """Return a row of each kind, in the state from which its steps begin."""
    return make_rows()


def make_rows():
    stream = make_stream()
    seat = Seat.objects.create(work_stream=stream, side="police")
    organisation = Organisation.objects.create(name="Northmere Police", sector="police")
    project = make_project(work_stream=stream, state="proposed")
    made = {
        "workstreams.WorkStream": stream,
        "workstreams.Seat": seat,
        "workstreams.Term": Term.objects.create(
            seat=seat, holder=make_user(), organisation=organisation
        ),
        "workstreams.Organisation": organisation,
        "workstreams.Call": make_call(state="draft"),
        "workstreams.KeyActivity": KeyActivity.objects.create(
            slug="launch", when="23 April", sort_on=clock.today(), text="Launch"
        ),
        "workstreams.Passage": Passage.objects.create(slug="opening", topic="opening", text="We"),
        "projects.Project": project,
        "projects.Milestone": Milestone.objects.create(
            slug="first", title="First", due_on=clock.today(), first_due_on=clock.today()
        ),
        "communications.Generation": Generation.objects.create(number=2, state="held"),
        "communications.Email": Email.objects.create(
            notice="receipt",
            subject_key="SC-34679CDF",
            occurrence="1",
            recipient_key="x",
            state="uncertain",
        ),
        "communications.ContactMessage": ContactMessage.objects.create(
            name="Iris Calloway", email="iris@visitors.example", about="other", message="Hello"
        ),
        "stepchange.User": make_holder(Role.AUDITOR),
    }
    made["participants.ExpressionOfInterest"] = make_submitted()
    made["participants.Person"] = made["participants.ExpressionOfInterest"].person
    made["participants.Validation"] = made["participants.ExpressionOfInterest"].person.validation
    made["participants.Extension"] = give_extension(
        made["participants.ExpressionOfInterest"].person,
        Call.objects.get(state="published"),
        until=clock.end_of(clock.today() + timedelta(days=40)),
        reason="Ill.",
        by=None,
    )
    made["participants.EnteredForm"] = make_entered(
        by=make_holder(Role.CASEWORKER), call=Call.objects.get(state="published"), handed_over=True
    )
    made["participants.Invitation"] = make_invitation(by=make_holder(Role.OFFICE_MANAGER))
    made["participants.SecondFactorReset"] = SecondFactorReset.objects.create(
        user=make_user(), expires_at=clock.now() + timedelta(days=3)
    )
    made["participants.Declarant"] = Declarant.objects.get(pk=made["stepchange.User"].pk)
    holder = made["workstreams.Term"].holder
    made["participants.RegisterHolder"] = RegisterHolder.objects.get(pk=holder.pk)
    made["participants.ConflictSuggestion"] = make_suggestion()
    made["participants.InterestCase"] = make_interest()
    made["participants.Declaration"] = made["participants.InterestCase"].interest.declaration
    made |= make_rows_of_reviewing(made["participants.ExpressionOfInterest"])
    made["stepchange.Event"] = record("projects.project.noted", project, by=None)
    return made


@pytest.fixture(scope="module")
def clients(_for_all) -> dict[str, Client]:
    return {name: signed_in(make_holder(*roles)) for name, roles in PEOPLE.items()}


def ask(client: Client, kind, row, page: str) -> int:
    if page == "list":
        return client.get(kind.list_page()).status_code
    if page == "add":
        return client.get(f"{kind.list_page()}add/").status_code
    if page == "post":
        return client.post(kind.page_of(row), {}).status_code
    if page == "delete":
        return client.get(f"{kind.list_page()}{getattr(row, kind.address)}/delete/").status_code
    if page in {"change", "history"}:
        return client.get(kind.page_of(row, page)).status_code
    return client.get(kind.page_of(row, "step", step=page)).status_code


def test_every_page_has_a_row_and_every_role_a_column():
    registered = {model._meta.label: page for model, page in admin.site._registry.items()}

    assert set(MATRIX) == set(registered)
    for label, page in registered.items():
        custom = set(MATRIX[label]) - {"list", "add", "change", "post", "history", "delete"}
        assert custom == set(page.steps), label
    assert {role for roles in PEOPLE.values() for role in roles} == set(Role)


@pytest.mark.parametrize("label", MATRIX)
def test_each_role_gets_exactly_this(label, rows, clients):
    kind = next(page for model, page in admin.site._registry.items() if model._meta.label == label)
    answers = {
        page: {who: ask(clients[who], kind, rows[label], page) for who in COLUMNS}
        for page in MATRIX[label]
    }

    assert answers == {
        page: dict(zip(COLUMNS, statuses, strict=True)) for page, statuses in MATRIX[label].items()
    }


@pytest.mark.parametrize("label", MATRIX)
def test_the_anonymous_are_sent_to_the_log_in_page_from_each(label, rows):
    kind = next(page for model, page in admin.site._registry.items() if model._meta.label == label)
    client = Client()

    assert {ask(client, kind, rows[label], page) for page in MATRIX[label]} == {HTTPStatus.FOUND}


@pytest.mark.parametrize("label", MATRIX)
def test_what_is_not_there_answers_as_what_is_not_yours(label, rows, clients):
    kind = next(page for model, page in admin.site._registry.items() if model._meta.label == label)
    for page in ("change", "history", *kind.steps):
        path = f"{kind.list_page()}00000000-0000-0000-0000-000000000000/{page}/"
        assert clients["manager"].get(path).status_code == HTTPStatus.NOT_FOUND
        assert clients["nobody"].get(path).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("label", MATRIX)
def test_looking_writes_nothing_but_who_looked(label, rows, clients):
    kind = next(page for model, page in admin.site._registry.items() if model._meta.label == label)
    before = Event.objects.count()
    for page in MATRIX[label]:
        if page != "post":
            ask(clients["manager"], kind, rows[label], page)
    written = list(Event.objects.order_by("id").values_list("kind", flat=True)[before:])

    # The event that is looked at here is a project's: it tells of nobody.
    is_about_somebody = kind.look and label != "stepchange.Event"
    looked = VIEWED if label == "participants.ExpressionOfInterest" else LOOKED
    assert set(written) == ({looked} if is_about_somebody else set())
