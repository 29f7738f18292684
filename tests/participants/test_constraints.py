"""The database is the last guard of what a form offers and of how the office took one."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from participants.models import EnteredForm, ProjectChoice
from stepchange.roles import Role
from tests.builders import make_entered, make_submitted
from tests.office import make_holder

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (ProjectChoice, {"contribution": "sell"}),
        (ProjectChoice, {"contribution": ""}),
        (ProjectChoice, {"rank": 0}),
        (EnteredForm, {"medium": "telepathy"}),
        (EnteredForm, {"medium": ""}),
    ],
)
def test_refuses(model: Any, values: dict[str, Any]):
    sent = make_submitted()
    make_entered(by=make_holder(Role.CASEWORKER), call=sent.call)

    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(**values)
