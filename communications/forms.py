"""The contact form."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms_gds.layout import Button, Field, Layout, Size
from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from communications.models import ContactMessage

LONGEST_MESSAGE = 10_000


class OneLineField(forms.CharField):
    """Text of one line, whatever a hand-made request puts into it."""

    def to_python(self, value: Any) -> str:
        """Make every run of white space one space."""
        return " ".join((super().to_python(value) or "").split())


class MessageField(forms.CharField):
    """Text of many lines, counted as its reader counts: a line break is one character."""

    def to_python(self, value: Any) -> str:
        """Write line breaks in one way."""
        text = str(super().to_python(value) or "")
        return text.replace("\r\n", "\n").replace("\r", "\n")


class ContactForm(forms.Form):
    """A message to the coordination office."""

    name = OneLineField(
        label=_("Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
        error_messages={
            "required": _("Enter your name"),
            "max_length": _("Your name must be 200 characters or fewer"),
        },
    )
    email = forms.EmailField(
        label=_("Email address"),
        help_text=_("We use it only to answer you."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={
            "required": _("Enter your email address"),
            "invalid": _("Enter an email address in the correct format, like name@example.com"),
            "max_length": _("Your email address must be 254 characters or fewer"),
        },
    )
    about = forms.ChoiceField(
        label=_("What is your message about?"),
        choices=ContactMessage.About.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Select what your message is about"),
            "invalid_choice": _("Select what your message is about"),
        },
    )
    message = MessageField(
        label=_("Your message"),
        help_text=_("Do not include anything classified, or details of a person's identity."),
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea,
        error_messages={
            "required": _("Enter your message"),
            "max_length": _("Your message must be 10,000 characters or fewer"),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            for validator in field.validators:
                if isinstance(validator, ProhibitNullCharactersValidator):
                    validator.message = _("Remove the characters that can't be shown")
        self.helper = FormHelper()
        self.helper.layout = Layout(
            Field.text("name"),
            Field.text("email"),
            Field.radios("about"),
            Field.textarea("message", rows=8, max_characters=LONGEST_MESSAGE),
            Button("send", _("Send message")),
        )
        self.helper.label_size = Size.SMALL
