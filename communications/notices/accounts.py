"""Account mail: codes, answers about an address, warnings of a change.

Queued by `communications.accounts`, in the request's transaction: no event causes it.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from communications.models import Email
from communications.notices.base import Kind, Notice, link
from stepchange import clock
from stepchange.codes import LASTS as CODE_LASTS
from stepchange.transitions import Words

WARNING_LASTS = timedelta(days=3)

CODES = {
    "email_confirmation": _("Code to confirm an address"),
    "email_confirmation_signup": _("Code to create an account"),
    "login_code": _("Code to sign in"),
    "password_reset_code": _("Code to reset a password"),
    "access_code": _("Code to confirm who it is"),
    "second_factor_lost_code": _("Code to report a lost second factor"),
}
"""Mails that hold a code to type, and what each is called."""
ANSWERS = {
    "unknown_account": ("account_signup", _("Create an account")),
    "account_already_exists": ("account_login", _("Sign in")),
}
"""Mails that answer a request about an address, and where each sends its reader."""
ANSWER_LABELS = {
    "unknown_account": _("Answer to an address without an account"),
    "account_already_exists": _("Answer to an address that has an account"),
}
CHANGES = {
    "address_is_new": _("You now sign in with this email address"),
    "new_device": _("Somebody signed in to your account on a new device"),
    "email_changed": _("Your email address was changed"),
    "email_confirm": _("Your email address was confirmed"),
    "email_deleted": _("An email address was removed from your account"),
    "password_changed": _("Your password was changed"),
    "password_reset": _("Your password was reset"),
    "password_set": _("A password was set"),
    "recovery_code_used": _("A recovery code was used to sign in"),
    "recovery_codes_generated": _("New recovery codes were made"),
    "sessions_ended": _("You were signed out in other places"),
    "totp_activated": _("An authenticator app was added"),
    "totp_deactivated": _("Your authenticator app was removed"),
    "webauthn_added": _("A passkey was added"),
    "webauthn_removed": _("A passkey was removed"),
}
"""Mails that warn of a change to an account, and what changed."""

CHANGE_LABELS = {
    "address_is_new": _("Sign-in address is now this one"),
    "email_changed": _("Sign-in address changed"),
    "email_confirm": _("Address confirmed"),
    "email_deleted": _("Address removed"),
    "new_device": _("Signed in on a new device"),
    "password_changed": _("Password changed"),
    "password_reset": _("Password reset"),
    "password_set": _("Password set"),
    "recovery_code_used": _("Recovery code used"),
    "recovery_codes_generated": _("Recovery codes made"),
    "sessions_ended": _("Signed out elsewhere"),
    "totp_activated": _("Authenticator app added"),
    "totp_deactivated": _("Authenticator app removed"),
    "webauthn_added": _("Passkey added"),
    "webauthn_removed": _("Passkey removed"),
}
"""What the same mails are called in the ledger."""

# What more some of them say; never an address, a name or a device (law 7).
KNOWN_BY_A_COOKIE = _(
    "We know a device by a cookie that it keeps for a year: one that has cleared its cookies, or a "
    "private window, is new to us each time."
)
TO_THE_OLD_ADDRESS = _("This address no longer signs in to the account; another one does.")
OFFICE_ONLY = ("email_changed",)
"""Whoever reads these can no longer sign in, so they are not told to."""


def account_notice_name(template: str) -> str:
    """Return the name of the notice for one of django-allauth's mails."""
    return f"account:{template}"


def _payload(email: Email) -> dict[str, Any]:
    payload = email.payload
    return payload if isinstance(payload, dict) else {}


def _typed_address(email: Email) -> str:
    return email.address


def _code_words(email: Email) -> dict[str, Any]:
    return {"code": _payload(email)["code"], "minutes": int(CODE_LASTS.total_seconds() // 60)}


def _code_is_stale(email: Email) -> Words | None:
    if clock.now() - email.made_at > CODE_LASTS:
        return _("The code ran out before it could be sent.")
    if Email.objects.same_since(email).exists():
        return _("A newer code was asked for.")
    return None


def _answer_words(template: str) -> Callable[[Email], dict[str, Any]]:
    page, label = ANSWERS[template]
    return lambda _email: {"button_url": link(page), "button_label": label}


def _answer_is_stale(email: Email) -> Words | None:
    if clock.now() - email.made_at > CODE_LASTS:
        return _("Nobody waits for it any more.")
    return None


def _change_words(template: str) -> Callable[[Email], dict[str, Any]]:
    def words(email: Email) -> dict[str, Any]:
        said = {"change": CHANGES[template], "at": email.made_at}
        if template in OFFICE_ONLY:
            return said | {
                "more": TO_THE_OLD_ADDRESS,
                "locked_out": True,
                "button_url": link("communications:contact"),
                "button_label": _("Write to the office"),
            }
        return said | {
            "more": _more(email, template),
            "note": KNOWN_BY_A_COOKIE if template == "new_device" else "",
            "button_url": link("usersessions_list"),
            "button_label": _("See where you are signed in"),
        }

    return words


def _more(email: Email, template: str) -> Words:
    if template != "recovery_code_used":
        return ""
    left = int(_payload(email).get("left", 0))
    if not left:
        return _("No code is left: make new ones now.")
    said = ngettext("%(left)d code is left.", "%(left)d codes are left.", left) % {"left": left}
    low = _payload(email).get("low")
    return f"{said} {_('Make new ones soon.')}" if low else said


def _warning_is_stale(email: Email) -> Words | None:
    if clock.now() - email.made_at > WARNING_LASTS:
        return _("It could not be sent for days.")
    return None


def _account_notices() -> Iterable[Notice]:
    for template in CODES:
        yield Notice(
            name=account_notice_name(template),
            label=CODES[template],
            kind=Kind.SECURITY,
            address=_typed_address,
            words=_code_words,
            why_not=_code_is_stale,
            folder=template.removesuffix("_signup"),
        )
    for template in ANSWERS:
        yield Notice(
            name=account_notice_name(template),
            label=ANSWER_LABELS[template],
            kind=Kind.SECURITY,
            address=_typed_address,
            words=_answer_words(template),
            why_not=_answer_is_stale,
            folder=template,
        )
    for template in CHANGES:
        yield Notice(
            name=account_notice_name(template),
            label=CHANGE_LABELS[template],
            kind=Kind.SECURITY,
            address=_typed_address,
            words=_change_words(template),
            why_not=_warning_is_stale,
            folder="account_changed",
        )


ACCOUNT_NOTICES = tuple(_account_notices())
