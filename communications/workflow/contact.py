"""Messages to the office."""

from django.db import transaction

from communications.models import ContactMessage
from stepchange.events import record


def receive_message(*, name: str, email: str, about: str, message: str) -> ContactMessage:
    """Keep a visitor's message for the office; the event tells it by email."""
    with transaction.atomic():
        received = ContactMessage.objects.create(
            name=name, email=email, about=about, message=message
        )
        record("communications.contact.received", received, by=None, facts={"about": about})
    return received
