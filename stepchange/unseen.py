"""Characters that nobody sees: they turn a line round, hide in a name, or break it, and are refused.

What is shown on a page would else not be what is stored: a name that reads one way and is another, which
a referee is asked to confirm.
"""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

JOINERS = frozenset("\u200c\u200d")
"""They shape the letters of Persian, Kurdish and the scripts of India; between others they only hide."""
WITHOUT_JOINERS = ("LATIN", "GREEK", "CYRILLIC")
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a pattern by their category, and empty to the eye."""
SHOWN = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
"""Format characters by their category that are signs of their own in Arabic and Syriac."""
BREAKS = frozenset("\n\r\t")
_TAGS = {ord(letter): 0xE0000 + ord(letter) for letter in "abcdefghijklmnopqrstuvwxyz"}
FLAGS = tuple(
    f"\U0001f3f4{country.translate(_TAGS)}\U000e007f" for country in ("gbeng", "gbsct", "gbwls")
)
"""The flags of England, Scotland and Wales, whose emoji end in characters that are seen nowhere else."""
NUL = "\0"
"""Django's own validator refuses it, in our words (`UNPRINTABLE`): to say it twice helps nobody."""
_NEVER = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_BEFORE = 20
"""So much of what stands before is told with where one is."""


def refuse_unseen(value: Any) -> None:
    """Raise ValidationError for a text of many lines with a character in it that nobody sees."""
    _refuse(str(value), BREAKS)


def refuse_unseen_in_line(value: Any) -> None:
    """Raise ValidationError for a line of text with a character in it that nobody sees."""
    _refuse(str(value), frozenset())


def _refuse(text: str, allowed: frozenset[str]) -> None:
    if text.isascii() and text.isprintable():
        return
    for flag in FLAGS:
        text = text.replace(flag, flag[0])
    for place, letter in enumerate(text):
        if letter == NUL or letter in allowed or not _is_unseen(text, place, letter):
            continue
        seen = "".join(each for each in text[:place] if each.isprintable())[-_BEFORE:].strip()
        if seen:
            raise ValidationError(
                _(
                    "There is a character that can’t be seen after “%(seen)s”: delete it, or type the "
                    "words instead of pasting them"
                )
                % {"seen": seen},
                code="unseen",
            )
        raise ValidationError(
            _(
                "There is a character that can’t be seen at the beginning: delete it, or type the words "
                "instead of pasting them"
            ),
            code="unseen",
        )


def _is_unseen(text: str, place: int, letter: str) -> bool:
    if letter in JOINERS:
        return not (_may_join(text[place - 1 : place]) and _may_join(text[place + 1 : place + 2]))
    if letter in BLANKS:
        return True
    return unicodedata.category(letter) in _NEVER and letter not in SHOWN


def _may_join(letter: str) -> bool:
    """Say whether a joiner has something to do beside a letter: in its script, or in an emoji."""
    category = unicodedata.category(letter) if letter else ""
    if category[:1] == "L":
        return not unicodedata.name(letter, "").startswith(WITHOUT_JOINERS)
    return category[:1] == "M" or category in {"So", "Sk"}


def refuse_in(form: forms.BaseForm) -> None:
    """Let each field of a form that takes typed text refuse what can't be seen, but for passwords."""
    for field in form.fields.values():
        if isinstance(field, forms.CharField) and not isinstance(field.widget, forms.PasswordInput):
            many = isinstance(field.widget, forms.Textarea)
            refusing = refuse_unseen if many else refuse_unseen_in_line
            if not any(
                known in (refuse_unseen, refuse_unseen_in_line) for known in field.validators
            ):
                field.validators.append(refusing)
