"""The life of an invitation: sent, its link used once, its steps done, then the role or the seat given.

Before the last step the account has no role. The role is given, or the term appointed, in the name of
whoever invited, if they still may.
"""

import hashlib
import secrets
from datetime import date, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies
from participants.models import Invitation, InvitationLink
from participants.workflow.people import person_of
from stepchange import clock, roles
from stepchange.events import record
from stepchange.models import User
from stepchange.roles import Role
from stepchange.transitions import (
    Overtaken,
    Refused,
    Table,
    Transition,
    change,
    permit,
    require_reason,
)
from workstreams import workflow as programme_workflow
from workstreams.models import Organisation, Seat

LASTS = timedelta(days=7)

INVITATION = Table(
    "participants.invitation",
    Transition(
        name="accept",
        event="accepted",
        sources=("sent",),
        target="accepted",
        label=gettext_lazy("Accept"),
        policy=policies.may_accept_invitation,
    ),
    Transition(
        name="send_again",
        event="sent_again",
        sources=("sent", "expired"),
        target="sent",
        label=gettext_lazy("Send again"),
        policy=policies.may_send_again,
    ),
    Transition(
        name="withdraw",
        event="withdrawn",
        sources=("sent", "expired"),
        target="withdrawn",
        label=gettext_lazy("Withdraw"),
        policy=policies.may_invite,
        asks_reason=True,
    ),
    Transition(
        name="expire",
        event="expired",
        sources=("sent",),
        target="expired",
        label=gettext_lazy("Record that it ran out"),
        policy=policies.may_record_running_out,
    ),
    model="participants.Invitation",
)


class DeadLink(Refused):
    """A link that opens nothing: unknown, used, replaced, run out or withdrawn; nobody is told which."""

    def __init__(self) -> None:
        super().__init__(_("This link can’t be used."))


