"""Who has undertaken and declared, who may invite, accept and settle a lost second factor."""

from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import models
from django.db.models import Exists
from django.utils import translation
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from participants.models import (
    Declaration,
    Invitation,
    Person,
    SecondFactorReset,
    Undertaking,
)
from participants.policies.people import is_one_with
from participants.querysets import due_again_on
from participants.texts import UNDERTAKING
from stepchange import clock
from stepchange.events import fingerprint
from stepchange.models import User
from stepchange.roles import GRANTED, Role, holds
from stepchange.transitions import Words
from workstreams.models import Organisation, Term

SEES_NOBODY = _("Accept the undertaking and declare your interests first.")
INVITED_ALREADY = _(
    "An invitation to this is waiting already: send that one again, or withdraw it."
)


# Undertaking, declaration, and who may see other people ----------------------------------------------
def may_speak_for(by: User | None, person: Person) -> Words | None:
    """Permit the person alone: nobody undertakes or declares for somebody else."""
    own = by is not None and person.user_id == by.pk
    return None if own else _("Only the person can do this.")


def undertaking_now() -> tuple[str, str]:
    """Return the version of the undertaking that stands now, and the digest of its words."""
    with translation.override(settings.LANGUAGE_CODE):
        words = [str(UNDERTAKING.words), str(UNDERTAKING.tick)]
    return UNDERTAKING.version, fingerprint(words)


@dataclass(frozen=True)
class Standing:
    """What somebody has done of what comes before seeing other people's details."""

    has_undertaken: bool
    has_declared: bool

    @property
    def is_complete(self) -> bool:
        """Say whether both are done, and in date."""
        return self.has_undertaken and self.has_declared


def standing_of(user: User) -> Standing:
    """Return where an account stands now, by one query: nothing of it is stored (law 1)."""
    mine = {"person__user": user}
    undertaken = Undertaking.objects.of_words(*undertaking_now()).filter(**mine)
    declared = Declaration.objects.in_date_on(clock.today()).filter(**mine)
    found = (
        User.objects.filter(pk=user.pk)
        .annotate(has_undertaken=Exists(undertaken), has_declared=Exists(declared))
        .values_list("has_undertaken", "has_declared")
        .first()
    )
    return Standing(*(found or (False, False)))


def declaration_is_due(signed_at: datetime | None) -> bool:
    """Say whether somebody has to declare (again), by when their newest declaration was signed."""
    return signed_at is None or due_again_on(signed_at) <= clock.today()


def may_see_people(by: User | None) -> Words | None:
    """Permit who has accepted the current undertaking, and declared their interests within a year.

    Asked before every page that shows another person's details (design.md, section 1); whether a
    second factor was used is asked of the session.
    """
    if by is not None and by.is_active and standing_of(by).is_complete:
        return None
    return SEES_NOBODY


# Invitations ------------------------------------------------------------------------------------------
def may_invite(by: User | None, _invitation: object = None) -> Words | None:
    """Permit office managers whose account is in use."""
    if by is not None and by.is_active and (by.is_superuser or holds(by, Role.OFFICE_MANAGER)):
        return None
    return _("Only an office manager can do this.")


def may_send_invitation(by: User, invitation: Invitation) -> Words | None:
    """Permit office managers to invite anybody but themself to what is free, once at a time.

    Asked of an invitation that is not stored yet.
    """
    address = invitation.email
    if refusal := may_invite(by):
        return refusal
    if address == by.email.lower() or _addresses(by).filter(email__iexact=address).exists():
        return _("You can’t invite yourself: ask another office manager.")
    refusal = _is_taken(invitation) if invitation.seat else _holds_role(invitation)
    return refusal or _is_waiting(invitation)


def _holds_role(invitation: Invitation) -> Words | None:
    if invitation.role not in {role.value for role in GRANTED}:
        return _("Choose a role or a seat.")
    if User.objects.filter(email=invitation.email, groups__name=invitation.role).exists():
        return _("They hold this role already.")
    return None


def _is_taken(invitation: Invitation) -> Words | None:
    organisation, starts_on = invitation.organisation, invitation.starts_on
    ends_on = invitation.ends_on
    if organisation is None or starts_on is None:
        return _("Say which organisation they would sit for, and from which day.")
    if organisation.state != Organisation.State.PUBLISHED:
        return _("Publish the organisation in the register first.")
    if ends_on and ends_on < max(starts_on, clock.today()):
        return _("The last day is today or later, and not before the first.")
    overlapping = Term.objects.not_over_on(starts_on).filter(seat=invitation.seat)
    if ends_on:
        overlapping = overlapping.filter(starts_on__lte=ends_on)
    if term := overlapping.select_related("holder").first():
        return _t("%(holder)s holds this seat then: end that term first.") % {"holder": term.holder}
    return None


