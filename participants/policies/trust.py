"""Who has undertaken and declared, who may invite, accept and settle a lost second factor."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import models
from django.db.models import Exists
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from participants.models import (
    Declaration,
    Invitation,
    Person,
    SecondFactorReset,
    Undertaking,
)
from participants.texts import UNDERTAKING
from stepchange import clock
from stepchange.events import fingerprint
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words


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


def may_see_people(by: User | None) -> Words | None:
    """Permit who has accepted the current undertaking, and declared their interests within a year.

    Asked before every page that shows another person's details (design.md, section 1); whether a
    second factor was used is asked of the session.
    """
    if by is not None and by.is_active and standing_of(by).is_complete:
        return None
    return _("Accept the undertaking and declare your interests first.")


# Invitations ------------------------------------------------------------------------------------------
def may_invite(by: User | None, _invitation: object = None) -> Words | None:
    """Permit office managers."""
    if by is not None and (by.is_superuser or holds(by, Role.OFFICE_MANAGER)):
        return None
    return _("Only an office manager can do this.")


def may_invite_address(by: User, address: str) -> Words | None:
    """Permit any address but one's own: nobody gives themself a role."""
    if address == by.email.lower() or _addresses(by).filter(email__iexact=address).exists():
        return _("Nobody invites themself: ask another office manager.")
    return None


def may_send_again(by: User | None, invitation: Invitation) -> Words | None:
    """Permit office managers, until its link has been used."""
    if invitation.taken_by_id is not None and not invitation.has_run_out:
        return _("The link was used: they are doing the steps. It needs no other.")
    if invitation.taken_by_id is not None:
        return _(
            "The link was used, and the steps were not done in time. Withdraw it, invite again."
        )
    return may_invite(by)


def may_accept_invitation(by: User | None, invitation: Invitation) -> Words | None:
    """Permit the account that used the link, in time, with every step before it done."""
    if by is None or invitation.taken_by_id != by.pk:
        return _("Only the person invited can accept it.")
    if invitation.has_run_out:
        return _("The invitation has run out: ask the office for another.")
    if not is_mfa_enabled(by):
        return _("Set up a second factor first.")
    if refusal := may_see_people(by):
        return refusal
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
    if by is None or not (by.is_superuser or holds(by, Role.OFFICE_MANAGER, Role.CASEWORKER)):
        return _("Only an office manager or a caseworker can do this.")
    if by.pk == reset.user_id:
        return _("Nobody does this for themself: ask two others of the office.")
    if reset.expires_at <= clock.now():
        return _("It has run out: they can ask again.")
    return None


def may_vouch(by: User | None, reset: SecondFactorReset) -> Words | None:
    """Permit whoever may settle it."""
    return may_settle_reset(by, reset)


def may_approve_reset(by: User | None, reset: SecondFactorReset) -> Words | None:
    """Permit another person than the one who vouched."""
    if by is not None and by.pk == reset.vouched_by_id:
        return _("You vouched for them: somebody else of the office has to approve it.")
    return may_settle_reset(by, reset)


def may_cancel_reset(by: User | None, reset: SecondFactorReset) -> Words | None:
    """Permit the account's own person."""
    own = by is not None and by.pk == reset.user_id
    return None if own else _("Only the person can cancel it.")
