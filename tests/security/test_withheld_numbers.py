"""Lists, counts, searches and files are, for whom somebody is withheld from, as if they were not there.

Every page that lists or counts people is read before somebody volunteers and after. For those whom law 3
keeps from them it has to be the same page, but for how many are withheld; to an unconflicted colleague of
theirs it has to tell of them. A new kind of row of the console is read too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import unified_diff
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from participants.models import ExpressionOfInterest, LikelyPair
from participants.workflow import give_extension, person_of, submit
from projects.models import Project
from reviews import workflow
from reviews.models import Membership, Question, Reconsideration, ReservePlace, Split
from reviews.workflow import casework
from stepchange import clock
from stepchange.console.exports import ExportPages
from stepchange.console.pages import ConsoleAdmin
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import (
    make_draft,
    make_entered,
    make_interest,
    make_organisation,
    make_project,
    make_user,
)
from tests.office import make_holder, search, signed_in
from tests.reviews.deciding import Desk, make_desk
from tests.security.test_every_address import said_by
from workstreams.models import Organisation

pytestmark = pytest.mark.django_db

NAME, FIRM, SECRET = "Quillon Zephyrine", "Vantablack Forge", "Nine winters at Sallowfield"
PLANTED: dict[str, dict[str, str]] = {
    "about-you": {"full_name": NAME, "telephone": "020 7946 0913"},
    "experience": {"experience": SECRET},
    # Nobody else's, lest these two be compared: what another's row tells of that is another matter.
    "confirming": {"referee_name": "Ottoline Brack", "referee_email": "o.brack@umberdasch.example"},
}
OK = 200
SEARCHED = NAME.split()[1]
COLLEAGUES = {
    "board colleague": Role.BOARD,
    "manager colleague": Role.OFFICE_MANAGER,
    "ethics colleague": Role.ETHICS_REVIEWER,
}
RECUSED = ("recused co-chair", "recused board", "recused manager")
# Of these nobody is withheld: the record says that something was done and who has an account, never what
# somebody is or says; the ledger of emails names references.
NOT_WITHHELD = {"stepchange.Event", "stepchange.User", "participants.Declarant"}
NOT_WITHHELD |= {"communications.Email", "workstreams.Organisation"}
# What those who stood aside read of choices; of identity and interests they judge no choice.
OF_CHOICES = {"index", "stream", "board", "answers", "ethics", "participants.ProjectChoice"}
OF_CHOICES |= {f"reviews.{each}" for each in ("Split", "Decision", "Membership", "ReservePlace")}
TELLS: dict[str, set[str]] = {
    "co-chair": {"stream ", "stream searched"},
    "board": {"board", "answers"},
    "manager": OF_CHOICES - {"index", "stream", "board", "ethics", "answers"}
    | {f"participants.{each}" for each in ("ExpressionOfInterest", "Person", "Validation")},
}
"""Who is told, of those who are asked the same pages: so that this can fail."""


@dataclass
class World:
    """A desk with one volunteer whom anybody may see, and everybody who asks."""

    desk: Desk
    projects: list[Project]
    firm: Organisation
    people: dict[str, User]
    clients: dict[str, Client]


@pytest.fixture(scope="module")
def world(_for_all) -> World:
    desk = make_desk()
    stream = desk.project.work_stream
    projects = [desk.project, *(make_project(work_stream=stream) for _each in range(3))]
    firm = make_organisation(name=FIRM)
    people = {
        "co-chair": desk.people["business"],
        "board": desk.people["board private"],
        "manager": make_holder(Role.OFFICE_MANAGER),
        "recused co-chair": desk.people["police"],
        "recused board": desk.people["board police"],
        "recused manager": desk.people["office"],
        **{who: make_holder(role) for who, role in COLLEAGUES.items()},
    }
    for who in COLLEAGUES:
        person = person_of(people[who])
        person.organisation = firm
        person.save()
    return World(
        desk, projects, firm, people, {who: signed_in(user) for who, user in people.items()}
    )


def somebody_volunteers(world: World) -> ExpressionOfInterest:
    """Let a colleague of some volunteer for four projects, and everything happen that is listed."""
    desk, user = replace(world.desk), make_user()
    form = make_draft(*world.projects, user=user, call=desk.call)
    for page in form.pages.filter(page__in=PLANTED):
        page.answers |= PLANTED[page.page]
        page.save()
    submit(form, by=user, received_at=clock.now())
    person = form.person
    person.refresh_from_db()
    person.organisation = world.firm
    person.save()
    make_interest(user, party="Harbour & Vale Hotels")
    split, held, member, waits = form.choices.order_by("rank")
    for who in RECUSED:
        workflow.stand_aside(split, by=world.people[who], reason="Kin.", from_person=True)
    for choice, views in ((split, ("accept", "decline")), (held, ("decline", "decline"))):
        desk.choice = choice
        for who, view in zip(("business", "police deputy"), views, strict=True):
            desk.cast(who, view)
    assert Split.objects.filter(choice=split).exists()
    Membership.objects.create(person=person, project=member.project, choice=member, hours=8)
    type(waits).objects.filter(pk=waits.pk).update(state="reserve")
    ReservePlace.objects.create(choice=waits, position=1)
    Reconsideration.objects.create(choice=held, decision_key="1", grounds=SECRET)
    Question.objects.create(
        choice=waits, asked_by=desk.people["business"], side="business", text="?"
    )
    casework.complain(person, about="other", text=SECRET, by=user)
    until = clock.end_of(clock.today() + timedelta(days=40))
    give_extension(person, desk.call, until=until, reason="Ill.", by=None)
    entered = make_entered(
        desk.project,
        by=world.people["manager"],
        call=desk.call,
        email="of@colleagues.example",
        handed_over=True,
    )
    EmailAddress.objects.create(user=user, email=entered.email, verified=True)
    one, other = sorted(
        (person, person_of(world.people["ethics colleague"])), key=lambda each: each.pk
    )
    LikelyPair.objects.create(one=one, other=other)
    return form


# What is read -------------------------------------------------------------------------------------------
Read = Callable[[], Any]


def lists_of_reviewing(client: Client, world: World) -> Iterator[tuple[str, Read]]:
    """Yield the lists of reviewing by their addresses, narrowed and searched too."""
    stream = reverse("reviews:stream", args=[world.desk.project.work_stream.slug])
    narrowed = ("", "?waits=me", "?validation=under+way", f"?organisation={world.firm.public_id}")
    for name in ("index", "board", "answers", "ethics"):
        yield name, partial(client.get, reverse(f"reviews:{name}"))
    for query in narrowed:
        yield f"stream {query}", partial(client.get, f"{stream}{query}")
    yield "stream searched", partial(client.post, stream, {"words": SEARCHED}, follow=True)


def lists_of_the_console(client: Client) -> Iterator[tuple[str, Read]]:
    """Yield the lists of the console by their kinds, with their filters' numbers, searched, as files."""
    yield "console", partial(client.get, reverse("admin:index"))
    for model, kind in admin.site._registry.items():
        assert isinstance(kind, ConsoleAdmin)
        label, page = model._meta.label, kind.list_page()
        if label in NOT_WITHHELD:
            continue
        yield label, partial(client.get, f"{page}?_facets=True")
        if kind.shows_people:
            yield f"{label} searched", partial(search, client, page, SEARCHED)
        if isinstance(kind, ExportPages):
            yield (
                f"{label} as a file",
                partial(client.post, f"{page}export/", {"purpose": "A test."}),
            )


