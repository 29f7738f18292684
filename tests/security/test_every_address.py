"""Every address of the portal stands in a matrix; those outside the console and reviewing, in this one.

Who is asked: the volunteer whose rows they are, another, a co-chair of the project chosen, one of another
work-stream, one who stood aside, the board, each role of the office, somebody without a role, and nobody
signed in. A row says how each is answered, and whether the volunteer reads there their name, reference,
organisation or what they wrote; nobody else ever does (law 7). To add an address, add its row: the first
test says which is missing, by its name, or by its route where it has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from participants.models import Declarant, ExpressionOfInterest
from participants.workflow import submit
from reviews import workflow
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import OF_THE_OFFICE, Role
from tests.builders import make_declaration, make_draft, make_entered, make_submitted, make_user
from tests.office import make_holder, signed_in
from tests.reviews.deciding import Desk, make_desk
from tests.security.test_console_matrix import MATRIX as OF_A_KIND
from tests.security.test_review_matrix import ROWS as REVIEWING

pytestmark = pytest.mark.django_db

OWN, OTHER, NOBODY, ANONYMOUS = "volunteer", "another volunteer", "nobody", "anonymous"
BY_TELEPHONE = "volunteer by telephone"
CO_CHAIR, ELSEWHERE, RECUSED = "co-chair", "co-chair elsewhere", "recused co-chair"
OFFICE = {role.value: role for role in Role if role is not Role.CO_CHAIR}
WHO = (OWN, OTHER, BY_TELEPHONE, CO_CHAIR, ELSEWHERE, RECUSED, *OFFICE, NOBODY, ANONYMOUS)
# The roster says who has declared, never what; the record that something was done, never what it says.
NOT_WITHHELD = {Declarant, Event}
NAME, FIRM, SECRET = "Quillon Zephyrine", "Vantablack Forge", "Nine winters at Sallowfield"


@dataclass
class World:
    """What there is of one volunteer, and everybody who asks."""

    desk: Desk
    form: ExpressionOfInterest
    people: dict[str, User]
    entered: str
    clients: dict[str, Client]

    @property
    def told(self) -> tuple[str, ...]:
        """Return what nobody but the volunteer, and whoever may judge them, may read."""
        return NAME, FIRM, SECRET, self.form.reference


@pytest.fixture(scope="module")
def world(_for_all) -> World:
    desk = make_desk()
    owner = make_user()
    form = planted(desk, owner)
    desk = replace(desk, choice=desk.now(form.choices.get()))
    make_declaration(owner)
    caseworker = make_holder(Role.CASEWORKER)
    people = {
        OWN: owner,
        OTHER: make_user(),
        BY_TELEPHONE: make_user(),
        CO_CHAIR: desk.people["business"],
        ELSEWHERE: make_desk(call=desk.call).people["business"],
        RECUSED: desk.people["police"],
        **{name: make_holder(role) for name, role in OFFICE.items()},
        NOBODY: make_user(),
    }
    make_submitted(call=desk.call, user=people[OTHER])
    workflow.stand_aside(desk.now(), by=people[RECUSED], reason="A cousin.")
    email = people[BY_TELEPHONE].email
    EmailAddress.objects.get_or_create(
        user=people[BY_TELEPHONE], email=email, defaults={"verified": True, "primary": True}
    )
    entered = make_entered(by=caseworker, call=desk.call, handed_over=True, email=email)
    clients = {who: signed_in(user) for who, user in people.items()} | {ANONYMOUS: Client()}
    return World(desk, form, people, entered.reference, clients)


PLANTED = {
    "about-you": {"full_name": NAME},
    "organisation": {"organisation": FIRM},
    "experience": {"experience": SECRET},
}


def planted(desk: Desk, user: User) -> ExpressionOfInterest:
    """Return what somebody submitted for a desk's project, with words that stand nowhere else."""
    form = make_draft(desk.project, user=user, call=desk.call)
    for page in form.pages.filter(page__in=PLANTED):
        page.answers |= PLANTED[page.page]
        page.save()
    submit(form, by=user, received_at=clock.now())
    return form


