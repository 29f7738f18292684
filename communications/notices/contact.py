"""What the office is told of a visitor's message."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from communications.models import ContactMessage, Email
from communications.notices.base import Notice, link

OFFICE = "office:inbox"


def _contact_words(email: Email) -> dict[str, Any]:
    message = ContactMessage.objects.get(public_id=email.subject_key)
    return {
        "reference": message.reference,
        "at": message.received_at,
        "button_url": link("admin:communications_contactmessage_changelist"),
        "button_label": _("Open the console"),
    }


CONTACT_NOTICES = (
    Notice(
        name="contact_message",
        label=_("Message to the office"),
        event_kind="communications.contact.received",
        recipients=lambda _event: [OFFICE],
        address=lambda _email: settings.OFFICE_EMAIL,
        words=_contact_words,
    ),
)
