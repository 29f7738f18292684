"""What a form does not ask for can be sent all the same, and changes nothing."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.test import Client

from participants.models import ExpressionOfInterest, ProjectChoice, Snapshot
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_draft, make_submitted, make_user
from tests.participants.browsing import CHECK
from tests.signing_in import browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limits_unused")]

LONG_AGO = "2000-01-01T00:00:00Z"
OF_A_FORM = {
    "reference": "SC-22222222",
    "state": "withdrawn",
    "submitted_at": LONG_AGO,
    "received_at": LONG_AGO,
    "taken_at": LONG_AGO,
    "number": "7",
    "expression": "1",
    "call": "1",
    "id": "1",
    "by": "1",
}
OF_AN_ACCOUNT = {
    "is_staff": "on",
    "is_superuser": "on",
    "is_active": "",
    "verified": "on",
    "primary": "on",
    "id": "1",
    "password": "three steps up the hill",
    "password1": "three steps up the hill",
}


def test_submitting_takes_nothing_but_the_declaration():
    other = make_submitted()
    draft = make_draft(call=other.call)
    assert draft.person.user is not None
    reference, call = draft.reference, draft.call
    forged = OF_A_FORM | {"person": str(other.person_id), "user": str(other.person.user_id)}

    browser_of(draft.person.user).post(CHECK, {"accurate": "on", **forged})

    draft.refresh_from_db()
    assert (draft.reference, draft.state, draft.call) == (reference, "submitted", call)
    assert draft.submitted_at is not None
    assert draft.submitted_at.year > 2000
    [snapshot] = Snapshot.objects.filter(expression=draft)
    assert (snapshot.number, snapshot.taken_at) == (1, draft.submitted_at)
    assert set(ProjectChoice.objects.values_list("state", flat=True)) == {"pending"}
    assert ExpressionOfInterest.objects.get(pk=other.pk).state == "submitted"


def test_withdrawing_ones_own_with_the_name_of_anothers_withdraws_ones_own():
    mine = make_submitted()
    other = make_submitted(call=mine.call)
    assert mine.person.user is not None
    forged = OF_A_FORM | {"reference": other.reference, "expression": str(other.pk)}

    browser_of(mine.person.user).post(f"/expression-of-interest/submitted/{mine}/withdraw/", forged)

    for form, state in ((mine, "withdrawn"), (other, "submitted")):
        form.refresh_from_db()
        assert form.state == state


@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/login/code/"])
def test_signing_up_gives_no_role_and_confirms_nothing(path):
    group = Group.objects.get(name=Role.OFFICE_MANAGER.value)

    Client().post(path, {"email": "zoe@hotels.example", "groups": str(group.pk), **OF_AN_ACCOUNT})

    made = User.objects.filter(email="zoe@hotels.example")
    assert not made.filter(is_staff=True).exists()
    assert not made.filter(is_superuser=True).exists()
    assert not any(user.has_usable_password() or user.groups.exists() for user in made)
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_changing_the_address_changes_nothing_else():
    user = make_user("zoe@hotels.example")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)

    browser_of(user).post(
        "/accounts/email/", {"action_add": "", "email": "new@hotels.example", **OF_AN_ACCOUNT}
    )

    user.refresh_from_db()
    assert (user.email, user.is_staff, user.is_superuser) == ("zoe@hotels.example", False, False)
    assert not EmailAddress.objects.filter(email="new@hotels.example", verified=True).exists()