# How each address is answered -------------------------------------------------------------------------
OK, MOVED, ON, BARRED, NONE, ACTS = 200, 301, 302, 403, 404, 405
LOG_IN = "log in"
"""Sent to sign in: what whoever is not signed in gets, whether or not there is such a thing."""
Named = Callable[[World], Mapping[str, object]]


@dataclass(frozen=True)
class Row:
    """How those who are signed in are answered, how whoever is not is, and who differs."""

    signed_in: int | str
    anonymous: int | str
    others: Mapping[str, int] = field(default_factory=dict)
    tells: frozenset[str] = frozenset()
    """Who reads of the volunteer there."""
    named: Named = lambda _world: {}
    path: str = ""
    """The address itself, of a route without a name."""

    def answer(self, who: str) -> int | str:
        """Return how somebody is answered."""
        return self.anonymous if who == ANONYMOUS else self.others.get(who, self.signed_in)


def everybody(status: int | str = OK, **named: object) -> Row:
    """Return the row of what is the same for all, signed in or not."""
    return Row(status, status, named=lambda _world: named)


def each_their_own(
    status: int = OK, *, tells: bool = False, named: Named = lambda _world: {}, **others: int
) -> Row:
    """Return the row of what shows everybody what is their own: what of it may tell of the volunteer."""
    differ = {PEOPLE[name]: given for name, given in others.items()}
    return Row(status, LOG_IN, differ, frozenset({OWN} if tells else ()), named)


def of_the_volunteer(named: Named, status: int = OK) -> Row:
    """Return the row of what is one volunteer's, and is not there for anybody else."""
    return Row(NONE, LOG_IN, {OWN: status}, frozenset({OWN}), named)


def of_casework(status: int = OK, *, named: Named = lambda _world: {}) -> Row:
    """Return the row of what caseworkers and managers open, outside the console."""
    return Row(NONE, LOG_IN, dict.fromkeys(STAFF, status), named=named)


def of_compliance() -> Row:
    """Return the row of what auditors open too."""
    return Row(NONE, LOG_IN, dict.fromkeys((*STAFF, Role.AUDITOR.value), OK))


CONSOLE = tuple(role.value for role in OF_THE_OFFICE)
PEOPLE = {"own": OWN, "other": OTHER, "by_telephone": BY_TELEPHONE, "nobody": NOBODY}
STAFF = (Role.CASEWORKER.value, Role.OFFICE_MANAGER.value)


def reference(world: World) -> dict[str, object]:
    return {"reference": world.form.reference}


def entered(world: World) -> dict[str, object]:
    return {"reference": world.entered}


def first(_world: World) -> dict[str, object]:
    return {"number": 1}


def first_of_theirs(world: World) -> dict[str, object]:
    return {"reference": world.form.reference, "number": 1}


NO_LINK = "x" * 43

