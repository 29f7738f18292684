"""Every address of reviewing, for every role, on what is theirs, another's, and what they may not judge.

A row for each name of `reviews.urls`: who gets the page, and who of them is told of the volunteer. To add
an address, add its row to `ROWS`; the first test says which is missing. Anonymous: the log-in page. Not
theirs or withheld from them: 404, as of what does not exist (law 7).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from participants.models import ProjectChoice, Validation
from participants.workflow import person_of, undertakings
from reviews import urls, workflow
from reviews.models import (
    Complaint,
    Decision,
    Letter,
    NeighbourSuggestion,
    Question,
    Reconsideration,
    Split,
)
from reviews.workflow import offers
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_project, make_submitted, make_user
from tests.communications.cast import give
from tests.office import make_holder, signed_in
from tests.reviews.deciding import Desk, make_desk
from tests.reviews.members import again, decide, open_review
from tests.reviews.telling import agree

pytestmark = pytest.mark.django_db
YES, NONE = 200, 404
VOLUNTEER = "Amina Thistlewood"

OWN, OTHER = "volunteer", "another volunteer"
CO_CHAIR, ELSEWHERE, RECUSED = "co-chair", "co-chair elsewhere", "recused co-chair"
BOARD, BOARD_RECUSED, BOARD_COLLEAGUE = "board", "recused board", "board colleague"
ETHICS, MANAGER, MANAGER_RECUSED = "ethics", "manager", "recused manager"
CASEWORKER, COMMUNICATIONS, AUDITOR, NOBODY = "caseworker", "communications", "auditor", "nobody"
WHO = (
    OWN,
    OTHER,
    CO_CHAIR,
    ELSEWHERE,
    RECUSED,
    BOARD,
    BOARD_RECUSED,
    BOARD_COLLEAGUE,
    ETHICS,
    MANAGER,
    MANAGER_RECUSED,
    CASEWORKER,
    COMMUNICATIONS,
    AUDITOR,
    NOBODY,
)
EVERY_BOARD = {BOARD, BOARD_RECUSED, BOARD_COLLEAGUE}
EVERY_MANAGER = {MANAGER, MANAGER_RECUSED}


@dataclass(frozen=True)
class Row:
    """Who is answered with a page by an address; of them, who is told of the volunteer there."""

    address: Callable[[World], list[object]]
    opens: frozenset[str] = frozenset()
    tells: frozenset[str] = frozenset()
    tells_words: Callable[[World], str] = lambda world: world.reference
    is_posted: bool = False
    """Whether it only acts: then it leads on to a page, for whoever it is for."""

    def status_for(self, who: str) -> int:
        """Return how somebody is answered."""
        if who not in self.opens:
            return NONE
        return HTTPStatus.FOUND if self.is_posted else YES


@dataclass
class World:
    """One work-stream with a split, and what belongs to the addresses of others."""

    desk: Desk
    split: Split
    decided: Decision
    """About another volunteer of the same project."""
    people: dict[str, User]
    own: dict[str, object]

    @property
    def reference(self) -> str:
        """Return how the volunteer of the split is told of in a list."""
        return self.desk.choice.expression.reference


def row(
    address: Callable[[World], list[object]],
    opens: set[str],
    tells: set[str] | None = None,
    words: Callable[[World], str] = lambda world: world.reference,
) -> Row:
    """Return a row: who gets the page, and who of them reads of the volunteer."""
    return Row(address, frozenset(opens), frozenset(opens if tells is None else tells), words)


def key_of(name: str) -> Callable[[World], list[object]]:
    """Return the address of a row that belongs to the volunteer."""
    return lambda world: [world.own[name]]


def nowhere(_world: World) -> list[object]:
    """Return the address of what has no key."""
    return []


def acts(address: Callable[[World], list[object]], opens: set[str]) -> Row:
    """Return the row of an address that is posted to, and shows nothing itself."""
    return Row(address, frozenset(opens), frozenset(), is_posted=True)


def stream_of(world: World) -> list[object]:
    """Return the address of the work-stream's desk."""
    return [world.desk.project.work_stream.slug]


def path_of_volunteer(world: World) -> str:
    """Return the link by which a list tells of the volunteer."""
    return reverse("reviews:volunteer", args=[world.desk.choice.public_id])


