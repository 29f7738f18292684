"""Who must declare and who has: numbers that add up, whatever happened and whatever day it is."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from participants.models import (
    Declarant,
    Declaration,
    ExpressionOfInterest,
    Part,
    Person,
    Standing,
)
from participants.policies import declaration_is_due
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import GRANTED, OF_THE_OFFICE, Role
from tests.builders import (
    make_call,
    make_declaration,
    make_organisation,
    make_ready,
    make_seat,
    make_submitted,
    make_user,
)
from tests.office import make_holder, office, search, signed_in
from workstreams.models import Term

pytestmark = pytest.mark.django_db

LIST = "/admin/participants/declarant/"
DAYS = [
    datetime(2026, 11, 30, 12, tzinfo=UTC),
    datetime(2028, 2, 29, 12, tzinfo=UTC),
    datetime(2027, 3, 28, 0, 30, tzinfo=UTC),
    datetime(2027, 6, 1, 23, 30, tzinfo=UTC),  # the 2nd of June already, in the UK
]

histories = st.fixed_dictionaries(
    {
        "has_person": st.booleans(),
        "declared": st.lists(
            st.tuples(st.sampled_from([0, 1, 200, 364, 365, 366, 367, 800]), st.booleans()),
            max_size=3,
        ),
        "form": st.sampled_from([None, "draft", "submitted", "withdrawn"]),
        "seat": st.sampled_from([None, (-10, None), (-10, 0), (-10, -1), (1, None)]),
        "roles": st.sets(st.sampled_from(sorted(Role)), max_size=2),
        "is_active": st.booleans(),
        "is_superuser": st.sampled_from([False, False, False, True]),
        "sector": st.sampled_from([None, "police", "private", "government"]),
    }
)


def live(history: dict[str, Any]) -> User:
    """Make the rows of one account's history."""
    user = make_user(is_active=history["is_active"], is_superuser=history["is_superuser"])
    user.groups.set(Group.objects.filter(name__in=[role.value for role in history["roles"]]))
    sector = history["sector"]
    organisation = make_organisation(sector=sector) if sector else None
    if history["seat"]:
        first, last = history["seat"]
        today = clock.today()
        Term.objects.create(
            seat=make_seat(),
            holder=user,
            organisation=make_organisation(sector="police"),
            starts_on=today + timedelta(days=first),
            ends_on=None if last is None else today + timedelta(days=last),
        )
    if not history["has_person"]:
        return user
    person = Person.objects.create(user=user, organisation=organisation)
    for number, (days_ago, is_nil) in enumerate(history["declared"], start=1):
        Declaration.objects.create(
            person=person,
            number=number,
            is_nil=is_nil,
            source="own",
            signed_at=clock.now() - timedelta(days=days_ago),
        )
    if history["form"]:
        submitted_at = None if history["form"] == "draft" else clock.now()
        ExpressionOfInterest.objects.create(
            person=person,
            call=make_call(state="draft"),
            state=history["form"],
            submitted_at=submitted_at,
        )
    return user


def parts_of(history: dict[str, Any]) -> list[str]:
    """Say what makes somebody declare, told apart from the code under test."""
    is_active, roles = history["is_active"], history["roles"]
    found = []
    if is_active and (history["is_superuser"] or roles & set(OF_THE_OFFICE)):
        found.append("office")
    if is_active and roles & {Role.BOARD, Role.ETHICS_REVIEWER}:
        found.append("board")
    if history["seat"] and history["seat"] in {(-10, None), (-10, 0)}:
        found.append("seat")
    if history["has_person"] and history["form"] == "submitted":
        found.append("volunteer")
    return found


def standing_of(history: dict[str, Any]) -> str:
    declared = history["declared"] if history["has_person"] else []
    if not declared:
        return "unanswered"
    days_ago, is_nil = declared[-1]
    if declaration_is_due(clock.now() - timedelta(days=days_ago)):
        return "overdue"
    return "nil" if is_nil else "declared"


def sector_of(history: dict[str, Any]) -> str:
    if history["has_person"] and history["sector"]:
        return str(history["sector"])
    return "police" if "seat" in parts_of(history) else ""


@settings(max_examples=15, deadline=None)
@given(lives=st.lists(histories, max_size=6), day=st.sampled_from(DAYS))
def test_the_four_standings_always_add_up_to_the_roster(lives, day):
    with time_machine.travel(day, tick=False), transaction.atomic():
        known = {live(history).pk: history for history in lives}
        roster = Declarant.objects.on_the_roster(clock.today()).with_standing(clock.today())
        told = {row.pk: (row.sector, row.part, row.standing) for row in roster.filter(pk__in=known)}
        counted = roster.filter(pk__in=known).counted()
        transaction.set_rollback(True)

        expected = {
            key: (sector_of(history), parts_of(history)[0], standing_of(history))
            for key, history in known.items()
            if parts_of(history)
        }
    assert told == expected
    assert sum(number for *_by, number in counted) == len(expected)
    for place in range(3):
        by_place: dict[str, int] = {}
        for row in counted:
            by_place[row[place]] = by_place.get(row[place], 0) + row[3]
        values = [each[place] for each in expected.values()]
        assert by_place == {value: values.count(value) for value in values}


