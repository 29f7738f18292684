"""Taking an invitation up: every step done, then the role or the seat."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.test import Client
from pytest_django.asserts import assertRedirects

from communications import workflow as ledger
from communications.models import Email
from participants import tasks, workflow
from participants.models import Declaration, Invitation, Person
from participants.workflow import invitations
from stepchange import clock, roles
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_invitation, make_organisation, make_seat, make_user
from tests.office import signed_in
from tests.participants.invitations.invited import (
    HERE,
    opens,
    taken,
    token_of,
    with_address,
    with_steps_done,
)
from tests.reading import read
from workstreams.models import Term

pytestmark = pytest.mark.django_db


# Taking it up -----------------------------------------------------------------------------------------
def accepts(client: Client, invitation: Invitation) -> Any:
    """Press the button of the page that shows an invitation's steps."""
    return client.post(f"{HERE}accept/", {"invitation": str(invitation.public_id)})


def test_the_link_opens_an_account_for_the_invited_address_and_asks_for_no_code(invited, client):
    token = token_of(invited)
    opens(client, token)
    assertRedirects(client.post(HERE), HERE)

    user = User.objects.get(email="desmond@public.example")
    assert EmailAddress.objects.get(user=user).verified
    assert client.session["_auth_user_id"] == str(user.pk)
    assert token not in str(dict(client.session))
    assert not user.groups.exists()
    assert not user.is_staff
    page = read(client.get(HERE))
    assert page.h1 == ["Programme board"]
    assert page.says("Until then your account has no role")
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200  # not who one is, again


def test_an_existing_account_signs_in_by_its_own_means(invited, client):
    user = with_address(make_user("desmond@public.example"))
    opens(client, token_of(invited))
    answer = client.post(HERE)

    assertRedirects(
        answer, f"/accounts/login/?next={HERE.replace('/', '%2F')}", fetch_redirect_response=False
    )
    invited.refresh_from_db()
    assert invited.taken_by is None
    client.force_login(user)
    assert read(client.get(HERE)).says("You are invited: Programme board")
    assertRedirects(client.post(HERE), HERE)
    invited.refresh_from_db()
    assert invited.taken_by == user


@pytest.mark.parametrize("verified", [None, False])
def test_somebody_else_who_is_signed_in_gets_nothing(invited, verified):
    """Neither the holder of a forwarded link, nor one who claims the address without proof."""
    other = make_user()
    if verified is not None:
        EmailAddress.objects.create(user=other, email=invited.email, verified=verified)
    client = signed_in(other)
    opened = opens(client, token_of(invited))
    answer = client.post(HERE)

    assert (opened.status_code, answer.status_code) == (404, 404)
    assert read(answer).says("signed in with another address than the one it was sent to")
    assert "Programme board" not in opened.content.decode()
    invited.refresh_from_db()
    assert invited.taken_by is None


def test_a_link_works_for_seven_days(invited):
    token = token_of(invited)
    with time_machine.travel(invited.expires_at - timedelta(seconds=1), tick=False):
        assert invitations.behind_link(token)
    with time_machine.travel(invited.expires_at, tick=False):
        assert invitations.behind_link(token) is None
    assert invited.expires_at - invited.invited_at >= timedelta(days=7) - timedelta(seconds=1)


def test_once_used_there_is_another_week_for_the_steps(invited):
    with time_machine.travel(clock.now() + timedelta(days=6)):
        user = taken(invited)
    with time_machine.travel(clock.now() + timedelta(days=12)):
        invitations.accept(invited, by=user)
    assert roles.holds(user, Role.BOARD)


# The steps and the acceptance -------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["factor", "undertaking", "declaration"])
def test_without_a_step_nothing_is_given(invited, missing):
    user = with_steps_done(taken(invited, is_ready=False), without=missing)
    with pytest.raises(Refused):
        invitations.accept(invited, by=user)
    client = signed_in(user)

    assert accepts(client, invited).status_code == 409
    assert "Accept the invitation" not in client.get(HERE).content.decode()
    assert not roles.holds(user, Role.BOARD)


def test_a_session_without_the_second_factor_accepts_nothing(invited):
    user = taken(invited)
    client = signed_in(user, second_factor=False)

    assert accepts(client, invited).headers["Location"] == HERE
    assert "/2fa/" in client.get(HERE).headers["Location"]
    assert not roles.holds(user, Role.BOARD)


def test_accepting_gives_the_role_in_the_inviters_name(invited, manager):
    user = taken(invited)
    client = signed_in(user)
    page = read(client.get(HERE))
    assert page.says("Every step is done")
    assertRedirects(accepts(client, invited), "/account/")

    assert roles.holds(user, Role.BOARD)
    accepted = Event.objects.of_kind("participants.invitation.accepted").get()
    granted = Event.objects.of_kind("stepchange.user.role_granted").get()
    assert (accepted.actor, granted.actor) == (user, manager)
    assert accepted.facts["invited_by"] == str(manager.public_id)
    assert granted.reason == "The board lacks a member."
    assert accepts(client, invited).status_code == 404  # nothing is left to accept
    assert Event.objects.of_kind("stepchange.user.role_granted").count() == 1