def invite(
    *,
    email: str,
    by: User,
    reason: str,
    name: str = "",
    role: Role | None = None,
    seat: Seat | None = None,
    organisation: Organisation | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> Invitation:
    """Invite an address to a role, or to a seat for a term, with the reason.

    Raises Refused for oneself, for what the account of that address holds already, and for a seat that
    somebody holds then. The event causes the mail; its link is made as the mail is written.
    """
    invitation = Invitation(
        email=email.strip().lower(),
        name=name,
        role=role.value if role and seat is None else "",
        seat=seat,
        organisation=organisation if seat else None,
        starts_on=starts_on if seat else None,
        ends_on=ends_on if seat else None,
        reason=reason,
        invited_by=by,
        expires_at=clock.now() + LASTS,
    )
    permit(policies.may_send_invitation(by, invitation))
    require_reason(reason)
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
            record(
                "participants.invitation.sent",
                invitation,
                by=by,
                reason=reason,
                facts={
                    "role": invitation.role,
                    "seat": seat.record_key if seat else None,
                    "organisation": organisation.record_key if seat and organisation else None,
                    "starts_on": invitation.starts_on,
                    "ends_on": invitation.ends_on,
                    "round": invitation.round,
                },
            )
    except IntegrityError:
        raise Refused(policies.INVITED_ALREADY) from None
    return invitation


def send_again(invitation: Invitation, *, by: User) -> None:
    """Mail a new link, for another seven days; every older link is dead. Raises Refused."""
    try:
        with transaction.atomic():
            INVITATION.move(
                invitation,
                "send_again",
                by=by,
                values={"round": invitation.round + 1, "expires_at": clock.now() + LASTS},
                expected={"round": invitation.round, "taken_by": None},
                facts={"round": invitation.round + 1},
            )
    except IntegrityError:  # it had run out, and another was sent since
        raise Refused(policies.INVITED_ALREADY) from None


def withdraw_invitation(invitation: Invitation, *, by: User, reason: str) -> None:
    """Take an invitation back before it is accepted. Raises Refused."""
    INVITATION.move(invitation, "withdraw", by=by, reason=reason)


def record_run_out() -> int:
    """Record each invitation whose time is over; return how many. They could not be used anyway."""
    count = 0
    for invitation in Invitation.objects.run_out_by(clock.now()):
        try:
            expire(invitation, by=None)
        except Refused:  # sent again, accepted or withdrawn meanwhile
            continue
        count += 1
    return count


def expire(invitation: Invitation, *, by: User | None) -> None:
    """Record that an invitation ran out. Raises Refused."""
    INVITATION.move(invitation, "expire", by=by, expected={"expires_at": invitation.expires_at})


# The link -------------------------------------------------------------------------------------------
def mint_link(invitation: Invitation) -> str:
    """Return a new token for the letter that is being written; only its digest is kept."""
    token = secrets.token_urlsafe(32)
    InvitationLink.objects.create(
        invitation=invitation, round=invitation.round, digest=_digest(token)
    )
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def behind_link(token: str) -> Invitation | None:
    """Return the invitation that an unused link opens now: one query, whatever the token."""
    fresh = Invitation.objects.open_at(clock.now()).filter(taken_by=None)
    return fresh.behind(_digest(token)).select_related("seat__work_stream").first()


def open_account(token: str) -> User:
    """Spend the link: make an account for the invited address, which the link has proved.

    Raises DeadLink; and Refused when the address has an account, which signs in by its own means.
    """
    invitation = behind_link(token)
    if invitation is None:
        raise DeadLink
    try:
        with transaction.atomic():
            user = User.objects.create_user(invitation.email, name=invitation.name)
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
            _take(invitation, by=user)
    except IntegrityError:
        raise Refused(_("This address has an account: sign in to it first.")) from None
    except Overtaken:
        raise DeadLink from None
    return user


def take_up(token: str, *, by: User) -> Invitation:
    """Spend the link for the account that is signed in, if the invited address is confirmed as its own.

    Raises DeadLink, the same for a link that is used, replaced, run out or somebody else's.
    """
    invitation = behind_link(token)
    if invitation is None or not policies.is_own_address(by, invitation.email):
        raise DeadLink
    try:
        _take(invitation, by=by)
    except Overtaken:
        raise DeadLink from None
    return invitation


def _take(invitation: Invitation, *, by: User) -> None:
    """Bind the invitation to the account that used its link first. Raises Overtaken."""
    now = clock.now()
    change(
        invitation,
        "participants.invitation.taken",
        expected={"state": invitation.state, "taken_by": None, "round": invitation.round},
        # There is a week to use the link, and from then a week to do the steps.
        values={"taken_by": by, "taken_at": now, "expires_at": now + LASTS},
        by=by,
        facts={"round": invitation.round, "account": by.record_key},
    )


# The last step --------------------------------------------------------------------------------------
def accept(invitation: Invitation, *, by: User) -> None:
    """Accept what one was invited to, once every step before it is done: the role or the seat is given.

    Accepting what one accepted already changes nothing. Raises Refused: a step is missing, the time is
    over, whoever invited may not any more, or the seat was given to somebody else meanwhile.
    """
    with transaction.atomic():
        fresh = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("seat", "organisation__merged_into", "invited_by")
            .get(pk=invitation.pk)
        )
        if fresh.state == Invitation.State.ACCEPTED and fresh.taken_by_id == by.pk:
            return
        INVITATION.move(fresh, "accept", by=by, facts=_invited_by(fresh))
        if fresh.seat and fresh.organisation:
            programme_workflow.appoint(
                fresh.seat,
                holder=by,
                organisation=fresh.organisation.current,
                starts_on=fresh.begins_on,
                ends_on=fresh.ends_on,
                by=fresh.invited_by,
            )
            _learn_organisation(by, fresh.organisation.current)
        elif not roles.holds(by, Role(fresh.role)):
            roles.grant(by, role=Role(fresh.role), by=fresh.invited_by, reason=fresh.reason)
    invitation.refresh_from_db()


def _invited_by(invitation: Invitation) -> dict[str, Any]:
    return {"invited_by": invitation.invited_by.record_key, "round": invitation.round}


def _learn_organisation(user: User, organisation: Organisation) -> None:
    """Keep whom they sit for, where nothing is known of that yet."""
    person = person_of(user)
    if person.organisation_id is None:
        person.organisation = organisation
        person.save(update_fields=["organisation"])