SIGNS_IN = Row(ON, OK)
"""What only whoever is not signed in has a use for."""
HANDED_OVER = of_casework(ON, named=entered)
ROWS: dict[str, Row] = {
    # Public.
    **{
        f"stepchange:{name}": everybody()
        for name in ("ethics", "privacy", "accessibility", "cookies", "security-model")
    },
    **{f"stepchange:{name}": everybody() for name in ("security-txt", "robots", "live", "ready")},
    **{
        f"projects:{name}": everybody()
        for name in ("home", "about", "work-streams", "list", "milestones", "calendar", "sitemap")
    },
    "projects:work-stream slug": Row(
        OK, OK, named=lambda world: {"slug": world.desk.project.work_stream.slug}
    ),
    "projects:detail code": Row(OK, OK, named=lambda world: {"code": world.desk.project.code}),
    "stepchange:forget-typing": everybody(ACTS),
    "communications:contact": everybody(),
    "communications:contact-sent": everybody(),
    # The demonstration's: not there in earnest.
    "communications:mailbox": everybody(NONE),
    "communications:message public_id": everybody(NONE, public_id=uuid4()),
    "communications:message-html public_id": everybody(NONE, public_id=uuid4()),
    # Signing in and out, and what it takes.
    "stepchange:signed-out": SIGNS_IN,
    "account_login": SIGNS_IN,
    "account_signup": SIGNS_IN,
    "account_request_login_code": SIGNS_IN,
    "account_logout": Row(OK, ON),
    "account_confirm_login_code": Row(ON, LOG_IN),
    "account_inactive": everybody(),
    "account_reset_password": everybody(),
    "account_confirm_password_reset_code": everybody(LOG_IN),
    "account_complete_password_reset": everybody(ON),
    "account_password_reset_completed": everybody(),
    "mfa_list_webauthn": everybody(ON),
    "mfa_download_recovery_codes": everybody(NONE),
    "mfa_remove_webauthn pk": everybody(NONE, pk=1),
    "mfa_edit_webauthn pk": everybody(NONE, pk=1),
    "passkey_rename handle": each_their_own(NONE, named=lambda _world: {"handle": "abc"}),
    "passkey_remove handle": each_their_own(NONE, named=lambda _world: {"handle": "abc"}),
    "end_sessions": everybody(ACTS),
    **{
        name: each_their_own()
        for name in (
            "confirm_by_code",
            "usersessions_list",
            "account_email",
            "account_set_password",
            "mfa_index",
            "mfa_generate_recovery_codes",
        )
    },
    **{
        name: each_their_own(ON)
        for name in (
            "account_reauthenticate",
            "account_email_verification_sent",
            "account_change_password",
            "mfa_authenticate",
            "mfa_reauthenticate",
            "mfa_reauthenticate_webauthn",
            "mfa_login_webauthn",
        )
    },
    "mfa_activate_totp": each_their_own(ON, by_telephone=OK),  # their address is confirmed
    "mfa_add_webauthn": each_their_own(ON, by_telephone=OK),
    "mfa_deactivate_totp": each_their_own(NONE),
    "mfa_view_recovery_codes": each_their_own(NONE),
    # The expression of interest.
    "participants:start": everybody(),
    "participants:questions": everybody(),
    "participants:suggestions": everybody(ACTS),
    "participants:tasks": each_their_own(tells=True),
    "participants:not-for-you": each_their_own(),
    "participants:check": each_their_own(ON, tells=True),
    "participants:discard": each_their_own(ON, tells=True),
    "participants:withdraw": each_their_own(ON, tells=True),
    "participants:work-email": each_their_own(ON),
    "participants:page slug": each_their_own(
        tells=True, named=lambda _world: {"slug": "about-you"}
    ),
    "participants:submitted": each_their_own(ON, tells=True, own=OK, other=OK),
    "participants:copy number": each_their_own(NONE, tells=True, named=first, own=OK, other=OK),
    "participants:copy-pdf number": each_their_own(NONE, tells=True, named=first, own=OK, other=OK),
    "participants:submitted-one reference": of_the_volunteer(reference),
    "participants:versions reference": of_the_volunteer(reference),
    "participants:withdraw-one reference": of_the_volunteer(reference),
    "participants:copy number reference": of_the_volunteer(first_of_theirs),
    "participants:copy-pdf number reference": of_the_volunteer(first_of_theirs),
    "participants:withdraw-choice choice": of_the_volunteer(
        lambda world: {"choice": world.desk.choice.public_id}, ON
    ),
    # Forms that the office takes by telephone.
    "participants:entered-begin": of_casework(),
    "participants:entered-tasks reference": HANDED_OVER,
    "participants:entered-details reference": HANDED_OVER,
    "participants:entered-check reference": HANDED_OVER,
    "participants:entered-page reference slug": of_casework(
        ON, named=lambda world: {"reference": world.entered, "slug": "about-you"}
    ),
    "participants:entered-mine": each_their_own(by_telephone=ON),
    "participants:entered-answer reference": Row(NONE, LOG_IN, {BY_TELEPHONE: OK}, named=entered),
    # The account, validation and declarations.
    "participants:account": each_their_own(tells=True),
    "participants:consent": everybody(ACTS),
    "participants:looked": each_their_own(),
    "participants:undertaking": each_their_own(),
    "participants:validation": each_their_own(),
    "participants:validation-answer": each_their_own(ON),
    "participants:validation-referee": each_their_own(ON, own=OK, other=OK),
    "participants:validation-appeal": each_their_own(ON),
    "participants:declarations": each_their_own(),
    "participants:declaration number": each_their_own(named=first, by_telephone=NONE, nobody=NONE),
    "participants:declare": each_their_own(),
    "participants:declare-interests": each_their_own(ON),
    "participants:declare-add": each_their_own(),
    "participants:declare-change key": each_their_own(ON, named=lambda _world: {"key": "general"}),
    "participants:declare-remove key": each_their_own(ON, named=lambda _world: {"key": "general"}),
    "participants:declare-check": each_their_own(ON),
    # Lost factors, invitations and referees: for whoever holds the link, signed in or not.
    "participants:lost-factor": everybody(),
    "participants:lost-factor-code": everybody(ON),
    "participants:lost-factor-asked": everybody(ON),
    "participants:lost-factor-cancel": everybody(ACTS),
    "participants:invitation": everybody(NONE),
    "participants:invitation-accept": everybody(ACTS),
    "participants:invitation-link token": everybody(ON, token=NO_LINK),
    "participants:referee": everybody(NONE),
    "participants:referee-erase": everybody(NONE),
    "participants:referee-thanks": everybody(NONE),
    "participants:referee-link token": everybody(ON, token=NO_LINK),
    # The console, beside the pages of its kinds.
    "admin:index": Row(NONE, LOG_IN, dict.fromkeys(CONSOLE, OK)),
    "admin:login": Row(NONE, LOG_IN, dict.fromkeys(CONSOLE, ON)),
    "admin:logout": Row(NONE, LOG_IN, dict.fromkeys(CONSOLE, ACTS)),
    "admin:password_change": Row(NONE, LOG_IN, dict.fromkeys(CONSOLE, ON)),
    "admin:jsi18n": Row(NONE, LOG_IN, dict.fromkeys(CONSOLE, OK)),
    "admin:app_list app_label": Row(
        NONE, LOG_IN, dict.fromkeys(CONSOLE, OK), named=lambda _world: {"app_label": "projects"}
    ),
    # Beside the pages that every kind of row has: questions, files, and what is done to many.
    "admin:participants_conflictsuggestion_ask": of_casework(),
    "admin:participants_declarant_export": of_compliance(),
    "admin:participants_registerholder_export": of_compliance(),
    "admin:reviews_decision_release": Row(
        NONE, LOG_IN, {Role.CASEWORKER.value: BARRED, Role.OFFICE_MANAGER.value: OK}
    ),
    # Routes without a name of their own.
    "/projects/<str:code>": Row(NONE, NONE, path="/projects/ZZ99"),
    "/work-streams/<str:slug>": Row(NONE, NONE, path="/work-streams/nowhere"),
    "/accounts/2fa/webauthn/keys/<path:number>": Row(
        NONE, NONE, path="/accounts/2fa/webauthn/keys/1"
    ),
    "/admin/(?P<url>.*)$": Row(NONE, LOG_IN, path="/admin/nowhere/"),
}


