"""Invitations: one use of one link by the right person, every step done, then the role or the seat."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from pytest_django.asserts import assertRedirects

from communications import workflow as ledger
from communications.models import Email
from participants import tasks, workflow
from participants.models import Declaration, Invitation, InvitationLink, Person
from participants.workflow import invitations
from stepchange import clock, roles
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import (
    make_invitation,
    make_organisation,
    make_ready,
    make_seat,
    make_user,
)
from tests.office import grown_old, make_holder, office, seen, signed_in
from tests.reading import read
from tests.webauthn_device import ORIGIN, Device, options_of
from workstreams.models import Term

pytestmark = pytest.mark.django_db

HERE = "/invitation/"
LIST = "/admin/participants/invitation/"


@pytest.fixture
def manager() -> User:
    return make_holder(Role.OFFICE_MANAGER)


@pytest.fixture
def invited(manager) -> Invitation:
    return make_invitation(by=manager, email="desmond@public.example", name="Desmond Knott")


def token_of(invitation: Invitation) -> str:
    return invitations.mint_link(invitation)


def opens(client: Client, token: str) -> Any:
    return client.get(f"{HERE}{token}/", follow=True)


def accepts(client: Client, invitation: Invitation) -> Any:
    """Press the button of the page that shows an invitation's steps."""
    return client.post(f"{HERE}accept/", {"invitation": str(invitation.public_id)})


def with_address(user: User, *, verified: bool = True) -> User:
    EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
    return user


def with_steps_done(user: User) -> User:
    TOTP.activate(user, generate_totp_secret())
    return make_ready(user)


def taken(invitation: Invitation, *, is_ready: bool = True) -> User:
    """Return the account that took an invitation up, with its steps done."""
    user = invitations.open_account(token_of(invitation))
    invitation.refresh_from_db()
    return with_steps_done(user) if is_ready else user


# Inviting -------------------------------------------------------------------------------------------
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
        with pytest.raises(Refused, match="Nobody invites themself"):
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


# The letter and the link ------------------------------------------------------------------------------
def letters() -> list[str]:
    """Send what is due; return the text of each letter to the invited, oldest first."""
    ledger.sweep()
    return [str(each.body) for each in mail.outbox if "invitation to Step" in each.subject]


def token_in(letter: str) -> str:
    found = re.search(r"/invitation/([\w-]+)/", letter)
    assert found
    return found[1]


def test_the_link_rests_in_the_letter_alone(invited):
    (letter,) = letters()
    token = token_in(letter)

    assert InvitationLink.objects.get().digest != token
    rows = [*Email.objects.values(), *InvitationLink.objects.values(), *Invitation.objects.values()]
    assert token not in str([*rows, *Event.objects.values()])
    assert invitations.behind_link(token) == invited


def test_sending_again_makes_every_older_link_dead(invited, manager):
    (first,) = letters()
    invitations.send_again(invited, by=manager)
    second = letters()[1]

    assert invitations.behind_link(token_in(first)) is None
    assert invitations.behind_link(token_in(second)) == invited


def test_a_letter_written_again_by_another_worker_leaves_both_links_alive(invited):
    first, second = token_of(invited), token_of(invited)

    assert invitations.behind_link(first) == invitations.behind_link(second) == invited
    invitations.open_account(second)
    assert invitations.behind_link(first) is None


@pytest.mark.parametrize("change", ["withdrawn", "ran out", "taken", "sent again"])
def test_a_letter_that_is_no_longer_due_is_not_sent(invited, manager, change):
    if change == "withdrawn":
        invitations.withdraw_invitation(invited, by=manager, reason="A mistake")
    if change == "ran out":
        Invitation.objects.update(expires_at=clock.now())
    if change == "taken":
        invitations.open_account(token_of(invited))
    if change == "sent again":
        invitations.send_again(invited, by=manager)

    assert len(letters()) == (1 if change == "sent again" else 0)
    assert Email.objects.get(notice="invitation").state == "suppressed"


