"""What the invited are told, and whoever invited them."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Notice, link
from participants.models import Invitation
from participants.workflow import INVITATION, invitations
from stepchange.models import Event
from stepchange.transitions import Words


def _invitation(email: Email) -> Invitation:
    return Invitation.objects.select_related("invited_by").get(public_id=email.subject_key)


def _the_invited(event: Event) -> Iterable[str]:
    yield f"invitation:{event.subject_key}:{event.facts['round']}"


def _letter_words(email: Email) -> dict[str, Any]:
    """Return the words, with a link that is made now and rests nowhere but in this letter."""
    invitation = _invitation(email)
    return {
        "name": invitation.name,
        "until": invitation.expires_at,
        "button_url": link("participants:invitation-link", invitations.mint_link(invitation)),
        "button_label": _("See your invitation"),
    }


def _not_due(email: Email) -> Words | None:
    invitation = _invitation(email)
    if invitation.state != Invitation.State.SENT or invitation.has_run_out:
        return _("It was settled, or ran out, meanwhile.")
    if invitation.taken_by_id is not None:
        return _("Its link was used already.")
    if email.recipient_key.rpartition(":")[2] != str(invitation.round):
        return _("A newer one was sent.")
    return None


def _the_inviter(event: Event) -> Iterable[str]:
    invitation = Invitation.objects.select_related("invited_by").get(public_id=event.subject_key)
    yield f"user:{invitation.invited_by.public_id}:account"


def _inviters_address(email: Email) -> str:
    inviter = _invitation(email).invited_by
    return inviter.email if inviter.is_active else ""


def _accepted_words(email: Email) -> dict[str, Any]:
    return {
        "name": _invitation(email).invited_by.name,
        "at": email.event.at if email.event else email.made_at,
        "button_url": link("admin:participants_invitation_change", email.subject_key),
        "button_label": _("See it in the console"),
    }


INVITATION_NOTICES = (
    Notice(
        name="invitation",
        event_kind="participants.invitation.sent",
        recipients=_the_invited,
        address=lambda email: _invitation(email).email,
        words=_letter_words,
        why_not=_not_due,
    ),
    Notice(
        name="invitation_again",
        event_kind=INVITATION.kind("send_again"),
        recipients=_the_invited,
        address=lambda email: _invitation(email).email,
        words=_letter_words,
        why_not=_not_due,
        folder="invitation",
    ),
    Notice(
        name="invitation_accepted",
        event_kind=INVITATION.kind("accept"),
        recipients=_the_inviter,
        address=_inviters_address,
        words=_accepted_words,
    ),
)
