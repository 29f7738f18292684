"""Whether the portal lives and is ready, as a supervisor asks."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.test import Client

from stepchange import health


@pytest.fixture
def unreachable_database(monkeypatch):
    def refuse(*_arguments, **_named):
        raise OperationalError("no connection")

    monkeypatch.setattr(connection, "cursor", refuse)


def test_it_lives_without_a_database(client):
    response = client.get("/health/live")  # without `django_db`, any query would fail this test

    assert (response.status_code, response.content) == (200, b"alive\n")


@pytest.mark.django_db
class TestReady:
    def test_with_every_migration(self, client, django_assert_max_num_queries):
        with django_assert_max_num_queries(2):
            response = client.get("/health/ready")

        assert (response.status_code, response.content) == (200, b"ready\n")

    def test_not_without_a_database(self, client, unreachable_database):
        response = client.get("/health/ready")

        assert (response.status_code, response.content) == (503, b"the database does not answer\n")

    @pytest.mark.parametrize("app", ["stepchange", "participants", "auth"])
    def test_not_with_a_migration_missing(self, client, app):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = %s", [app])

        response = client.get("/health/ready")

        assert (response.status_code, response.content) == (503, b"the database lacks migrations\n")

    def test_also_with_a_broker_that_is_down(self, client, settings):
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

        assert client.get("/health/ready").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/health/live", "/health/ready"])
class TestBoth:
    def test_are_plain_and_never_kept(self, client, address):
        response = client.get(address)

        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert "no-store" in response["Cache-Control"]
        assert not response.cookies

    def test_answer_head(self, client, address):
        response = client.head(address)

        assert (response.status_code, response.content) == (200, b"")

    def test_are_not_redirected_to_https_by_production(self, settings, address):
        settings.SECURE_SSL_REDIRECT = True

        assert Client().get(address).status_code == 200


def test_what_is_needed_is_read_once():
    assert health._needed() is health._needed()
    assert ("stepchange", "0005_name_rows_in_english") in health._needed()