def _is_waiting(invitation: Invitation) -> Words | None:
    return INVITED_ALREADY if Invitation.objects.sent_like(invitation).exists() else None


def may_send_again(by: User | None, invitation: Invitation) -> Words | None:
    """Permit office managers, until its link has been used."""
    if invitation.taken_by_id is not None and not invitation.has_run_out:
        return _("The link was used: they are doing the steps. It needs no other.")
    if invitation.taken_by_id is not None:
        return _(
            "The link was used, and the steps were not done in time. Withdraw it, invite again."
        )
    return may_invite(by)


@dataclass(frozen=True)
class Steps:
    """What an account has done of what comes before accepting an invitation."""

    has_factor: bool
    standing: Standing

    @property
    def left(self) -> Words | None:
        """Say which is to be done next; None when all are."""
        if not self.has_factor:
            return _("Set up a second factor first.")
        return None if self.standing.is_complete else SEES_NOBODY


def steps_of(user: User) -> Steps:
    """Return how far an account is, by two queries."""
    return Steps(is_mfa_enabled(user), standing_of(user))


def may_accept_invitation(by: User | None, invitation: Invitation) -> Words | None:
    """Permit the account that used the link, in time, with every step before it done."""
    if refusal := may_still_accept(by, invitation):
        return refusal
    return steps_of(by).left if by else None


def may_still_accept(by: User | None, invitation: Invitation) -> Words | None:
    """Permit the account that used the link, in time, whatever it has done of the steps."""
    if by is None or not by.is_active or invitation.taken_by_id != by.pk:
        return _("Only the person invited can accept it.")
    if invitation.has_run_out:
        return _("The invitation has run out: ask the office for another.")
    if invitation.ends_on and invitation.ends_on < clock.today():
        return _("The term that you were invited to is over: ask the office to invite you again.")
    if may_invite(invitation.invited_by):
        return _("Whoever invited you can’t any more: ask the office to invite you again.")
    return None


def may_record_running_out(
    by: User | None, subject: Invitation | SecondFactorReset
) -> Words | None:
    """Permit the portal alone, once the time is over."""
    if by is not None:
        return _("The portal does this by itself.")
    return None if subject.expires_at <= clock.now() else _("Its time is not over.")


def is_own_address(user: User, address: str) -> bool:
    """Say whether an address is confirmed as the account's."""
    return user.is_active and _addresses(user).filter(email__iexact=address).exists()


def _addresses(user: User) -> "models.QuerySet[EmailAddress]":
    confirmed: models.QuerySet[EmailAddress] = EmailAddress.objects.filter(user=user, verified=True)
    return confirmed


def is_being_invited(user: User) -> bool:
    """Say whether an account is doing the steps of an invitation."""
    return Invitation.objects.open_at(clock.now()).of(user).exists()


# A lost second factor ---------------------------------------------------------------------------------
def may_settle_reset(by: User | None, reset: SecondFactorReset) -> Words | None:
    """Permit office managers and caseworkers, for anybody but themself, while its time runs."""
    of_the_office = (Role.OFFICE_MANAGER, Role.CASEWORKER)
    if by is None or not by.is_active or not (by.is_superuser or holds(by, *of_the_office)):
        return _("Only an office manager or a caseworker can do this.")
    if is_one_with(by, reset.user_id):
        return _("Nobody does this for themselves: ask two others of the office.")
    if reset.expires_at <= clock.now():
        return _("It has run out: they can ask again.")
    return None


def may_vouch(by: User | None, reset: SecondFactorReset) -> Words | None:
    """Permit whoever may settle it."""
    return may_settle_reset(by, reset)


def may_approve_reset(by: User | None, reset: SecondFactorReset) -> Words | None:
    """Permit another person than the one who vouched, while that one may still vouch."""
    if reset.vouched_by_id is not None and is_one_with(by, reset.vouched_by_id):
        return _("You vouched for them: somebody else of the office has to approve it.")
    if reset.vouched_by and reset.expires_at > clock.now() and may_vouch(reset.vouched_by, reset):
        return _("Whoever vouched for them may not any more: refuse it, and let them ask again.")
    return may_settle_reset(by, reset)


def may_cancel_reset(by: User | None, reset: SecondFactorReset) -> Words | None:
    """Permit the account's own person."""
    own = by is not None and by.pk == reset.user_id
    return None if own else _("Only the person can cancel it.")
