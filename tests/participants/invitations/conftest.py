"""A manager, and somebody they invited."""

import pytest

from participants.models import Invitation
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_invitation
from tests.office import make_holder


@pytest.fixture
def manager() -> User:
    return make_holder(Role.OFFICE_MANAGER)


@pytest.fixture
def invited(manager) -> Invitation:
    return make_invitation(by=manager, email="desmond@public.example", name="Desmond Knott")
