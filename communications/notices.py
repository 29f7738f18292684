"""Every message the portal sends, as data: what causes it, to whom, its words, until when it is due.

To add one: a `Notice` here, and a folder `templates/emails/<name>/` with subject.txt, body.txt and
body.html. A notice holds a greeting, a reference, a time, an action and a link; projects, outcomes,
reasons and interests are read after log-in (law 7).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from communications.models import ContactMessage, Email
from communications.querysets import events_without
from participants.models import ExpressionOfInterest
from participants.workflow import EXPRESSION
from stepchange import clock
from stepchange.models import Event
from stepchange.transitions import Words

OFFICE = "office:inbox"


class Kind(StrEnum):
    """What sort of message it is: that decides how it is treated when in doubt."""

    SERVICE = "service"
    """About the recipient's own business here; never promotional."""
    SECURITY = "security"
    """Somebody waits for it, or must be warned: goes first, and again when in doubt."""
    CAMPAIGN = "campaign"
    """A Call to Action: can be declined."""


@dataclass(frozen=True)
class Cause:
    """One thing that a notice has to tell, not yet in the ledger.

    With the notice's name these are the ledger's unique key. A recipient key is a person's opaque id
    and the role of the address, so that a changed address sends no second time (law 5).
    """

    subject_key: str
    occurrence: str
    recipient_keys: tuple[str, ...]
    event: Event | None = None


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message of the portal."""

    name: str
    kind: Kind = Kind.SERVICE
    event_kind: str = ""
    """The kind of event that causes it, if one does."""
    recipients: Callable[[Event], Iterable[str]] = lambda _event: ()
    """Whom such an event is told to, as recipient keys."""
    by_clock: Callable[[], Iterable[Cause]] = lambda: ()
    """What has come due by the clock and has no row yet, found by a query."""
    address: Callable[[Email], str]
    """Where it goes, looked up when a worker has claimed the row; empty when there is nowhere."""
    words: Callable[[Email], Mapping[str, Any]]
    """What its templates may say."""
    why_not: Callable[[Email], Words | None] = lambda _email: None
    """Why it is not due any more (its stop condition), asked just before it is sent."""
    folder: str = ""
    """Its templates' folder under `emails/`, when not its own name."""

    def causes(self) -> Iterable[Cause]:
        """Return what has no row yet: by a query over everything, never by an id cursor."""
        if self.event_kind:
            events = events_without(Email.objects.all(), kind=self.event_kind, notice=self.name)
            for event in events.iterator():
                yield Cause(
                    event.subject_key,
                    event.digest[:32],
                    tuple(dict.fromkeys(self._told_of(event))),
                    event,
                )
        yield from self.by_clock()

    def _told_of(self, event: Event) -> list[str]:
        try:
            return list(self.recipients(event))
        except ObjectDoesNotExist:
            return []

    def template(self, part: str) -> str:
        """Return the name of one of its templates: subject.txt, body.txt or body.html."""
        return f"emails/{self.folder or self.name}/{part}"


def link(name: str, *arguments: str) -> str:
    """Return the public address of a page: from PUBLIC_URL, never from a request's Host."""
    return f"{settings.PUBLIC_URL}{reverse(name, args=arguments)}"


# The receipt --------------------------------------------------------------------------------------
def _expression(email: Email) -> ExpressionOfInterest:
    return ExpressionOfInterest.objects.select_related("person__user").get(
        reference=email.subject_key
    )


def _its_participant(event: Event) -> Iterable[str]:
    expression = ExpressionOfInterest.objects.select_related("person").get(
        reference=event.subject_key
    )
    yield f"person:{expression.person.public_id}:account"


def _participants_address(email: Email) -> str:
    user = _expression(email).person.user
    return user.email if user and user.is_active else ""


def _receipt_words(email: Email) -> dict[str, Any]:
    expression = _expression(email)
    return {
        "name": expression.person.full_name,
        "reference": expression.reference,
        "at": expression.submitted_at,
        "button_url": link("participants:account"),
        "button_label": _("See where it stands"),
    }


def _withdrawn(email: Email) -> Words | None:
    submitted = ExpressionOfInterest.State.SUBMITTED
    return None if _expression(email).state == submitted else _("It was withdrawn meanwhile.")


# A message to the office --------------------------------------------------------------------------
def _contact_words(email: Email) -> dict[str, Any]:
    message = ContactMessage.objects.get(public_id=email.subject_key)
    return {
        "reference": message.reference,
        "at": message.received_at,
        "button_url": link("admin:communications_contactmessage_changelist"),
        "button_label": _("Open the console"),
    }


# Account mail: queued by `accounts`, in the request's transaction ---------------------------------
CODE_LASTS = timedelta(minutes=15)
WARNING_LASTS = timedelta(days=3)

CODES = ("email_confirmation", "email_confirmation_signup", "login_code", "password_reset_code")
"""Mails that hold a code to type."""
ANSWERS = {
    "unknown_account": ("account_signup", _("Create an account")),
    "account_already_exists": ("account_login", _("Sign in")),
}
"""Mails that answer a request about an address, and where each sends its reader."""
CHANGES = {
    "email_changed": _("Your email address was changed"),
    "email_confirm": _("Your email address was confirmed"),
    "email_deleted": _("An email address was removed from your account"),
    "password_changed": _("Your password was changed"),
    "password_reset": _("Your password was reset"),
    "password_set": _("A password was set"),
    "recovery_codes_generated": _("New recovery codes were made"),
    "totp_activated": _("An authenticator app was added"),
    "totp_deactivated": _("Your authenticator app was removed"),
}
"""Mails that warn of a change to an account, and what changed."""


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
    return lambda email: {
        "change": CHANGES[template],
        "at": email.made_at,
        "button_url": link("account_login"),
        "button_label": _("Sign in"),
    }


def _warning_is_stale(email: Email) -> Words | None:
    if clock.now() - email.made_at > WARNING_LASTS:
        return _("It could not be sent for days.")
    return None


def _account_notices() -> Iterable[Notice]:
    for template in CODES:
        yield Notice(
            name=account_notice_name(template),
            kind=Kind.SECURITY,
            address=_typed_address,
            words=_code_words,
            why_not=_code_is_stale,
            folder=template.removesuffix("_signup"),
        )
    for template in ANSWERS:
        yield Notice(
            name=account_notice_name(template),
            kind=Kind.SECURITY,
            address=_typed_address,
            words=_answer_words(template),
            why_not=_answer_is_stale,
            folder=template,
        )
    for template in CHANGES:
        yield Notice(
            name=account_notice_name(template),
            kind=Kind.SECURITY,
            address=_typed_address,
            words=_change_words(template),
            why_not=_warning_is_stale,
            folder="account_changed",
        )


# --------------------------------------------------------------------------------------------------
_ALL = (
    Notice(
        name="receipt",
        event_kind=EXPRESSION.kind("submit"),
        recipients=_its_participant,
        address=_participants_address,
        words=_receipt_words,
        why_not=_withdrawn,
    ),
    Notice(
        name="contact_message",
        event_kind="communications.contact.received",
        recipients=lambda _event: [OFFICE],
        address=lambda _email: settings.OFFICE_EMAIL,
        words=_contact_words,
    ),
    *_account_notices(),
)

NOTICES: dict[str, Notice] = {notice.name: notice for notice in _ALL}
SECURITY = frozenset(notice.name for notice in _ALL if notice.kind is Kind.SECURITY)
EVENT_KINDS = frozenset(notice.event_kind for notice in _ALL if notice.event_kind)
