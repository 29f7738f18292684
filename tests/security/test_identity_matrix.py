"""Who reads which evidence of identity, on every address of the portal: words planted, and looked for.

Each field holds words that stand nowhere else. Every address is opened as every role, each console list
is searched for them, and they may show only where ALLOWED says so. An address that needs something to be
opened with which nothing here gives fails: say with what.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.http import HttpResponseBase
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from participants import policies, workflow
from participants.models import Validation
from participants.workflow import referees, validation
from participants.workflow.declarations import InterestGiven
from participants.workflow.referees import Answer
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import complete_answers, make_call, make_organisation, make_project, make_user
from tests.office import make_holder, search, signed_in
from tests.participants.interests.declaring import declare

pytestmark = pytest.mark.django_db

PLANTED = {
    "referee's name": "Quillfeather Umberdasch",
    "referee's address": "quillfeather@umberdasch.example",
    "telephone": "020 7946 0913",
    "method": "Spoke to a Mrs Brackenthwaite",
    "number": "1009334722107713",
    "question": "Which of the two Zellerby sites",
    "answer": "The one beside the Old Cooperage",
    "what they were told": "Nobody at Pimmerton House knew you",
    "reason of the office": "Suspected twin of Gorringe",
    "why a flag is no obstacle": "Domain is that of Wexcombe",
    "referee's comment": "Left under the Harkaway cloud",
    "interest's party": "Dunnockshaw Turnstiles",
    "interest's gain": "A tenth of what Sallowfield orders",
}
INTEREST = {"interest's party", "interest's gain"}
OWN = {"referee's name", "referee's address", "telephone", "question", "answer"}
OWN |= {"what they were told"} | INTEREST
FORM = {"referee's name", "referee's address", "telephone", "number"}
ALL = set(PLANTED)

# Of each role, by the beginning of an address, which of the words it may read there: nowhere else any.
# The person reads what they wrote or were told. The office reads the form and the case, but its own.
# The record tells managers and auditors what was done and why, in the words that were kept with it.
Allowed = dict[str, set[str]]
_CASEWORK: Allowed = {
    "/admin/participants/": ALL,
    "/admin/communications/email/": set(),
}
ALLOWED: dict[str, Allowed] = {
    "anonymous": {},
    "other participant": {},
    "the referee": {},
    "the person": {
        "/validation/": OWN - INTEREST,
        "/expression-of-interest/": FORM,
        "/declarations/": INTEREST,
    },
    "co-chair": {},
    "board": {},
    "ethics": {},
    "communications": {},
    "auditor": {"/admin/stepchange/event/": ALL - OWN},
    "caseworker": _CASEWORK,
    "manager": _CASEWORK | {"/admin/stepchange/event/": ALL - OWN},
    # All that is their colleague's is withheld from them (law 3): case, form, interests.
    "caseworker of the same organisation": {},
    "manager of the same organisation": {},
    "manager who has moved on": {},
}
ROLES: dict[str, tuple[Role, ...]] = {
    "other participant": (),
    "co-chair": (Role.CO_CHAIR,),
    "board": (Role.BOARD,),
    "ethics": (Role.ETHICS_REVIEWER,),
    "communications": (Role.COMMUNICATIONS_OFFICER,),
    "auditor": (Role.AUDITOR,),
    "caseworker": (Role.CASEWORKER,),
    "manager": (Role.OFFICE_MANAGER,),
    "caseworker of the same organisation": (Role.CASEWORKER,),
    "manager of the same organisation": (Role.OFFICE_MANAGER,),
    "manager who has moved on": (Role.OFFICE_MANAGER,),
}
# What opens every address of that parameter; the console's rows are opened each by its own page.
SLOW_AND_PUBLIC = ("/health/", "/metrics", "/static/")
SEARCHING = (
    "communications",
    "auditor",
    "manager",
    "caseworker of the same organisation",
    "manager who has moved on",
)


@dataclass
class World:
    """One case with words planted in each field, refused and asked for again."""

    person: User
    case: Validation
    token: str
    office: list[User] = field(default_factory=list)


@pytest.fixture
def world() -> World:
    person, project = (
        make_user("amina@harbour-vale.example", name="Amina Thistlewood"),
        make_project(),
    )
    entry = make_organisation(name="Harbour & Vale Hotels")
    said = complete_answers(project, email=person.email)
    said["about-you"]["telephone"] = PLANTED["telephone"]
    said["confirming"] |= {
        "referee_name": PLANTED["referee's name"],
        "referee_email": PLANTED["referee's address"],
        "identifier": PLANTED["number"],
    }
    draft = workflow.start(person, make_call(), received_at=clock.now())
    for page, answers in said.items():
        workflow.save_page(draft, page, answers, revision=0)
    workflow.submit(draft, by=person, received_at=clock.now())
    case = Validation.objects.select_related("person__user", "person__organisation").get()
    assert case.person.organisation == entry
    first, second = make_holder(Role.CASEWORKER), make_holder(Role.CASEWORKER)
    asked = case.referees.get()
    token = referees.mint_link(asked)
    referees.answer(token, Answer(name_is_right=True, comment=PLANTED["referee's comment"]))
    case.refresh_from_db()
    validation.record_check(
        case,
        kind="SIA licence",
        outcome="confirmed",
        method=PLANTED["method"],
        number=PLANTED["number"],
        by=first,
    )
    flag = policies.open_flags(case)[0]
    validation.settle_flag(
        case,
        kind=flag.kind,
        facts=flag.facts,
        by=first,
        reason=PLANTED["why a flag is no obstacle"],
    )
    validation.ask(case, question=PLANTED["question"], by=first)
    validation.answer(case, answer=PLANTED["answer"], by=person)
    declare(
        case.person,
        InterestGiven(
            kind="shareholdings",
            party=PLANTED["interest's party"],
            gain=PLANTED["interest's gain"],
        ),
    )
    told, reason = PLANTED["what they were told"], PLANTED["reason of the office"]
    validation.refuse(case, told=told, by=first, reason=reason)
    return World(person, case, token, [first, second])


def browser_as(role: str, world: World) -> Client:
    if role == "anonymous":
        return Client()
    if role == "the referee":
        client = Client()
        client.get(f"/referee/{world.token}/", follow=True)
        return client
    if role == "the person":
        return signed_in(world.person)
    user = make_holder(*ROLES[role])
    if "same organisation" in role or "moved on" in role:
        person = workflow.person_of(user)
        person.organisation = world.case.person.organisation
        person.save()
    if "moved on" in role:
        person.organisation = make_organisation(name="Elsewhere")
        person.save()
    return signed_in(user)


# Every address ----------------------------------------------------------------------------------------
def patterns(resolver: Any, names: str = "") -> Iterator[tuple[str, set[str]]]:
    """Yield the name of every address but allauth's, with what it is opened with."""
    for pattern in resolver.url_patterns:
        if str(pattern.pattern) == "accounts/":
            continue
        if hasattr(pattern, "url_patterns"):
            spaced = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from patterns(pattern, names + spaced)
        elif pattern.name:
            yield f"{names}{pattern.name}", set(pattern.pattern.converters)