def test_accepting_twice_gives_once(invited):
    user = taken(invited)
    stale = Invitation.objects.get(pk=invited.pk)
    invitations.accept(invited, by=user)
    invitations.accept(stale, by=user)

    assert Event.objects.of_kind("participants.invitation.accepted").count() == 1


def test_accepting_a_seat_appoints_for_the_term_from_that_day(manager):
    seat, organisation, today = make_seat(), make_organisation(), clock.today()
    invitation = make_invitation(
        by=manager,
        seat=seat,
        organisation=organisation,
        starts_on=today - timedelta(days=5),
        ends_on=today + timedelta(days=300),
    )
    user = taken(invitation)
    invitations.accept(invitation, by=user)

    term = Term.objects.get()
    assert (term.holder, term.organisation, term.starts_on, term.ends_on) == (
        user,
        organisation,
        today,
        today + timedelta(days=300),
    )
    assert roles.holds(user, Role.CO_CHAIR)
    assert Person.objects.get(user=user).organisation == organisation


def test_an_office_role_leads_on_to_the_console(manager):
    invitation = make_invitation(by=manager, role=Role.CASEWORKER)
    client = signed_in(taken(invitation))

    assertRedirects(accepts(client, invitation), "/admin/")
    assert client.get("/admin/participants/expressionofinterest/").status_code == 200


def test_a_seat_given_away_meanwhile_is_refused_with_the_reason(manager):
    seat, organisation = make_seat(), make_organisation()
    said = {"seat": seat, "organisation": organisation, "starts_on": clock.today()}
    invitation = make_invitation(by=manager, **said)
    user = taken(invitation)
    Term.objects.create(seat=seat, holder=make_user(name="Iris"), organisation=organisation)
    answer = accepts(signed_in(user), invitation)

    assert answer.status_code == 409
    assert read(answer).says("Iris holds this seat then")
    invitation.refresh_from_db()
    assert invitation.state == "sent"


def test_an_inviter_who_lost_the_role_gives_nothing_any_more(invited, manager):
    user = taken(invited)
    manager.groups.clear()
    with pytest.raises(Refused, match="ask the office to invite you again"):
        invitations.accept(Invitation.objects.get(pk=invited.pk), by=user)


def test_nobody_accepts_what_another_took_up(invited):
    taken(invited)
    other = with_steps_done(make_user())

    with pytest.raises(Refused):
        invitations.accept(invited, by=other)
    assert accepts(signed_in(other), invited).status_code == 404


def test_what_was_withdrawn_or_ran_out_is_not_accepted(invited, manager):
    user = taken(invited)
    invited.refresh_from_db()
    with time_machine.travel(invited.expires_at, tick=False), pytest.raises(Refused):
        invitations.accept(invited, by=user)
    invitations.withdraw_invitation(invited, by=manager, reason="A mistake")
    with pytest.raises(Refused):
        invitations.accept(invited, by=user)


def test_each_step_leads_back_to_the_invitation_and_is_signed_as_such(invited):
    user = taken(invited, is_ready=False)
    client = signed_in(user)
    assertRedirects(
        client.post("/account/undertaking/", {"accepted": "on"}),
        HERE,
        fetch_redirect_response=False,
    )
    client.post("/declarations/declare/", {"anything": "no"})
    draft = workflow.declarations.draft_of(user.person)
    answer = client.post(
        "/declarations/declare/check/",
        {"seen": workflow.declarations.digest_of(draft), "signed": "on"},
    )

    assertRedirects(answer, HERE, fetch_redirect_response=False)
    assert Declaration.objects.get(person=user.person).source == "invitation"
    assert read(client.get("/account/")).says("You have an invitation")


def test_the_sweep_records_what_ran_out_and_only_that(invited, manager):
    later = make_invitation(by=manager)
    Invitation.objects.filter(pk=invited.pk).update(expires_at=clock.now())
    assert Invitation.objects.get(pk=invited.pk).has_run_out
    tasks.record_run_out()
    tasks.record_run_out()

    invited.refresh_from_db()
    later.refresh_from_db()
    assert (invited.state, later.state) == ("expired", "sent")
    assert Event.objects.of_kind("participants.invitation.expired").count() == 1
    invitations.send_again(invited, by=manager)
    assert invitations.behind_link(token_of(invited)) == invited


def test_what_ran_out_is_not_sent_again_beside_a_newer_one(invited, manager):
    Invitation.objects.filter(pk=invited.pk).update(expires_at=clock.now())
    tasks.record_run_out()
    make_invitation(by=manager, email=invited.email)
    invited.refresh_from_db()
    with pytest.raises(Refused, match="waiting already"):
        invitations.send_again(invited, by=manager)


def test_whoever_invited_is_told_that_it_was_accepted(invited, manager):
    invitations.accept(invited, by=taken(invited))
    ledger.derive()

    assert Email.objects.get(notice="invitation_accepted").recipient_key == (
        f"user:{manager.public_id}:account"
    )