def lists_of(world: World, who: str) -> dict[str, Read]:
    """Return the lists that somebody may open, and that tell of nobody whom they stood aside from."""
    client = world.clients[who]
    found = dict(lists_of_reviewing(client, world))
    if world.people[who].is_staff:
        found |= dict(lists_of_the_console(client))
    if who in RECUSED:
        return {name: read for name, read in found.items() if name.split()[0] in OF_CHOICES}
    return found


def bare(answer: Any) -> str:
    """Return a page without its tokens and references, and without how many are withheld."""
    page = said_by(answer)
    for pattern in MASKED:
        page = re.sub(pattern, "", page)
    return page


MASKED = (
    r'name="(csrfmiddlewaretoken|typing)" value="[^"]+"',
    r"<(p|li)[^>]*>\d+ withheld[^<]*</(p|li)>",
    r" \d+ withheld\.",
    r"\bq(=|%3D)[\w-]+",
    r'name="q" value="[^"]*"',
    r"<dt>Events not yet sealed</dt>\s*<dd>\d+</dd>",  # of the record, whoever they are about
)


def test_whom_somebody_is_withheld_from_reads_as_if_they_were_not_there(world):
    before = {
        (who, name): bare(answer)
        for who in (*RECUSED, *COLLEAGUES)
        for name, read in lists_of(world, who).items()
        if (answer := read()).status_code == OK
    }
    told = (NAME, SECRET, somebody_volunteers(world).reference)
    for (who, name), old in before.items():
        page = bare(lists_of(world, who)[name]())
        if page != old:
            lines = unified_diff(old.split("\n"), page.split("\n"), lineterm="", n=3)
            raise AssertionError("\n".join((who, name, *lines)))
    for who, names in TELLS.items():
        lists = lists_of(world, who)
        for name in names:
            assert any(each in bare(lists[name]()) for each in told), (who, name)
    read_by = {who: {name for each, name in before if each == who} for who, _name in before}
    assert read_by["recused co-chair"] >= {"index", "stream ?waits=me", "stream searched"}
    assert read_by["recused board"] >= {"board", "answers"}
    assert read_by["recused manager"] >= OF_CHOICES - {"index", "stream", "board", "ethics"}