@dataclass(frozen=True)
class Address:
    """One route of the portal: its namespace, its name, what stands in it, and how it is written."""

    space: str
    name: str
    parts: tuple[str, ...]
    route: str

    @property
    def key(self) -> str:
        """Return how a row names it: by its name and what stands in it, or by its route."""
        if not self.name:
            return f"/{self.route}"
        spaced = f"{self.space}:{self.name}" if self.space else self.name
        return " ".join([spaced, *sorted(self.parts)])


def every_address() -> Iterator[Address]:
    """Yield every route of the portal; one that is overridden, with what overrides it, once."""

    def inside(resolver: URLResolver, at: Address) -> Iterator[Address]:
        for each in resolver.url_patterns:
            parts = (*at.parts, *each.pattern.regex.groupindex)
            route = at.route + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from inside(each, Address(each.namespace or at.space, "", parts, route))
            else:
                yield Address(at.space, each.name or "", parts, route)

    every = list(inside(get_resolver(), Address("", "", (), "")))
    named = {each.route for each in every if each.name}
    yield from dict.fromkeys(each for each in every if each.name or each.route not in named)


PAGES = ("changelist", "add", "change", "history", "step")


def is_of_a_kind(address: Address) -> bool:
    """Say whether it is a page that every kind of row has in the console: those have a matrix."""
    labels = {each._meta.label: f"{each._meta.label_lower}_" for each in admin.site._registry}
    names = {
        start.replace(".", "_") + page
        for label, start in labels.items()
        for page in PAGES
        if label in OF_A_KIND
    }
    return address.space == "admin" and address.name in names