EVERYBODY = set(WHO)
NO_ONE: set[str] = set()
ROWS: dict[str, Row] = {
    # The board's.
    "board": row(nowhere, EVERY_BOARD, {BOARD}),
    "board-split": row(
        lambda world: [world.split.public_id], {BOARD}, words=lambda _world: VOLUNTEER
    ),
    "board-stand-in": row(
        lambda world: [world.desk.project.work_stream.slug, "police"], EVERY_BOARD, NO_ONE
    ),
    "board-end-stand-in": row(key_of("stand-in"), EVERY_BOARD, NO_ONE),
    # A participant's own.
    "letter": row(key_of("letter"), {OWN}, NO_ONE),
    "own": row(nowhere, EVERYBODY, NO_ONE),
    "offer": row(key_of("offer"), {OWN}, NO_ONE),
    "membership": row(key_of("membership"), {OWN}, NO_ONE),
    "step-down": row(key_of("membership"), {OWN}, NO_ONE),
    "look-again": row(key_of("declined"), {OWN}, NO_ONE),
    "neighbour": row(key_of("neighbour"), {OWN}, NO_ONE),
    "complain": row(nowhere, EVERYBODY, NO_ONE),
    "questions": row(nowhere, EVERYBODY, NO_ONE),
    "question": row(key_of("question"), {OWN}, NO_ONE),
    # For ethics reviewers, and for who answers people.
    "ethics": row(nowhere, {ETHICS}, NO_ONE),
    "ethics-review": row(key_of("ethics-review"), {ETHICS}, NO_ONE),
    "answers": row(nowhere, EVERY_BOARD | EVERY_MANAGER, NO_ONE),
    "answer-again": row(
        key_of("asked again"), EVERY_BOARD | EVERY_MANAGER, words=lambda _world: VOLUNTEER
    ),
    "answer-complaint": row(
        key_of("complaint"), EVERY_BOARD | EVERY_MANAGER, words=lambda _world: VOLUNTEER
    ),
    "name-in-complaint": row(
        key_of("complaint"), EVERY_BOARD | EVERY_MANAGER, words=lambda _world: VOLUNTEER
    ),
    # The reviewers' desk.
    "index": row(nowhere, {CO_CHAIR, ELSEWHERE, RECUSED}, NO_ONE),
    "stream": row(stream_of, {CO_CHAIR, RECUSED}, {CO_CHAIR}, path_of_volunteer),
    "volunteer": row(
        lambda world: [world.desk.choice.public_id], {CO_CHAIR}, words=lambda _world: VOLUNTEER
    ),
    "explanation": row(
        lambda world: [world.decided.public_id],
        {CO_CHAIR, BOARD, ETHICS, MANAGER, CASEWORKER},
        words=lambda _world: VOLUNTEER,
    ),
    "shortlist": acts(stream_of, {CO_CHAIR, RECUSED}),
    "shortlist-undo": acts(stream_of, {CO_CHAIR, RECUSED}),
}


@pytest.fixture
def world() -> World:
    desk = make_desk()
    mine = make_user()
    own = _what_belongs_to(mine, desk)
    desk.cast("business", "accept")
    desk.cast("police", "decline")
    split = Split.objects.get(choice=desk.choice)
    another = desk.with_another()
    decided = agree(another)
    own["stand-in"] = desk.stand_in("police stand-in", "police").public_id
    other = make_desk(call=desk.call)
    another_volunteer = make_user()
    make_submitted(call=desk.call, user=another_volunteer)
    colleague = make_holder(Role.BOARD)
    for user in (colleague, desk.volunteer, another.volunteer):
        person = person_of(user)
        person.organisation = desk.organisations["business stand-in"]
        person.save()
    people = {
        OWN: mine,
        OTHER: another_volunteer,
        CO_CHAIR: desk.people["business"],
        ELSEWHERE: other.people["business"],
        RECUSED: desk.people["police deputy"],
        BOARD: desk.people["board private"],
        BOARD_RECUSED: desk.people["board police"],
        BOARD_COLLEAGUE: colleague,
        ETHICS: make_holder(Role.ETHICS_REVIEWER),
        MANAGER: desk.people["office"],
        MANAGER_RECUSED: make_holder(Role.OFFICE_MANAGER),
        CASEWORKER: make_holder(Role.CASEWORKER),
        COMMUNICATIONS: make_holder(Role.COMMUNICATIONS_OFFICER),
        AUDITOR: make_holder(Role.AUDITOR),
        NOBODY: make_user(),
    }
    for who in (RECUSED, BOARD_RECUSED, MANAGER_RECUSED):
        for each in (desk, another):
            workflow.stand_aside(each.now(), by=people[who], reason="A cousin.")
    split.refresh_from_db()
    return World(desk, split, decided, people, own)


