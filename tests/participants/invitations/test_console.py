"""Invitations in the console."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from participants.models import Invitation
from participants.workflow import invitations
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_organisation, make_seat
from tests.office import grown_old, make_holder, office, seen, signed_in
from tests.participants.invitations.invited import LIST

pytestmark = pytest.mark.django_db

FORM = {"email": "new@public.example", "name": "New  Member", "reason": "Needed", "ends_on": ""}


def test_a_manager_invites_to_a_role_in_the_console():
    answer = office().post(
        f"{LIST}add/", FORM | {"invited_to": "role:Programme board"}, follow=True
    )

    invitation = Invitation.objects.get()
    assert (invitation.role, invitation.name) == ("Programme board", "New Member")
    assert Event.objects.of_kind("participants.invitation.sent").count() == 1
    assert "New Member: Programme board" in answer.content.decode()


def test_a_manager_invites_to_a_seat_in_the_console():
    seat, organisation = make_seat(), make_organisation()
    form = FORM | {
        "invited_to": f"seat:{seat.public_id}",
        "organisation": str(organisation.public_id),
        "starts_on": "2026-12-01",
    }
    client = office()
    client.post(f"{LIST}add/", form)

    invitation = Invitation.objects.get()
    assert (invitation.seat, invitation.organisation) == (seat, organisation)
    page = client.get(f"{LIST}{invitation.public_id}/change/").content.decode()
    assert str(organisation) in page
    assert "Needed" in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "no address"}, "Enter an email address"),
        ({"invited_to": ""}, "Fill in"),
        ({"invited_to": "role:Co-chair"}, "Choose a role or a seat"),
        ({"invited_to": "role:Superuser"}, "Choose a role or a seat"),
        ({"reason": ""}, "Fill in"),
        ({"email": "<script>@x.example"}, "Enter an email address"),
        ({"reason": "x" * 5000}, "1000"),
        ({"invited_to": "SEAT"}, "Choose whom they would sit for."),
        ({"invited_to": "SEAT", "starts_on": ""}, "Enter the first day"),
        ({"invited_to": "SEAT", "starts_on": "soon"}, "Enter a day"),
        ({"email": "HOLDER"}, "They hold this role already"),
    ],
)
def test_the_console_says_what_to_do(change, words):
    stands_for = {
        "SEAT": f"seat:{make_seat().public_id}",
        "HOLDER": make_holder(Role.BOARD).email,
    }
    data = FORM | {"invited_to": "role:Programme board"}
    data |= {name: stands_for.get(value, value) for name, value in change.items()}
    page = office().post(f"{LIST}add/", data).content.decode()

    assert words in page
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("times", [1, 2])
def test_a_refusal_by_who_was_faster_stands_on_the_form_and_nothing_is_sent(monkeypatch, times):
    """Whether or not it would be refused again: a seat may be free again the moment after."""
    send, refusals = invitations.invite, iter(["That seat is taken."] * times)

    def overtaken(**given):
        if why := next(refusals, None):
            raise Refused(why)
        return send(**given)

    monkeypatch.setattr(invitations, "invite", overtaken)
    answer = office().post(f"{LIST}add/", FORM | {"invited_to": "role:Programme board"})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "That seat is taken." in page
    assert 'value="new@public.example"' in page
    assert not Invitation.objects.exists()


def test_the_console_asks_who_one_is_again_before_inviting(manager):
    TOTP.activate(manager, generate_totp_secret())
    client = grown_old(signed_in(manager), minutes=16)

    for answer in (client.get(f"{LIST}add/"), client.post(f"{LIST}add/", FORM)):
        assert "/reauthenticate" in answer.headers["Location"]


def test_a_manager_sends_again_and_withdraws_in_the_console(invited):
    client, page = office(), f"{LIST}{invited.public_id}/"
    client.post(f"{page}send_again/", seen(invited))
    invited.refresh_from_db()
    assert invited.round == 2
    client.post(f"{page}withdraw/", seen(invited) | {"reason": "A mistake"})
    invited.refresh_from_db()

    assert invited.state == "withdrawn"
    assert "Withdrawn" in client.get(LIST).content.decode()