def test_following_the_link_moves_it_out_of_the_address_and_spends_nothing(invited, client):
    token, events = token_of(invited), Event.objects.count()
    for _ in range(50):  # a mail scanner
        assertRedirects(Client().get(f"{HERE}{token}/"), HERE, fetch_redirect_response=False)
        Client().head(f"{HERE}{token}/")
    page = opens(client, token)

    assert token not in page.content.decode()
    assert read(page).says("You are invited to help run Step-Change")
    assert not read(page).says("Programme board")  # not before the account is theirs
    assert Event.objects.count() == events
    invited.refresh_from_db()
    assert (invited.state, invited.taken_by) == ("sent", None)


def dead_links(manager: User) -> dict[str, str]:
    """Return a token for each way in which a link can be dead."""
    made = {"unknown": "x" * 43, "long": "y" * 900, "unicode-like": "-_-"}
    for way in ("used", "ran out", "withdrawn", "replaced", "accepted"):
        invitation = make_invitation(by=manager)
        made[way] = token_of(invitation)
        if way in {"used", "accepted"}:
            user = taken(invitation)
            if way == "accepted":
                invitations.accept(invitation, by=user)
        if way == "ran out":
            Invitation.objects.filter(pk=invitation.pk).update(expires_at=clock.now())
        if way == "withdrawn":
            invitations.withdraw_invitation(invitation, by=manager, reason="A mistake")
        if way == "replaced":
            invitations.send_again(invitation, by=manager)
    return made


def test_every_dead_link_answers_the_same(manager, django_assert_num_queries):
    for method in ("get", "post"):
        answers = set()
        for token in dead_links(manager).values():
            client = Client()
            client.get(f"{HERE}{token}/")
            with django_assert_num_queries(2):
                response = getattr(client, method)(HERE)
            body = re.sub(r'value="[\w]{64}"', "", response.content.decode())
            answers.add((response.status_code, body))
        assert len(answers) == 1
        assert next(iter(answers))[0] == 404
        assert "This link can’t be used" in next(iter(answers))[1]


def test_without_any_link_there_is_nothing(client):
    assert client.get(HERE).status_code == 404
    assert client.post(HERE).status_code == 404


# Taking it up -----------------------------------------------------------------------------------------
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


def test_the_second_factor_is_a_passkey_or_an_app_and_leads_back(invited, client):
    opens(client, token_of(invited))
    client.post(HERE)
    choose = "/accounts/2fa/?next=%2Finvitation%2F"
    assert choose in read(client.get(HERE)).hrefs

    page = read(client.get(choose))
    assert {"/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/activate/", HERE} <= set(page.hrefs)
    assert page.says("Set up one of the two")
    options = options_of(client.get("/accounts/2fa/webauthn/add/").content.decode())
    made = {"name": "Phone", "credential": json.dumps(Device(origin=ORIGIN).make(options))}
    answer = client.post("/accounts/2fa/webauthn/add/", made)
    assertRedirects(answer, "/accounts/2fa/recovery-codes/")
    assert read(client.get("/accounts/2fa/")).says("Go on to the page that you came from")
    assert HERE in read(client.post("/accounts/2fa/recovery-codes/")).hrefs
    assert HERE not in read(client.get("/accounts/2fa/")).hrefs  # once
    assert read(client.get(HERE)).says("Set up a second factor for signing in Completed")


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example/", "https://evil.example/", "/\\evil.example"]
)
def test_the_page_of_second_factors_leads_back_to_no_other_site(elsewhere):
    client = signed_in(make_user(), second_factor=False)

    page = read(client.get("/accounts/2fa/", {"next": elsewhere}))
    assert not [href for href in page.hrefs if "evil" in href]


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
    user = taken(invited)
    if missing == "factor":
        Authenticator.objects.all().delete()
    if missing == "undertaking":
        user.person.undertakings.all()._raw_delete("default")
    if missing == "declaration":
        user.person.declarations.all()._raw_delete("default")
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


# The console ------------------------------------------------------------------------------------------
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
