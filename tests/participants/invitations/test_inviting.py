"""Inviting: by whom, whom, and to what."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_invitation, make_organisation, make_seat, make_user
from tests.office import make_holder
from workstreams.models import Term

pytestmark = pytest.mark.django_db


def test_an_invitation_is_recorded_with_its_reason_and_gives_nothing_yet(invited, manager):
    (event,) = Event.objects.of_kind("participants.invitation.sent")

    assert (event.actor, event.reason) == (manager, "The board lacks a member.")
    assert "desmond" not in f"{event.facts}"
    assert not User.objects.filter(email="desmond@public.example").exists()


@pytest.mark.parametrize("who", [(), (Role.CASEWORKER,), (Role.BOARD,), (Role.AUDITOR,)])
def test_only_managers_invite(who):
    with pytest.raises(Refused, match="Only an office manager"):
        make_invitation(by=make_holder(*who))


def test_nobody_invites_themself_by_any_of_their_addresses(manager):
    EmailAddress.objects.create(user=manager, email="second@users.example", verified=True)
    for address in (manager.email, manager.email.upper(), "Second@users.example"):
        with pytest.raises(Refused, match="You can’t invite yourself"):
            make_invitation(by=manager, email=address)


def test_a_reason_is_asked_for(manager):
    with pytest.raises(Refused, match="Say why"):
        make_invitation(by=manager, reason="  ")


def test_one_invitation_at_a_time_to_an_address_and_role(invited, manager):
    with pytest.raises(Refused, match="waiting already"):
        make_invitation(by=manager, email="Desmond@public.example")
    make_invitation(by=manager, email="desmond@public.example", role=Role.ETHICS_REVIEWER)


@pytest.mark.parametrize("role", [None, Role.CO_CHAIR])
def test_a_role_that_comes_with_a_seat_is_not_invited_to_by_itself(manager, role):
    with pytest.raises(Refused, match="Choose a role or a seat"):
        make_invitation(by=manager, role=role)


def test_whoever_holds_the_role_is_not_invited_to_it(manager):
    holder = make_holder(Role.BOARD)
    with pytest.raises(Refused, match="hold this role already"):
        make_invitation(by=manager, email=holder.email)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"organisation": None}, "which organisation"),
        ({"starts_on": None}, "from which day"),
        ({"organisation": "proposed"}, "Publish the organisation"),
        ({"ends_on": -1}, "The last day is today or later"),
        ({"starts_on": 10, "ends_on": 9}, "The last day is today or later"),
    ],
)
def test_an_invitation_to_a_seat_needs_a_sensible_term(manager, given, words):
    today = clock.today()
    said: dict[str, Any] = {
        "organisation": make_organisation(),
        "starts_on": today,
        "ends_on": None,
    }
    for name, value in given.items():
        if value == "proposed":
            value = make_organisation(state="proposed")
        said[name] = today + timedelta(days=value) if isinstance(value, int) else value
    with pytest.raises(Refused, match=words):
        make_invitation(by=manager, seat=make_seat(), **said)


def test_a_seat_that_is_held_then_is_not_offered(manager):
    seat, organisation, today = make_seat(), make_organisation(), clock.today()
    Term.objects.create(
        seat=seat,
        holder=make_user(),
        organisation=organisation,
        starts_on=today,
        ends_on=today + timedelta(days=30),
    )
    said = {"seat": seat, "organisation": organisation, "ends_on": None}
    with pytest.raises(Refused, match="holds this seat then"):
        make_invitation(by=manager, starts_on=today + timedelta(days=30), **said)
    make_invitation(by=manager, starts_on=today + timedelta(days=31), **said)