def numbers_on(page: str) -> list[list[int]]:
    """Return the cells of the table of numbers, a list a line."""
    table = page.split('id="standing-counts"')[1].split("</table>")[0]
    lines = table.split("<tbody>")[1].split("</tr>")[:-1]
    return [
        [int(cell.split("</")[0].rpartition(">")[2]) for cell in line.split("<td>")[1:]]
        for line in lines
    ]


def test_the_page_tells_the_same_numbers_as_the_list():
    client = office()  # one that declared nil
    make_submitted()
    seat = make_seat()
    Term.objects.create(seat=seat, holder=make_user(), organisation=make_organisation())
    page = client.get(LIST).content.decode()
    lines = numbers_on(page)

    assert lines[0] == [0, 2, 1, 0, 3]
    for line in lines:
        assert sum(line[:-1]) == line[-1]
    sectors, parts = lines[1:-4], lines[-4:]
    for group in (sectors, parts):
        assert [sum(column) for column in zip(*group, strict=True)] == lines[0]
    for standing, number in zip(Standing, lines[0], strict=False):
        shown = client.get(f"{LIST}?standing={standing.value}").context["cl"].result_count
        assert shown == number
    for part, line in zip(Part, parts, strict=True):
        assert client.get(f"{LIST}?part={part.value}").context["cl"].result_count == line[-1]
    assert client.get(f"{LIST}?sector=unknown").context["cl"].result_count == lines[-5][-1]


def test_an_account_without_a_person_has_not_answered():
    never = make_holder(Role.BOARD, is_ready=False, name="Desmond Ferreira")
    assert not Person.objects.filter(user=never).exists()
    client = office()

    page = client.get(f"{LIST}?standing=unanswered").content.decode()
    assert "Desmond Ferreira" in page
    row = client.get(f"{LIST}{never.public_id}/change/")
    assert "Not answered" in row.content.decode()
    assert Event.objects.filter(kind="participants.person.looked").latest("id").subject_key == str(
        never.public_id
    )


def test_a_line_leads_only_where_its_reader_may_go():
    expression = make_submitted()
    assert expression.person.user
    path = f"{LIST}{expression.person.user.public_id}/change/"
    account = f"/admin/stepchange/user/{expression.person.user.public_id}/change/"
    form = f"/admin/participants/expressionofinterest/{expression.reference}/change/"

    for role, leads in (
        (Role.OFFICE_MANAGER, {account, form}),
        (Role.CASEWORKER, {form}),
        (Role.AUDITOR, set()),
    ):
        page = office(role).get(path).content.decode()
        assert {address for address in (account, form) if address in page} == leads, role


@pytest.mark.parametrize("role", GRANTED)
def test_whoever_holds_a_role_that_sees_people_is_on_it(role):
    user = make_holder(role, is_ready=False)
    roster = Declarant.objects.on_the_roster(clock.today())

    assert roster.filter(pk=user.pk).exists()
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not roster.filter(pk=user.pk).exists()


def test_nobody_else_is():
    make_user()
    make_ready(make_user())
    make_submitted().person.expressions.update(state="withdrawn")

    assert not Declarant.objects.on_the_roster(clock.today()).exists()


def queries_of(client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def fill(count: int) -> None:
    organisation = make_organisation()
    board = Group.objects.get(name=Role.BOARD)
    users = User.objects.bulk_create(
        User(email=f"member{number}-{count}@users.example", name=f"Member {number}")
        for number in range(count)
    )
    board.user_set.add(*users)
    people = Person.objects.bulk_create(
        Person(user=user, organisation=organisation) for user in users
    )
    Declaration.objects.bulk_create(
        Declaration(person=person, number=1, is_nil=True, source="own") for person in people
    )


def test_the_page_and_the_file_cost_the_same_at_3_and_at_300():
    client = office()
    client.get(LIST)
    fill(3)
    few = queries_of(client, LIST), queries_of(client, f"{LIST}export/")
    fill(300)

    assert (queries_of(client, LIST), queries_of(client, f"{LIST}export/")) == few
    assert few[0] <= 20


# The file -------------------------------------------------------------------------------------------
def lines_of(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_the_file_holds_the_list_as_it_is_filtered_and_searched():
    client = office()
    declared = make_holder(Role.BOARD, is_ready=False, name="Ada Lovelock")
    make_declaration(declared)
    make_holder(Role.BOARD, is_ready=False, name="Blaise Pasco")
    everybody = lines_of(client.post(f"{LIST}export/", {"purpose": "For the board."}))
    some = lines_of(
        client.post(f"{LIST}export/?standing=unanswered", {"purpose": "For the board."})
    )
    found = search(client, LIST, "Ada")
    query = found.redirect_chain[-1][0].partition("?")[2]
    searched = lines_of(client.post(f"{LIST}export/?{query}", {"purpose": "For the board."}))

    assert len(everybody) == 4
    assert [line[0] for line in some[1:]] == ["Blaise Pasco"]
    assert some[1][3:5] == ["Board and ethics", "Not answered"]
    assert [line[0] for line in searched[1:]] == ["Ada Lovelock"]


def test_the_record_keeps_who_took_what_and_what_for():
    manager = make_holder(Role.OFFICE_MANAGER)
    answer = signed_in(manager).post(f"{LIST}export/", {"purpose": "For the NAO."})
    [made] = Event.objects.filter(kind="stepchange.export.made")

    assert answer["Content-Disposition"].startswith('attachment; filename="compliance-')
    assert (made.actor, made.reason) == (manager, "For the NAO.")
    assert made.facts == {"list": "compliance", "rows": 1, "cut": False}