def opened_with(world: World) -> dict[str, list[Any]]:
    """Return with what an address is opened, by the name of its parameter."""
    expression = world.person.person.expressions.get()
    return {
        "reference": [expression.reference],
        "number": [1],
        "slug": ["confirming", "about-you", "x"],
        "code": [expression.choices.get().project.code],
        "choice": [expression.choices.get().public_id],
        "public_id": [world.case.public_id],
        "key": [uuid.uuid4()],
        "handle": ["x"],
        "side": ["police"],
        "token": [world.token],
    }


def addresses(world: World) -> list[str]:
    """Return every address that is not a row's of the console."""
    known, found = opened_with(world), []
    for name, wanted in patterns(get_resolver()):
        if wanted & {"object_id", "step"}:
            continue
        missing = wanted - known.keys()
        assert not missing, f"say in opened_with what {name} is opened with: {missing}"
        for slug in known["slug"] if "slug" in wanted else [""]:
            told = {key: known[key][0] for key in wanted} | ({"slug": slug} if slug else {})
            try:
                found.append(reverse(name, kwargs=told))
            except NoReverseMatch:
                found.append(reverse(name, kwargs=told | {"app_label": "participants"}))
    return [path for path in found if not path.startswith(SLOW_AND_PUBLIC)]


def rows_of_the_console(world: World) -> list[str]:
    """Return the pages of rows: of those that tell of the case all, of others the first."""
    found = []
    for model, kind in admin.site._registry.items():
        rows = list(model._base_manager.order_by("-pk")[:1])
        if model is Event:
            rows = list(Event.objects.exclude(personal={}).order_by("pk"))
        for row in rows:
            found += [kind.page_of(row, "change"), kind.page_of(row, "history")]  # type: ignore[attr-defined]  # ours
            found += [kind.page_of(row, "step", step=step) for step in kind.steps]  # type: ignore[attr-defined]  # ours
    return found


def shows(response: HttpResponseBase) -> set[str]:
    """Return what is planted and stands in an answer: its words, its headers, where it leads."""
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]  # one of both
    text = body.decode(errors="ignore") + str(response.headers)
    return {what for what, words in PLANTED.items() if words in text or quote(words) in text}


def permitted(role: str, path: str) -> set[str]:
    fitting = [start for start in ALLOWED[role] if path.startswith(start)]
    return ALLOWED[role][max(fitting, key=len)] if fitting else set()


@pytest.mark.parametrize("role", ALLOWED)
def test_evidence_of_identity_shows_only_where_it_may(role, world):
    client, leaks, seen = browser_as(role, world), {}, set()
    for path in dict.fromkeys(addresses(world) + rows_of_the_console(world)):
        found = shows(client.get(path))
        seen |= found
        if leaked := found - permitted(role, path):
            leaks[path] = leaked

    assert leaks == {}
    if role == "the person":
        assert {"referee's name", "question", "answer", "what they were told"} <= seen


@pytest.mark.parametrize("role", SEARCHING)
def test_no_search_of_the_console_tells_of_it(role, world):
    """Neither a row nor a count: what is searched for is told back in the search box alone."""
    client = browser_as(role, world)
    lists = [kind.list_page() for kind in admin.site._registry.values()]
    nothing = "Umbrage of nothing at all"
    for path in lists:
        if client.get(path).status_code != HTTPStatus.OK:
            continue
        without = search(client, path, nothing).content.decode().count("/change/")
        for what in ("referee's name", "reason of the office"):
            if what in permitted(role, path):
                continue
            found = search(client, path, PLANTED[what]).content.decode()
            assert found.count("/change/") == without, f"{path} finds somebody by {what}"