def _what_belongs_to(user: User, desk: Desk) -> dict[str, object]:
    """Return the keys of one participant's own things: a place offered, one taken up, two not given."""
    form = make_submitted(*(make_project() for _each in range(4)), user=user, call=desk.call)
    give(Validation.objects.get(person=form.person), make_holder(Role.CASEWORKER, is_ready=False))
    undertakings.accept(form.person, by=user)
    offered, taken, declined, told = form.choices.order_by("rank")
    for choice, outcome in ((offered, "offered"), (taken, "offered"), (declined, "declined")):
        decide(choice, outcome)
    decision = decide(told, "declined")
    Letter.objects.create(decision=decision, code="time", written_by=desk.people["office"])
    asked = Reconsideration.objects.create(
        choice=declined, decision_key=decide_key(declined), grounds="Look again."
    )
    complaint = Complaint.objects.create(person=form.person, about="other", text="Slow.")
    question = Question.objects.create(
        choice=told, asked_by=desk.people["business"], side="business", text="Which nights?"
    )
    neighbour = NeighbourSuggestion.objects.create(choice=declined, project=make_project())
    return {
        "offer": offered.public_id,
        "membership": offers.accept(again(taken), by=user).public_id,
        "declined": declined.public_id,
        "letter": decision.public_id,
        "asked again": asked.public_id,
        "complaint": complaint.public_id,
        "neighbour": neighbour.public_id,
        "question": question.public_id,
        "ethics-review": open_review(make_project()).public_id,
    }


def decide_key(choice: ProjectChoice) -> str:
    """Return how the record names the decision about a choice."""
    return choice.decisions.get().record_key


def address_of(name: str, world: World) -> str:
    """Return the address of a row in this world."""
    return reverse(f"reviews:{name}", args=ROWS[name].address(world))


def absent(name: str, world: World) -> str | None:
    """Return the address of what is not there, of an address that names a row by a random key."""
    asked = ROWS[name].address(world)
    is_random = len(asked) == 1 and isinstance(asked[0], uuid.UUID)
    return reverse(f"reviews:{name}", args=[uuid.uuid4()]) if is_random else None


def asked(client: Client, address: str, row: Row) -> HttpResponseBase:
    """Return the answer of an address, asked as it is meant to be."""
    return client.post(address, {}) if row.is_posted else client.get(address)


def test_every_address_of_reviewing_has_a_row():
    named = {str(each.name) for each in urls.urlpatterns}
    assert not named - set(ROWS), f"Without a row in ROWS: {', '.join(sorted(named - set(ROWS)))}"
    assert not set(ROWS) - named, f"Of no address: {', '.join(sorted(set(ROWS) - named))}"


def test_everybody_gets_what_is_theirs_and_reads_of_nobody_else(world):
    """One test for all: what they ask about is made once."""
    clients = {who: signed_in(user) for who, user in world.people.items()}
    anonymous = Client()
    found: dict[str, dict[str, tuple[int, bool]]] = {}
    for name, row in ROWS.items():
        address = address_of(name, world)
        for each in (address, absent(name, world)):
            answer = asked(anonymous, each, row) if each else None
            assert answer is None or "/accounts/login/" in answer.headers["Location"], name
        found[name] = {}
        for who in WHO:
            answer = asked(clients[who], address, row)
            tells = row.tells_words(world) in answer.content.decode()
            found[name][who] = (answer.status_code, tells)
            if who not in row.opens:
                posted = clients[who].post(address, {})
                assert posted.status_code in {NONE, HTTPStatus.METHOD_NOT_ALLOWED}, (name, who)
            if missing := absent(name, world):
                assert clients[who].get(missing).status_code == NONE, (name, who)
    expected = {
        name: {who: (row.status_for(who), who in row.tells) for who in WHO}
        for name, row in ROWS.items()
    }
    assert found == expected


def test_every_role_has_a_column(world):
    held = {
        group
        for user in world.people.values()
        for group in user.groups.values_list("name", flat=True)
    }
    assert {role.value for role in Role} - {Role.CO_CHAIR.value} <= held
    assert set(world.people) == set(WHO)
