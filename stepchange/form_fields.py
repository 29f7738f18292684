"""Fields that every form of the portal shares: how typed text is read, and what its errors say."""

import re
from typing import Any, cast

from django import forms
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

from stepchange.unseen import refuse_unseen, refuse_unseen_in_line

BAD_EMAIL = _("Enter an email address in the correct format, like name@example.com")
UNPRINTABLE = _("Remove the characters that can't be shown")
TOO_LONG = _("Use %(limit_value)d characters or fewer; you have %(show_value)d")
LONGEST_EMAIL = 254  # RFC 5321
LINE_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
"""As browsers, word processors and Unicode write a new line."""


def _filled(words: str | Promise, values: dict[str, Any]) -> str:
    return str(words) % values


_filled_when_read = lazy(_filled, str)


def filled(words: str | Promise, **values: object) -> Any:
    """Return words with what is named in them, put together when they are read, as most never are."""
    return _filled_when_read(words, values)


class OneLineField(forms.CharField):
    """Text of one line, whatever a hand-made request puts into it."""

    default_error_messages = {"null_characters_not_allowed": UNPRINTABLE}
    default_validators = [refuse_unseen_in_line]

    def to_python(self, value: Any) -> str:
        """Make every run of white space one space."""
        return " ".join((super().to_python(value) or "").split())


class MessageField(forms.CharField):
    """Text of many lines, counted as its reader counts: a line break is one character."""

    default_error_messages = {"null_characters_not_allowed": UNPRINTABLE}
    default_validators = [refuse_unseen]
    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        """Write line breaks in one way, whatever they were pasted from."""
        text = str(super().to_python(value) or "")
        return LINE_BREAKS.sub("\n", text)


def text(
    label: Any, missing: Any, *, longest: int, too_long: Any = TOO_LONG, **options: Any
) -> OneLineField:
    """Return a field for a line of text, with messages that say what to do."""
    errors = {"required": missing, "max_length": too_long}
    return OneLineField(label=label, max_length=longest, error_messages=errors, **options)


def long_text(
    label: Any, missing: Any, *, longest: int, too_long: Any = TOO_LONG, **options: Any
) -> MessageField:
    """Return a field for a text of many lines, with messages that say what to do."""
    errors = {"required": missing, "max_length": too_long}
    return MessageField(label=label, max_length=longest, error_messages=errors, **options)


def email(label: Any, missing: Any, **options: Any) -> forms.EmailField:
    """Return a field for an email address."""
    return forms.EmailField(
        label=label,
        max_length=LONGEST_EMAIL,
        validators=[refuse_unseen_in_line],
        error_messages={
            "required": missing,
            "invalid": BAD_EMAIL,
            "max_length": TOO_LONG,
            "null_characters_not_allowed": UNPRINTABLE,
        },
        **options,
    )


def choice(label: Any, missing: Any, choices: Any, **options: Any) -> forms.ChoiceField:
    """Return a field of radio buttons."""
    return forms.ChoiceField(
        label=label,
        choices=choices,
        widget=forms.RadioSelect,
        error_messages={"required": missing, "invalid_choice": missing},
        **options,
    )


def choice_field(form: forms.BaseForm, name: str) -> forms.ChoiceField:
    """Return a form's field that offers choices: Django's mapping of the fields does not tell kinds."""
    return cast(forms.ChoiceField, form.fields[name])


def row_field(form: forms.BaseForm, name: str) -> "forms.ModelChoiceField[Any]":
    """Return a form's field that offers rows."""
    return cast("forms.ModelChoiceField[Any]", form.fields[name])
