"""What the tests of people and their forms share."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client

from participants.cast import load_demonstration
from projects.loading import load_programme
from stepchange.models import User
from tests.builders import AMINA, make_user
from tests.remembered import made_once
from tests.signing_in import browser_of


@pytest.fixture
def user(db) -> User:
    """Amina's account."""
    return make_user(AMINA)


@pytest.fixture
def signed_in(user) -> Client:
    """Amina's browser."""
    return browser_of(user)


def load_all() -> None:
    load_programme()
    load_demonstration()


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The demonstration, loaded once for a module whose tests only read it."""
    with django_db_blocker.unblock(), transaction.atomic():
        made_once("demonstration", load_all)
        yield
        transaction.set_rollback(True)
