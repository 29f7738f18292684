"""What strangers to browsers send to the pages of outcomes, answers and the board: told of, never a 500.

Each attempt is undone again, so that all of them meet the same world. That an exception is raised at all
fails the test: the test's browser lets none pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from participants.models import ProjectChoice
from reviews.models import Complaint, Letter, Membership, Split
from reviews.policies import versions_of
from reviews.workflow import casework
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import make_project
from tests.office import make_holder, signed_in
from tests.reviews.deciding import make_desk
from tests.reviews.members import (
    again,
    decide,
    make_choice,
    make_member,
    make_offered,
    manager,
    open_review,
    own,
    person,
)

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
TOLD, TAKEN, TOO_MUCH = {200}, {302}, {400, 413}
HOSTILE: dict[str, tuple[str, set[int]]] = {
    "a null": ("Look\x00again", TOLD),
    "turned right to left": ("Look \u202eagain", TOLD),
    "unseen": ("Look\u200b\u2066again", TOLD),
    "too long": ("x" * 4001, TOLD),
    "a megabyte": ("x" * 1_000_000, TOO_MUCH),
    "only space": ("\u3000 \r\n\t", TOLD | TAKEN),  # where it may be left out, it is
    "lines": ("One\r\nTwo\rThree\u2028Four", TAKEN),
    "a script": ("<script>alert(1)</script>{{ 7|add:7 }}{% now 'Y' %}", TAKEN),
    "a formula": ('=HYPERLINK("http://x.example","a")', TAKEN),
    "a header": ("Hello\r\nBcc: all@users.example", TAKEN),
    "a query": ("'; DROP TABLE reviews_offer; --", TAKEN),
}
MORE = {
    "state": "ended",
    "id": "1",
    "pk": "1",
    "answered_by": "1",
    "person": "1",
    "by": "1",
    "csrfmiddlewaretoken": "x",
}


@dataclass
class Page:
    """One page with a form: where, whose, what is well sent, and which of it is free text."""

    url: str
    user: User
    good: dict[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    is_free: bool = True
    """Whether any text will do: not where it has to be an address or a day."""


def make_pages() -> dict[str, Page]:
    """Return every page of a participant's own, of answers, letters and the board, by its name."""
    desk = make_desk()
    desk.cast("business", "accept")
    desk.cast("police", "decline")
    split = Split.objects.get()
    named = desk.stand_in("police stand-in", "police")
    offered, member = make_offered(call=desk.call), make_member(call=desk.call)
    declined, other = _declined(desk), _declined(desk)
    near = make_project(work_stream=declined.project.work_stream)
    suggested = casework.suggest_neighbour(declined, near, by=manager())
    asked = casework.ask_to_look_again(other, grounds="Anew.", by=own(other))
    complaint = casework.complain(person(own(other)), about="other", text="Slow.", by=own(other))
    decision = other.decisions.get()
    Letter.objects.create(decision=decision, code="time", written_by=desk.people["office"])
    review = open_review(make_project())
    board, ethics = desk.people["board private"], make_holder(Role.ETHICS_REVIEWER)
    whom = make_holder(Role.BOARD)
    today = clock.today()
    days = {"starts_on": today.isoformat(), "ends_on": (today + timedelta(days=9)).isoformat()}
    sat, seen = desk.people["police deputy"], versions_of(desk.now()).seen

    def at(name: str, *key: object) -> str:
        return reverse(f"reviews:{name}", args=key)

    stream = desk.project.work_stream.slug
    answering = {"answer": "We are sorry."}
    return {
        "own": Page(at("own"), own(offered)),
        "offer": Page(
            at("offer", offered.public_id),
            own(offered),
            {"answer": "turn down", "reason": "No."},
            ("reason",),
        ),
        "membership": Page(at("membership", member.public_id), own(member.choice)),
        "step down": Page(
            at("step-down", member.public_id), own(member.choice), {"reason": "No."}, ("reason",)
        ),
        "look again": Page(
            at("look-again", declined.public_id), own(declined), {"grounds": "No."}, ("grounds",)
        ),
        "neighbour": Page(at("neighbour", suggested.public_id), own(declined), {"answer": "yes"}),
        "complain": Page(
            at("complain"), own(declined), {"about": "office", "text": "Rude."}, ("text",)
        ),
        "letter": Page(at("letter", decision.public_id), own(other)),
        "ethics": Page(at("ethics"), ethics),
        "ethics review": Page(
            at("ethics-review", review.public_id),
            ethics,
            {"outcome": "conditions", "conditions": "No bids.", "reason": "Small."},
            ("conditions", "reason"),
        ),
        "answers": Page(at("answers"), board),
        "answer again": Page(
            at("answer-again", asked.public_id),
            board,
            answering | {"outcome": "again"},
            ("answer",),
        ),
        "complaint": Page(
            at("answer-complaint", complaint.public_id), board, answering, ("answer",)
        ),
        "whom": Page(
            at("name-in-complaint", complaint.public_id),
            board,
            {"whom": str(whom.public_id)},
            ("whom",),
            is_free=False,
        ),
        "board": Page(at("board"), board),
        "split": Page(
            at("board-split", split.public_id),
            board,
            {"view": "accept", "reason": "Fits.", "seen": seen},
            ("reason",),
        ),
        "split, aside": Page(
            at("board-split", split.public_id),
            board,
            {"do": "aside", "aside_reason": "Kin."},
            ("aside_reason",),
        ),
        "stand-in": Page(
            at("board-stand-in", stream, "police"),
            board,
            {"email": sat.email, "reason": "Away.", **days},
            ("email", "starts_on", "ends_on", "organisation"),
            is_free=False,
        ),
        "stand-in, why": Page(
            at("board-stand-in", stream, "police"),
            board,
            {"email": sat.email, "reason": "Away.", **days},
            ("reason",),
        ),
        "end": Page(
            at("board-end-stand-in", named.public_id),
            board,
            {"ends_on": today.isoformat(), "reason": "Back."},
            ("reason",),
        ),
        "end, when": Page(
            at("board-end-stand-in", named.public_id),
            board,
            {"ends_on": today.isoformat(), "reason": "Back."},
            ("ends_on",),
            is_free=False,
        ),
    }


