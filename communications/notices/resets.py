"""What the owner of a lost second factor is told of each step, and that the office is asked."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Kind, Notice, link
from communications.notices.contact import OFFICE
from participants.models import SecondFactorReset
from participants.workflow import RESET
from stepchange import clock
from stepchange.models import Event
from stepchange.transitions import Words

WARNING_LASTS = timedelta(days=7)
STOP = _(
    "If you did not ask for this, sign in as usual: that cancels it. Then tell the office, because "
    "somebody else can read your email."
)
STEPS: dict[str, tuple[Words, Words, Words]] = {
    "asked": (
        _("Somebody asked to remove your second factor"),
        _(
            "The office will call you back through your organisation’s switchboard before it does so."
        ),
        STOP,
    ),
    "vouched": (
        _("The first of two people has agreed to remove your second factor"),
        _("Somebody of the office has made sure who you are. Another still has to approve it."),
        STOP,
    ),
    "approved": (
        _("Your second factor was removed"),
        _(
            "You were signed out everywhere, and your password was removed too. Sign in with a code by "
            "email: leave the password empty. Then set up a new second factor."
        ),
        _("If you did not ask for this, tell the office at once."),
    ),
    "refused": (
        _("The office refused to remove your second factor"),
        _("It could not confirm that the request was yours. How you sign in has not changed."),
        _("If you did ask for it, write to the office."),
    ),
    "cancelled": (
        _("The request to remove your second factor was cancelled"),
        _("You signed in as usual, or cancelled it yourself. How you sign in has not changed."),
        _("If that was not you, tell the office at once."),
    ),
    "expired": (
        _("The request to remove your second factor ran out"),
        _("It was not settled within three days. How you sign in has not changed."),
        _("You can ask again."),
    ),
}
"""For each event: the subject, what happened and what to do."""


def _reset(email: Email) -> SecondFactorReset:
    return SecondFactorReset.objects.select_related("user").get(public_id=email.subject_key)


def _owner(event: Event) -> Iterable[str]:
    reset = SecondFactorReset.objects.select_related("user").get(public_id=event.subject_key)
    yield f"user:{reset.user.public_id}:account"


def _words(step: str) -> Callable[[Email], dict[str, Any]]:
    heading, happened, advice = STEPS[step]
    return lambda email: {
        "name": _reset(email).user.name,
        "heading": heading,
        "happened": happened,
        "advice": advice,
        "at": email.event.at if email.event else email.made_at,
        "button_url": link("account_login"),
        "button_label": _("Sign in"),
    }


def _stale(email: Email) -> Words | None:
    if clock.now() - email.made_at > WARNING_LASTS:
        return _("It could not be sent for days.")
    return None


def _office_words(_email: Email) -> dict[str, Any]:
    return {
        "button_url": link("admin:participants_secondfactorreset_changelist"),
        "button_label": _("Open the console"),
    }


def _settled(email: Email) -> Words | None:
    return None if _reset(email).is_open else _("It was settled meanwhile.")


RESET_NOTICES = (
    *(
        Notice(
            name=f"second_factor_reset_{step}",
            kind=Kind.SECURITY,
            event_kind=f"{RESET.subject}.{step}",
            recipients=_owner,
            address=lambda email: _reset(email).user.email,
            words=_words(step),
            why_not=_stale,
            folder="second_factor_reset",
        )
        for step in STEPS
    ),
    Notice(
        name="second_factor_reset_office",
        event_kind=f"{RESET.subject}.asked",
        recipients=lambda _event: [OFFICE],
        address=lambda _email: settings.OFFICE_EMAIL,
        words=_office_words,
        why_not=_settled,
    ),
)
