"""Where invitations end: what changed meanwhile, two at once, and who no longer may."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django.asserts import assertRedirects

from participants import policies
from participants.forms.invitations import InvitationForm
from participants.models import Invitation, Person
from participants.workflow import invitations, resets
from stepchange import clock, roles
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_invitation, make_organisation, make_ready, make_seat, make_user
from tests.office import make_holder, office, signed_in
from tests.reading import read
from workstreams import workflow as programme_workflow
from workstreams.models import Organisation, Term

pytestmark = pytest.mark.django_db

HERE = "/invitation/"
ADD = "/admin/participants/invitation/add/"


@pytest.fixture
def manager() -> User:
    return make_holder(Role.OFFICE_MANAGER)


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation(name="Old Vale")


@pytest.fixture
def seated(manager, organisation) -> Invitation:
    today = clock.today()
    return make_invitation(
        by=manager,
        seat=make_seat(),
        organisation=organisation,
        starts_on=today,
        ends_on=today + timedelta(days=3),
    )


def taken(invitation: Invitation) -> User:
    user = invitations.open_account(invitations.mint_link(invitation))
    TOTP.activate(user, generate_totp_secret())
    invitation.refresh_from_db()
    return make_ready(user)


def accepts(client: Client, invitation: Invitation):
    return client.post(f"{HERE}accept/", {"invitation": str(invitation.public_id)})


# What changed meanwhile -----------------------------------------------------------------------------
def test_an_organisation_merged_meanwhile_counts_as_the_other(seated, organisation, manager):
    user, into = taken(seated), make_organisation(name="New Vale")
    programme_workflow.merge_organisation(organisation, into=into, by=manager, reason="The same.")
    client = signed_in(user)

    assert read(client.get(HERE)).says("New Vale")
    assertRedirects(accepts(client, seated), "/account/")
    assert Term.objects.get().organisation == into
    assert Person.objects.get(user=user).organisation == into


def test_a_term_that_is_over_is_said_before_and_at_accepting(seated):
    user = taken(seated)
    with time_machine.travel(clock.now() + timedelta(days=4)):
        client = signed_in(user)
        for answer in (client.get(HERE), accepts(client, seated)):
            assert read(answer).says(
                "The term that you were invited to is over: ask the office to invite you again."
            )
    assert not Term.objects.exists()


def test_what_can_t_be_accepted_any_more_is_said_on_the_page(seated, manager):
    user = taken(seated)
    manager.groups.clear()

    assert read(signed_in(user).get(HERE)).says("Whoever invited you can’t any more")


# Two at once ------------------------------------------------------------------------------------------
def test_of_two_under_way_the_one_shown_is_accepted(manager):
    address = "desmond@public.example"
    board = make_invitation(by=manager, email=address)
    ethics = make_invitation(by=manager, email=address, role=Role.ETHICS_REVIEWER)
    user = taken(board)
    client = signed_in(user)
    assert str(board.public_id) in client.get(HERE).content.decode()
    invitations.take_up(invitations.mint_link(ethics), by=user)  # in another tab, and newer
    assertRedirects(accepts(client, board), "/account/")

    assert roles.holds(user, Role.BOARD)
    assert not roles.holds(user, Role.ETHICS_REVIEWER)
    assertRedirects(accepts(client, ethics), "/account/")
    assert roles.holds(user, Role.ETHICS_REVIEWER)


@pytest.mark.parametrize("sent", [None, "", "nonsense", "\x00", "9" * 500])
def test_an_acceptance_of_none_is_none(manager, sent):
    user = taken(make_invitation(by=manager))
    posted = {} if sent is None else {"invitation": sent}

    assert signed_in(user).post(f"{HERE}accept/", posted).status_code == 404
    assert not roles.holds(user, Role.BOARD)


def test_the_steps_are_the_policys(manager):
    invitation = make_invitation(by=manager)
    user = taken(invitation)

    assert policies.steps_of(user).left is None
    assert policies.may_accept_invitation(user, invitation) is None
    with time_machine.travel(clock.now() + timedelta(days=6)):
        Authenticator.objects.all().delete()
        assert policies.steps_of(user).left == policies.may_accept_invitation(user, invitation)
        assert policies.steps_of(user).left


# Who no longer may ------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_superuser", [True, False])
def test_an_account_that_is_not_in_use_gives_nothing(is_superuser):
    gone = make_holder(Role.OFFICE_MANAGER, is_superuser=is_superuser)
    invitation = make_invitation(by=gone)
    user = taken(invitation)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    gone.refresh_from_db()

    for may in (
        policies.may_invite(gone),
        policies.may_settle_reset(gone, resets.SecondFactorReset(user=user)),
        roles.may_change_roles(gone, user),
        programme_workflow.ORGANISATION.transitions["publish"].policy(gone, None),
    ):
        assert may
    with pytest.raises(Refused, match="can’t any more"):
        invitations.accept(Invitation.objects.get(), by=user)


@pytest.mark.parametrize("change", ["role", "account"])
def test_who_may_not_vouch_any_more_has_not_vouched(manager, change):
    first, user = make_holder(Role.CASEWORKER), make_user()
    TOTP.activate(user, generate_totp_secret())
    reset = resets.ask(user)
    resets.vouch(reset, how="Called the switchboard of Vale.", by=first, reason="Stolen")
    if change == "role":
        first.groups.clear()
    else:
        User.objects.filter(pk=first.pk).update(is_active=False)
    reset = type(reset).objects.get()

    with pytest.raises(Refused, match="may not any more: refuse it, and let them ask again"):
        resets.approve(reset, by=manager, reason="As vouched")
    resets.refuse(reset, by=manager, reason="Ask again")


# The console ------------------------------------------------------------------------------------------
FORM = {
    "email": "New@public.example",
    "name": "New Member",
    "reason": "Needed here",
    "ends_on": "",
    "invited_to": "role:Programme board",
}


def test_checking_what_is_typed_writes_nothing(manager):
    class Acting(InvitationForm):
        acting = manager

    form = Acting(FORM)

    assert form.is_valid(), form.errors
    assert not Invitation.objects.exists()
    assert not Event.objects.of_kind("participants.invitation.sent").exists()


def test_what_waits_already_is_said_beside_what_was_typed(manager):
    make_invitation(by=manager, email="new@public.example")
    page = office().post(ADD, FORM).content.decode()

    assert "waiting already" in page
    assert "Needed here" in page


@pytest.mark.parametrize("half", ["taken_by", "taken_at"])
def test_the_database_knows_no_link_that_was_used_by_nobody_or_at_no_time(manager, half):
    invitation = make_invitation(by=manager)
    values = {"taken_by": manager, "taken_at": clock.now()}

    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(**{half: values[half]})