def is_of_reviewing(address: Address) -> bool:
    """Say whether it is an address of reviewing: those have a matrix."""
    return address.space == "reviews" and address.name in REVIEWING


def address_of(key: str, world: World) -> str:
    """Return the address of a row in this world."""
    row = ROWS[key]
    return row.path or reverse(key.split()[0], kwargs=dict(row.named(world)))


def made_up(key: str, world: World) -> str | None:
    """Return the address of what is not there, of a row about something of somebody's."""
    told = dict(ROWS[key].named(world))
    if not set(told) & set(MADE_UP):
        return None
    return reverse(
        key.split()[0], kwargs=told | {name: MADE_UP.get(name, told[name]) for name in told}
    )


MADE_UP: dict[str, object] = {"reference": "SC-22222222", "choice": uuid4()}


def said_by(answer: HttpResponseBase) -> str:
    """Return what an answer holds, whether it came at once or bit by bit."""
    whole = getattr(answer, "content", None)
    if whole is None:
        whole = b"".join(getattr(answer, "streaming_content", ()))
    return bytes(whole).decode(errors="replace")


def heard(answer: HttpResponseBase, address: str) -> str:
    """Return what an answer holds and what its headers say, but for the address that was asked."""
    return (said_by(answer) + str(answer.headers)).replace(quote(address), "").replace(address, "")


def test_every_address_has_a_row():
    rest = {
        each.key: each.route
        for each in every_address()
        if not is_of_a_kind(each) and not is_of_reviewing(each)
    }
    missing = [f"{key} ({route})" for key, route in rest.items() if key not in ROWS]
    assert not missing, f"Without a row in ROWS: {', '.join(missing)}"
    assert not set(ROWS) - set(rest), f"Of no address: {', '.join(set(ROWS) - set(rest))}"


def test_no_two_routes_hide_behind_one_row():
    routes: dict[str, set[str]] = {}
    for each in every_address():
        routes.setdefault(each.key, set()).add(each.route)
    assert not {key: found for key, found in routes.items() if len(found) > 1}


def test_everybody_gets_what_is_theirs_and_reads_of_nobody_else(world):
    """One test for all: what they ask about is made once."""
    found: dict[str, dict[str, tuple[int | str, bool]]] = {}
    for key in ROWS:
        address, found[key] = address_of(key, world), {}
        for who in WHO:
            answer = world.clients[who].get(address)
            to_log_in = answer.headers.get("Location", "").startswith("/accounts/login/")
            tells = any(words in heard(answer, address) for words in world.told)
            found[key][who] = (LOG_IN if to_log_in else answer.status_code, tells)
    differ = [
        (key, who, found[key][who], wanted)
        for key, row in ROWS.items()
        for who in WHO
        if found[key][who] != (wanted := (row.answer(who), who in row.tells))
    ]
    assert not differ, "\n".join(map(str, differ))


def test_what_is_not_there_is_answered_as_what_is_another_s(world):
    """Law 7: nobody learns whether there is such a form, choice or entered form, nor by posting to it."""
    for who, client in world.clients.items():
        nothing = blank(said_by(client.get("/nowhere/")))
        for key, row in ROWS.items():
            wanted = row.answer(who)
            missing = made_up(key, world)
            if who == ANONYMOUS:
                answer = client.get(missing) if missing else None
                assert answer is None or "/accounts/login/" in answer.headers["Location"], key
                continue
            asked = [missing] if missing else []
            if wanted == NONE and (missing or row.anonymous != NONE):
                asked.append(theirs := address_of(key, world))
                assert client.post(theirs, {}).status_code in {NONE, ACTS}, (key, who)
            for address in asked:
                answer = client.get(address)
                assert answer.status_code == NONE, (key, who)
                assert blank(said_by(answer)) == nothing, (key, who)


def blank(page: str) -> str:
    """Return a page without what no two answers share: its reference."""
    return re.sub(r"[A-Z0-9]{8}", "", page)