def _declined(desk) -> ProjectChoice:
    choice = make_choice(call=desk.call)
    decide(choice, "declined")
    return again(choice)


def tried(act: Callable[[], None]) -> None:
    """Do something, and undo it."""
    with transaction.atomic():
        act()
        transaction.set_rollback(True)


def test_whatever_is_sent_is_taken_or_told_of_and_never_an_error():
    """One test for all: the world that they are sent to is made once."""
    pages = make_pages()
    clients = {each.user.pk: signed_in(each.user) for each in pages.values()}
    addresses = {page.url: name for name, page in reversed(pages.items())}
    with connection.execute_wrapper(_asks_of_no_null):
        for name, page in pages.items():
            client = clients[page.user.pk]
            if addresses[page.url] == name:
                _reads(name, client, page)
            if page.good:
                _sends(name, client, page)
                tried(lambda client=client, page=page, name=name: _sends_well(name, client, page))


def _asks_of_no_null(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
    """Refuse, as PostgreSQL does and SQLite does not, what holds a null character."""
    said = params.values() if isinstance(params, dict) else params or ()
    assert not any("\x00" in each for each in said if isinstance(each, str)), sql
    return execute(sql, params, many, context)


def _reads(name: str, client: Client, page: Page) -> None:
    """Ask in every way but by posting: it is shown, and nothing is done."""
    before = _what_is()
    said = f"{page.url}?{urlencode(page.good | MORE)}"
    assert client.get(said).status_code == client.head(page.url).status_code == 200, name
    for refused in (client.put, client.delete):
        assert refused(page.url, urlencode(page.good), FORM).status_code == 405, name
    if not page.good:
        assert client.post(page.url, MORE).status_code == 405, name
    for wrong in ("%00", "..%2f..", str(uuid4())):
        other = re.sub(r"[0-9a-f-]{36}", wrong, page.url)
        if other != page.url:
            expected = 400 if wrong == "%00" else 404
            assert client.get(other).status_code == expected, (name, wrong)
            if page.good and "-" in wrong:
                assert client.post(other, page.good).status_code == expected, (name, wrong)
    assert _what_is() == before, name


def _sends(name: str, client: Client, page: Page) -> None:
    """Post what is wrong: told of beside what was typed, with nothing done."""
    before = _what_is()
    if name != "step down":  # nothing of which has to be said
        assert client.post(page.url, MORE).status_code == 200, name
    for each in page.good:
        wrong = {**page.good, each: ["\x00", "nowhere", "<b>"]}
        if each not in page.texts and each not in {"reason", "seen", "do"}:
            assert client.post(page.url, wrong).status_code == 200, (name, each)
    if name != "step down":
        assert client.post(page.url, b"reason=%ff%fe&answer=%00&\xff", FORM).status_code == 200, (
            name
        )
    assert _what_is() == before, name
    for kind, (words, statuses) in HOSTILE.items() if page.texts else ():
        if statuses == TOO_MUCH and name not in {"offer", "whom", "stand-in"}:
            continue  # it is turned away before any page is asked
        expected = statuses if page.is_free or statuses == TOO_MUCH else TOLD

        def send(words=words, expected=expected, kind=kind) -> None:
            answer = client.post(page.url, page.good | dict.fromkeys(page.texts, words))
            assert answer.status_code in expected, (name, kind, answer.status_code)
            shown = answer if answer.status_code != 302 else client.get(answer["Location"])
            assert "<script>alert" not in shown.content.decode(), (name, kind)

        tried(send)


def _sends_well(name: str, client: Client, page: Page) -> None:
    """Post what is right, with more than is asked, and again: done once, whatever else was sent."""
    assert client.post(page.url, MORE | page.good).status_code == 302, name
    once = _what_is()
    twice = client.post(page.url, page.good)
    assert twice.status_code in {200, 302, 404, 409}, name
    if name not in {"complain", "stand-in", "stand-in, why", "split", "end", "end, when"}:
        assert _what_is() == once, name


def _what_is() -> tuple[object, ...]:
    """Return what the record and the rows tell, but for who looked."""
    events = Event.objects.exclude(kind="participants.person.looked")
    states = ProjectChoice.objects.order_by("pk").values_list("state", flat=True)
    members = Membership.objects.order_by("pk").values_list("state", flat=True)
    return events.count(), tuple(states), tuple(members), Complaint.objects.count()
