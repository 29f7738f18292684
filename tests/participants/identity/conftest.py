"""A referee asked about somebody who has submitted, and who may work on it."""

import pytest

from participants.models import RefereeRequest
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_project, make_submitted, make_user
from tests.office import make_holder


@pytest.fixture
def asked(db) -> RefereeRequest:
    user = make_user("amina@harbour-vale.example")
    make_submitted(make_project(title="SECRET TITLE", action="SECRET ACTION"), user=user)
    return RefereeRequest.objects.select_related("validation__person__user").get()


@pytest.fixture
def clerk(db) -> User:
    return make_holder(Role.CASEWORKER)
