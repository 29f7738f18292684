"""Every address of reviewing, for every role, on what is theirs, another's, and what they may not judge.

A row for each name of `reviews.urls`: who gets the page, and who of them is told of the volunteer. To add
an address, add its row to `ROWS`; the first test says which is missing. Anonymous or closed: the log-in
page. Not theirs or withheld from them: the 404, word for word, of what does not exist (law 7).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import pytest
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
from tests.builders import make_project, make_ready, make_submitted, make_user
from tests.communications.cast import give
from tests.html_validity import problems_of
from tests.office import make_holder, signed_in
from tests.reviews.deciding import Desk, make_desk
from tests.reviews.members import again, decide, open_review, own

pytestmark = pytest.mark.django_db
YES, AWAY, NONE = 200, 302, 404
VOLUNTEER = "Amina Thistlewood"
ASKED = "Which of the two Zellerby sites?"

OWN, OTHER, JUDGED = "volunteer", "another volunteer", "the volunteer who is judged"
CO_CHAIR, ELSEWHERE, RECUSED = "co-chair", "co-chair elsewhere", "recused co-chair"
IDLE, DEPUTY, STAND_IN, NOT_NAMED = "idle deputy", "deputy", "stand-in", "not named stand-in"
BOARD, BOARD_RECUSED, BOARD_COLLEAGUE = "board", "recused board", "board colleague"
ETHICS, MANAGER, MANAGER_RECUSED = "ethics", "manager", "recused manager"
CASEWORKER, COMMUNICATIONS, AUDITOR, NOBODY = "caseworker", "communications", "auditor", "nobody"
WHO = (
    OWN,
    OTHER,
    JUDGED,
    CO_CHAIR,
    IDLE,
    DEPUTY,
    STAND_IN,
    NOT_NAMED,
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
SITTING = {CO_CHAIR, IDLE, DEPUTY, STAND_IN}
"""Who sits for the work-stream, and may see the volunteer."""
AT_THE_DESK = SITTING | {RECUSED}
NEAR = {ELSEWHERE, RECUSED, BOARD_RECUSED, MANAGER_RECUSED, AUDITOR, NOBODY}
"""Who is asked, beside those to whom an address opens, for what is not there."""


@dataclass(frozen=True)
class Row:
    """Who is answered with a page by an address; of them, who is told of the volunteer there."""

    address: Callable[[World], list[object]]
    opens: frozenset[str] = frozenset()
    tells: frozenset[str] = frozenset()
    tells_words: Callable[[World], str] = lambda world: world.reference
    posts: Callable[[World], dict[str, object]] | None = None
    """What is sent to an address that is only posted to."""
    leads_on: frozenset[str] = frozenset()
    """Of those who are answered, who is led on to a page and gets none here."""

    def status_for(self, who: str) -> int:
        """Return how somebody is answered."""
        return NONE if who not in self.opens else AWAY if who in self.leads_on else YES


@dataclass
class World:
    """One work-stream with a split and what two decided, and what belongs to the addresses of others."""

    desk: Desk
    split: Split
    decision: Decision
    people: dict[str, User]
    own: dict[str, object]
    clients: dict[str, Client] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """Return how the volunteer of the split is told of in a list."""
        return self.desk.choice.expression.reference


def row(
    address: Callable[[World], list[object]],
    opens: set[str],
    tells: set[str] | None = None,
    words: Callable[[World], str] = lambda world: world.reference,
    **fields: Any,
) -> Row:
    """Return a row: who gets the page, and who of them reads of the volunteer."""
    told = frozenset(opens if tells is None else tells)
    return Row(address, frozenset(opens), told, words, **fields)


def key_of(name: str) -> Callable[[World], list[object]]:
    """Return the address of a row that belongs to the volunteer."""
    return lambda world: [world.own[name]]


def nowhere(_world: World) -> list[object]:
    """Return the address of what has no key."""
    return []


def slug_of_the_stream(world: World) -> list[object]:
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
    "questions": row(nowhere, EVERYBODY, {OWN}, lambda _world: ASKED),
    "question": row(key_of("question"), {OWN}, {OWN}, lambda _world: ASKED),
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
    "name-in-complaint": row(key_of("complaint"), EVERY_BOARD | EVERY_MANAGER, NO_ONE),
    # The reviewers' desk.
    "index": row(nowhere, AT_THE_DESK | {ELSEWHERE}, NO_ONE),
    "stream": row(slug_of_the_stream, AT_THE_DESK, SITTING, path_of_volunteer),
    "volunteer": row(
        lambda world: [world.desk.choice.public_id], SITTING, words=lambda _world: VOLUNTEER
    ),
    "explanation": row(
        lambda world: [world.decision.public_id],
        SITTING | {BOARD, ETHICS, MANAGER, CASEWORKER},
        words=lambda _world: VOLUNTEER,
    ),
    "shortlist": row(
        slug_of_the_stream,
        AT_THE_DESK,
        SITTING,
        lambda _world: VOLUNTEER,
        posts=lambda world: {"choice": [world.desk.choice.public_id]},
        leads_on=frozenset({RECUSED}),  # who sees none to put there
    ),
    "shortlist-undo": row(
        slug_of_the_stream, AT_THE_DESK, NO_ONE, posts=lambda _world: {}, leads_on=frozenset(WHO)
    ),
}


@pytest.fixture(scope="module")
def world(_for_all) -> World:
    desk = make_desk()
    mine = make_user()
    keys = _what_belongs_to(mine, desk)
    other = make_desk(call=desk.call)
    # Two are judged: both sides agreed on the first, and differ on the second.
    desk.cast("business")
    desk.cast("police")
    decision = Decision.objects.get(choice=desk.choice)
    recused = (desk.people["police"], desk.people["board police"], make_holder(Role.OFFICE_MANAGER))
    _all_stand_aside(recused, desk)
    desk = desk.with_another()
    _all_stand_aside(recused, desk)
    desk.cast("business", "accept")
    desk.cast("police deputy", "decline")
    split = Split.objects.get(choice=desk.choice)
    keys["stand-in"] = desk.stand_in("police stand-in", "police").public_id
    colleague = make_holder(Role.BOARD)
    for user in (colleague, desk.volunteer, own(decision.choice)):
        person = person_of(user)
        person.organisation = desk.organisations["business stand-in"]
        person.save()
    people = {
        OWN: mine,
        OTHER: own(make_submitted(call=desk.call).choices.get()),
        JUDGED: desk.volunteer,
        CO_CHAIR: desk.people["business"],
        IDLE: desk.people["business deputy"],
        DEPUTY: desk.people["police deputy"],
        STAND_IN: desk.people["police stand-in"],
        NOT_NAMED: desk.people["business stand-in"],
        ELSEWHERE: other.people["business"],
        RECUSED: desk.people["police"],
        BOARD: desk.people["board private"],
        BOARD_RECUSED: desk.people["board police"],
        BOARD_COLLEAGUE: colleague,
        ETHICS: make_holder(Role.ETHICS_REVIEWER),
        MANAGER: desk.people["office"],
        MANAGER_RECUSED: recused[-1],
        CASEWORKER: make_holder(Role.CASEWORKER),
        COMMUNICATIONS: make_holder(Role.COMMUNICATIONS_OFFICER),
        AUDITOR: make_holder(Role.AUDITOR),
        NOBODY: make_ready(make_user()),
    }
    clients = {who: signed_in(user) for who, user in people.items()}
    return World(desk, split, decision, people, keys, clients)


def _all_stand_aside(people: Iterable[User], desk: Desk) -> None:
    for user in people:
        workflow.stand_aside(desk.now(), by=user, reason="A cousin.")


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
    neighbour = NeighbourSuggestion.objects.create(choice=declined, project=make_project())
    put = Question.objects.create(
        choice=told, asked_by=desk.people["police"], side="police", text=ASKED
    )
    return {
        "offer": offered.public_id,
        "membership": offers.accept(again(taken), by=user).public_id,
        "declined": declined.public_id,
        "letter": decision.public_id,
        "asked again": asked.public_id,
        "complaint": complaint.public_id,
        "neighbour": neighbour.public_id,
        "question": put.public_id,
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


def test_every_address_of_reviewing_has_a_row():
    named = {str(each.name) for each in urls.urlpatterns}
    assert not named - set(ROWS), f"Without a row in ROWS: {', '.join(sorted(named - set(ROWS)))}"
    assert not set(ROWS) - named, f"Of no address: {', '.join(sorted(set(ROWS) - named))}"


def ask(client: Client, name: str, world: World, address: str) -> Any:
    """Ask for an address, or send it what its row says."""
    posts = ROWS[name].posts
    return client.post(address, posts(world)) if posts else client.get(address)


def body(answer: Any) -> str:
    """Return a page without what no two answers share: its reference."""
    return re.sub(r"[A-Z0-9]{8}", "", answer.content.decode())


def test_everybody_gets_what_is_theirs_and_reads_of_nobody_else(world):
    """One test for all: what they ask about is made once."""
    found: dict[str, dict[str, tuple[int, bool]]] = {}
    nothing = {who: body(client.get("/review/nowhere/")) for who, client in world.clients.items()}
    for name, row in ROWS.items():
        address, missing = address_of(name, world), absent(name, world)
        found[name] = {}
        for who, client in world.clients.items():
            answer = ask(client, name, world, address)
            tells = row.tells_words(world) in answer.content.decode()
            found[name][who] = (answer.status_code, tells)
            if who not in row.opens:
                assert body(answer) == nothing[who], (name, who)
                posted = client.post(address, {})
                assert posted.status_code in {NONE, HTTPStatus.METHOD_NOT_ALLOWED}, (name, who)
            if missing and who in row.opens | NEAR:
                answer = client.get(missing)
                assert answer.status_code == NONE, (name, who)
                assert body(answer) == nothing[who], (name, who)
    expected = {
        name: {who: (row.status_for(who), who in row.tells) for who in WHO}
        for name, row in ROWS.items()
    }
    assert found == expected


def test_every_page_is_valid(world):
    """As whoever opens it first gets it, by the Nu HTML checker."""
    pages = {}
    for name, row in ROWS.items():
        who = next(each for each in WHO if each in row.opens)
        answer = ask(world.clients[who], name, world, address_of(name, world))
        if answer.status_code == YES:
            pages[name] = answer.content.decode()
    assert len(pages) > len(ROWS) / 2
    assert problems_of(pages) == {}


def test_the_anonymous_and_the_closed_get_the_log_in_whether_or_not_it_exists(world):
    closed = signed_in(make_ready(make_user(is_active=False)))
    for client in (Client(), closed):
        for name in ROWS:
            for address in filter(None, (address_of(name, world), absent(name, world))):
                answer = ask(client, name, world, address)
                assert "/accounts/login/" in answer.headers["Location"], name
        assert "/accounts/login/" in client.get("/review/nowhere/").headers["Location"]


def test_every_role_has_a_column(world):
    held = {
        group
        for user in world.people.values()
        for group in user.groups.values_list("name", flat=True)
    }
    assert {role.value for role in Role} - {Role.CO_CHAIR.value} <= held
    assert set(world.people) == set(WHO)
