"""What the tests of declared interests share."""

import pytest

from participants import workflow
from participants.models import Person
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_user
from tests.office import make_holder


@pytest.fixture
def iris(db) -> User:
    """Iris's account: whose interests these are."""
    return make_user("iris@users.example", name="Iris Calloway")


@pytest.fixture
def person(iris) -> Person:
    """Iris, as a participant."""
    found = workflow.person_of(iris)
    found.full_name = "Iris Calloway"
    found.save(update_fields=["full_name"])
    return found


@pytest.fixture
def clerk(db) -> User:
    """A caseworker of the office."""
    return make_holder(Role.CASEWORKER, name="Tobias Hartnell-Rao")
