"""Casework in the console: the queue, the case on one page, each step as each role."""

from http import HTTPStatus

import pytest

from participants.models import Check
from stepchange.roles import Role
from tests.office import make_holder, signed_in
from tests.participants.identity.desk import (
    call_back,
    make_case,
    page_of,
    read,
    referee_confirms,
    take_step,
    QUEUE,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def caseworker():
    return make_holder(Role.CASEWORKER, name="Beatrix Okonjo")


@pytest.fixture
def desk(caseworker):
    return signed_in(caseworker)


def test_from_the_queue_to_validated(desk, caseworker):
    case = make_case()
    referee_confirms(case)
    assert "Amina Thistlewood" in desk.get(QUEUE).content.decode()
    read(desk, case)
    answer = call_back(desk, case)
    assert answer.status_code == 302, answer.content.decode()
    check = Check.objects.get(kind="call-back")
    assert (check.checked_by, check.outcome, check.scores.fraud) == (caseworker, "confirmed", 1)
    take_step(desk, case, "settle-other-domain", reason="The hotel has a new domain.")
    take_step(desk, case, "validate", reason="Known by call and referee.")
    assert (case.state, case.level) == ("validated", "low")
