"""What the record tells of messages and emails, in words."""

from django.utils.translation import gettext_lazy

from stepchange.console.event_words import register
from stepchange.console.looks import Look, register_looks
from stepchange.transitions import Words

KINDS: dict[str, Words] = {
    "communications.contact.received": gettext_lazy("Message to the office received"),
    "communications.email.resent": gettext_lazy("Email sent again after a doubt"),
    "communications.email.let_go": gettext_lazy("Held email sent"),
    "communications.email.confirmed": gettext_lazy("Email marked as sent"),
    "communications.generation.began": gettext_lazy("Restored backup noticed"),
    "communications.generation.released": gettext_lazy("Held emails sent after a restore"),
}
register(KINDS)

LOOKS = {
    "email": Look(gettext_lazy("An email to you or about you"), "letters"),
    "message": Look(gettext_lazy("Your message to the office"), "answering"),
}
register_looks(LOOKS)
