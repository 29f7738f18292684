"""Somebody who has submitted for two projects, and their browser."""

import pytest
from django.test import Client

from participants.models import ExpressionOfInterest
from stepchange.models import User
from tests.builders import make_project, make_submitted
from tests.signing_in import browser_of


@pytest.fixture
def sent() -> ExpressionOfInterest:
    return make_submitted(make_project(), make_project())


@pytest.fixture
def user(sent: ExpressionOfInterest) -> User:
    assert sent.person.user is not None
    return sent.person.user


@pytest.fixture
def client(user) -> Client:
    return browser_of(user)
