"""A caseworker and their browser."""

from __future__ import annotations

import pytest
from django.test import Client

from stepchange.models import User
from stepchange.roles import Role
from tests.office import make_holder, signed_in


@pytest.fixture
def clerk() -> User:
    return make_holder(Role.CASEWORKER, name="Ines of the office")


@pytest.fixture
def desk(clerk) -> Client:
    """The browser of a caseworker."""
    return signed_in(clerk)
