"""A kept connection is found dead before a request uses it, and asked nothing while it lives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from select import select
from unittest.mock import patch

import psycopg2
import pytest
from django.core.signals import request_started
from django.db import DatabaseError, InterfaceError, connection
from django.db.backends.postgresql.base import DatabaseWrapper as Djangos

from stepchange.models import User
from stepchange.postgresql.base import DatabaseWrapper

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _connections_are_kept() -> Iterator[None]:
    """Begin with a connection made as in production, and leave the next test a new one."""
    assert connection.settings_dict["CONN_HEALTH_CHECKS"]
    connection.close()
    yield
    connection.close()


@pytest.fixture
def asked() -> Iterator[list[bool]]:
    """What Django's own question was answered, each time that it was asked."""
    answers: list[bool] = []
    question = Djangos.is_usable

    def counted(wrapper: Djangos) -> bool:
        answers.append(question(wrapper))
        return answers[-1]

    with patch.object(Djangos, "is_usable", counted):
        yield answers


def next_request() -> int:
    """Begin a request as Django does, ask something, and return which backend has answered."""
    request_started.send(sender=None)
    assert not User.objects.exists()
    return int(connection.connection.info.backend_pid)


def said_elsewhere(statement: str, *values: object) -> None:
    """Have another connection to the same server say something."""
    told = connection.get_connection_params()
    with closing(psycopg2.connect(**told)) as other:
        other.autocommit = True
        other.cursor().execute(statement, values)


def end(backend: int) -> None:
    """Have the server end a connection, and wait until it has."""
    said_elsewhere("SELECT pg_terminate_backend(%s, 10000)", backend)


def test_a_connection_that_lives_is_asked_nothing(asked):
    first = next_request()

    assert [next_request() for _again in range(3)] == [first] * 3
    assert asked == []


def test_one_that_the_server_ended_is_replaced_before_a_request_notices(asked):
    first = next_request()
    end(first)

    assert next_request() != first
    assert asked == [False]


def test_unlooked_at_it_would_have_failed_the_request():
    end(next_request())

    with (
        patch.object(DatabaseWrapper, "is_usable", return_value=True),
        pytest.raises((DatabaseError, InterfaceError)),
    ):
        next_request()


def test_one_that_was_closed_here_is_replaced():
    first = next_request()
    connection.connection.close()

    assert next_request() != first


def test_one_whose_server_had_news_is_asked_once_and_kept(asked):
    first = next_request()
    with connection.cursor() as cursor:
        cursor.execute("LISTEN news")
    said_elsewhere("NOTIFY news")
    assert select([connection.connection], [], [], 10)[0]  # the news is on its way until then

    assert [next_request() for _again in range(3)] == [first] * 3
    assert asked == [True]  # which has read what was said


def test_one_on_which_a_statement_failed_is_asked(asked):
    first = next_request()
    with connection.cursor() as cursor, pytest.raises(DatabaseError):
        cursor.execute("SELECT nothing")

    assert next_request() == first
    assert asked == [True]


def test_one_that_was_left_amid_a_failed_transaction_is_replaced(asked):
    first = next_request()
    with connection.connection.cursor() as cursor, pytest.raises(psycopg2.Error):
        cursor.execute("BEGIN; SELECT nothing")

    assert next_request() != first
    assert asked == [False]
