"""A composed query answers as Django's own does, now and on every connection."""

from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import Exists, Model, OuterRef, Prefetch, Q

from participants.models import Extension, Person
from stepchange.composed import Composed
from stepchange.models import User
from tests.builders import make_organisation, make_user
from workstreams.models import Organisation

pytestmark = pytest.mark.django_db


def people_of(key: int) -> Any:
    """Ask for all that a row can hold: an encrypted text, rows there and not there, a column computed."""
    extended = Exists(Extension.objects.filter(person=OuterRef("pk")))
    asked = Person.objects.filter(organisation=key).exclude(full_name="%").order_by("full_name")
    return asked.select_related("user", "organisation__group").annotate(is_extended=extended)


PEOPLE = Composed(people_of)


DJANGOS = {"_state", "_prefetched_objects_cache"}


def whole(row: Model, *, seen: tuple[Model, ...] = ()) -> dict[str, Any]:
    """Return what a row holds, and the rows read along with it."""
    along = {
        name: each and whole(each, seen=(*seen, row))
        for name, each in row._state.fields_cache.items()
        if each not in seen
    }
    held = {name: value for name, value in vars(row).items() if name not in DJANGOS}
    return held | {"along": along, "database": row._state.db, "is new": row._state.adding}


def make_people(**fields: Any) -> int:
    employer = make_organisation(**fields)
    for name, user in (("Amina", make_user()), ("Bea", None)):
        Person.objects.create(
            full_name=name, organisation=employer, user=user, telephone="020 7946 0857"
        )
    return employer.pk


def test_it_returns_what_django_returns(django_assert_num_queries):
    key, other = make_people(group=make_organisation()), make_people()
    expected = {each: [whole(row) for row in people_of(each)] for each in (key, other)}

    for _again in range(2):
        with django_assert_num_queries(2):
            answered = {each: PEOPLE.rows(each) for each in (key, other)}
        assert {each: list(map(whole, rows)) for each, rows in answered.items()} == expected

    amina = answered[key][0]
    with django_assert_num_queries(0):
        assert (amina.telephone, amina.user.is_active) == ("020 7946 0857", True)
        assert amina.organisation.group.name
    assert PEOPLE.rows(other + 100) == []


def with_people(key: int) -> Any:
    """Ask for organisations with all that points to them, in more statements than one elsewhere."""
    asked = Organisation.objects.filter(group=key).select_related("group").order_by("pk")
    known = Exists(Person.objects.filter(organisation=OuterRef("pk")))
    people = Prefetch("people", to_attr="everybody")
    return asked.annotate(is_known=known).prefetch_related(people)


def test_it_reads_along_what_points_to_a_row_in_the_same_statement(django_assert_num_queries):
    group = make_organisation()
    keys = [make_people(group=group), make_organisation(group=group).pk, make_people(group=group)]
    expected = [whole(row) for row in with_people(group.pk)]
    known = [[whole(person) for person in row.everybody] for row in with_people(group.pk)]
    composed = Composed(with_people)

    for _again in range(2):
        with django_assert_num_queries(1):
            found = composed.rows(group.pk)
            told = [[person.organisation.group.pk for person in row.everybody] for row in found]
        assert [row.pk for row in found] == keys
        assert [whole(row) for row in found] == expected
        assert [[whole(person) for person in row.everybody] for row in found] == known
        assert told == [[group.pk] * 2, [], [group.pk] * 2]
        assert all(person.organisation is row for row in found for person in row.everybody)
    assert composed.rows(keys[0]) == []


@pytest.mark.parametrize(
    "lookup",
    [
        "people",
        Prefetch("people", queryset=Person.objects.none(), to_attr="everybody"),
        Prefetch("group", to_attr="above"),
    ],
)
def test_it_refuses_to_read_along_what_one_join_does_not_bring(lookup):
    with pytest.raises(ValueError, match="all that points to a row"):
        Composed(lambda key: with_people(key).prefetch_related(None).prefetch_related(lookup)).rows(
            1
        )


def test_it_keeps_no_answer():
    key = make_people()
    PEOPLE.rows(key)

    Person.objects.filter(full_name="Amina").update(telephone="020 7946 0000")
    Person.objects.filter(full_name="Bea").update(organisation=None)

    assert [row.telephone for row in PEOPLE.rows(key)] == ["020 7946 0000"]


def test_a_query_names_each_of_its_keys():
    with pytest.raises(ValueError, match="names each of its keys"):
        Composed(lambda key: User.objects.all()).rows(1)
    with pytest.raises(ValueError, match="names each of its keys"):
        Composed(lambda key, other: User.objects.filter(pk=key), of=(int, int)).rows(1, 1)


def test_keys_are_as_many_as_it_takes_and_texts_too_each_wherever_it_is_named():
    key = make_people()
    amina = Person.objects.get(full_name="Amina")
    by_two = Composed(
        lambda name, other: (
            Person.objects.filter(Q(full_name=name) | Q(full_name__iexact=other))
            .exclude(full_name__startswith="B")
            .filter(Q(full_name=name) | Q(organisation=key))
        ),
        of=(str, str),
    )
    everybody = Composed(lambda: Person.objects.order_by("full_name"), of=())

    for _again in range(2):
        assert by_two.rows("Amina", "bea") == by_two.rows("nobody’s \\' %s $1", "AMINA") == [amina]
        assert by_two.rows("Bea", "") == by_two.rows("", "bea") == []
        assert [each.full_name for each in everybody.rows()] == ["Amina", "Bea"]


def planned() -> list[str]:
    """The statements that PostgreSQL keeps for this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


@pytest.mark.postgresql
def test_postgresql_plans_it_once_a_connection():
    key, people = make_people(), Composed(people_of)
    before = len(planned())

    for _again in range(3):
        assert len(people.rows(key)) == 2

    assert len(planned()) == before + 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_it_is_planned_anew_on_a_new_connection():
    key, people = make_people(), Composed(people_of)
    people.rows(key)

    elsewhere = connection.connection  # as another thread's would still be there
    connection.close()

    assert elsewhere
    assert len(people.rows(key)) == 2
    assert len(planned()) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_plan_outlives_a_transaction_undone_and_a_column_added():
    key, people = make_people(), Composed(people_of)
    with transaction.atomic():
        people.rows(key)
        transaction.set_rollback(True)
    assert len(people.rows(key)) == 2

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE participants_person ADD COLUMN later text")
        assert len(people.rows(key)) == 2
        transaction.set_rollback(True)
    assert len(people.rows(key)) == 2


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_fails_to_be_planned_is_an_error_of_the_database_and_planned_once_it_can_be():
    key, people = make_people(), Composed(people_of)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE participants_person RENAME TO elsewhere")
        with pytest.raises(ProgrammingError):
            people.rows(key)
        transaction.set_rollback(True)

    assert len(people.rows(key)) == 2
