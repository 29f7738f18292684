"""The contact form."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms_gds.layout import Button, Field, Layout, Size
from django import forms
from django.utils.translation import gettext_lazy as _

from communications.models import ContactMessage
from stepchange.form_fields import choice, email, long_text, text

LONGEST_MESSAGE = 10_000


class ContactForm(forms.Form):
    """A message to the coordination office."""

    name = text(
        _("Your name"),
        _("Enter your name"),
        longest=200,
        too_long=_("Your name must be 200 characters or fewer"),
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
    )
    email = email(
        _("Email address"),
        _("Enter your email address"),
        help_text=_("We use it only to answer you."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    about = choice(
        _("What is your message about?"),
        _("Select what your message is about"),
        ContactMessage.About.choices,
    )
    message = long_text(
        _("Your message"),
        _("Enter your message"),
        longest=LONGEST_MESSAGE,
        too_long=_("Your message must be 10,000 characters or fewer"),
        help_text=_("Do not include anything classified, or details of a person's identity."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.layout = Layout(
            Field.text("name"),
            Field.text("email"),
            Field.radios("about"),
            Field.textarea("message", rows=8, max_characters=LONGEST_MESSAGE),
            Button("send", _("Send message")),
        )
        self.helper.label_size = Size.SMALL
