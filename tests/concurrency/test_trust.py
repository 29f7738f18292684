"""Races over invitations, lost second factors and declarations, with real threads on PostgreSQL."""

from collections import Counter

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from participants import workflow
from participants.models import Declaration, DraftDeclaration, Invitation, Undertaking
from participants.workflow import declarations, invitations, resets
from participants.workflow.declarations import InterestGiven
from stepchange import codes
from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import make_invitation, make_ready, make_user
from tests.concurrency.racing import at_once
from tests.office import make_holder, signed_in

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_twenty_posts_on_one_link_open_one_account():
    invitation = make_invitation(by=make_holder(Role.OFFICE_MANAGER))
    token = invitations.mint_link(invitation)
    clients = [Client() for _ in range(20)]
    for client in clients:
        client.get(f"/invitation/{token}/")

    answers = at_once(20, lambda number: clients[number].post("/invitation/"))

    signed_in = [client for client in clients if "_auth_user_id" in client.session]
    assert len(signed_in) == 1
    # Whoever came second found the link dead, or the account there already: they may sign in to it.
    assert {each.status_code for each in answers} <= {302, 404}
    assert User.objects.filter(email=invitation.email).count() == 1
    assert Event.objects.of_kind("participants.invitation.taken").count() == 1


def test_twenty_acceptances_give_the_role_once():
    invitation = make_invitation(by=make_holder(Role.OFFICE_MANAGER))
    user = invitations.open_account(invitations.mint_link(invitation))
    TOTP.activate(user, generate_totp_secret())
    make_ready(user)
    rows = [Invitation.objects.get() for _ in range(20)]

    given = at_once(20, lambda number: invitations.accept(rows[number], by=user))

    assert given == [None] * 20
    assert Event.objects.of_kind("stepchange.user.role_granted").count() == 1


def test_of_two_accounts_with_the_address_one_takes_it_up():
    invitation = make_invitation(by=make_holder(Role.OFFICE_MANAGER))
    token = invitations.mint_link(invitation)
    user = make_user(invitation.email)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)

    given = at_once(10, lambda _number: invitations.take_up(token, by=user))

    assert sum(isinstance(each, Invitation) for each in given) == 1
    assert sum(isinstance(each, invitations.DeadLink) for each in given) == 9


def test_of_withdrawing_and_accepting_one_counts():
    manager = make_holder(Role.OFFICE_MANAGER)
    invitation = make_invitation(by=manager)
    user = invitations.open_account(invitations.mint_link(invitation))
    TOTP.activate(user, generate_totp_secret())
    make_ready(user)
    rows = [Invitation.objects.get() for _ in range(2)]

    def act(number: int) -> None:
        if number:
            invitations.accept(rows[number], by=user)
        else:
            invitations.withdraw_invitation(rows[number], by=manager, reason="A mistake")

    given = at_once(2, act)

    assert Counter(map(type, given))[type(None)] == 1
    state = Invitation.objects.get().state
    assert user.groups.exists() is (state == "accepted")


@pytest.mark.parametrize("other", ["approve", "cancel", "refuse"])
def test_of_two_who_settle_a_lost_factor_one_counts(other):
    one, two, three = (make_holder(Role.CASEWORKER) for _ in range(3))
    user = make_user()
    TOTP.activate(user, generate_totp_secret())
    reset = resets.ask(user)
    resets.vouch(reset, how="By the switchboard", by=one, reason="Stolen")
    rows = [type(reset).objects.get() for _ in range(2)]

    def act(number: int) -> None:
        if number == 0:
            resets.approve(rows[0], by=two, reason="As vouched")
        elif other == "approve":
            resets.approve(rows[1], by=three, reason="As vouched")
        elif other == "cancel":
            resets.cancel(rows[1], by=user)
        else:
            resets.refuse(rows[1], by=three, reason="Not known")

    given = at_once(2, act)

    assert Counter(map(type, given))[type(None)] == 1
    reset.refresh_from_db()
    assert Authenticator.objects.filter(user=user).exists() is (reset.state != "approved")
    assert Event.objects.about(reset).count() == 3


def test_twenty_requests_about_one_factor_are_one():
    user = make_user()
    TOTP.activate(user, generate_totp_secret())

    given = at_once(20, lambda _number: resets.ask(user))

    assert len({each.pk for each in given}) == 1


def test_twenty_signatures_are_one_and_twenty_interests_are_twenty():
    user = make_user()
    person = workflow.person_of(user)
    at_once(
        20,
        lambda number: declarations.keep_interest(
            person, InterestGiven(kind="other", party=str(number))
        ),
    )
    draft = DraftDeclaration.objects.get()
    assert {each["party"] for each in draft.interests} == {str(number) for number in range(20)}

    seen = declarations.digest_of(draft)
    signed = at_once(20, lambda _number: declarations.sign_draft(person, by=user, seen=seen))
    assert {each.pk for each in signed} == {Declaration.objects.get().pk}


def test_twenty_acceptances_of_the_undertaking_are_one():
    user = make_user()
    person = workflow.person_of(user)

    at_once(20, lambda _number: workflow.undertakings.accept(person, by=user))

    assert Undertaking.objects.count() == 1
    assert Event.objects.of_kind("participants.undertaking.accepted").count() == 1


def test_two_managers_who_invite_at_once_are_told_which_of_them_did():
    clients = [signed_in(make_holder(Role.OFFICE_MANAGER)) for _ in range(6)]
    form = {"email": "new@public.example", "reason": "Needed", "invited_to": "role:Programme board"}

    answers = at_once(
        6, lambda number: clients[number].post("/admin/participants/invitation/add/", form)
    )

    assert sorted(each.status_code for each in answers) == [200] * 5 + [302]
    assert all(b"waiting already" in each.content for each in answers if each.status_code == 200)
    assert Invitation.objects.count() == 1


def test_a_code_in_one_session_can_be_tried_five_times_however_many_at_once():
    waiting = {"user": 0, **codes.kept(codes.new())}

    def guess(number: int) -> None:
        resets.prove(waiting, f"WRNG{number}")

    given = at_once(20, guess)

    assert Counter(type(each) for each in given) == {codes.WrongCode: 5, codes.SpentCode: 15}
