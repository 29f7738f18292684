"""What an ethics reviewer, or whoever answers people, is asked."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reviews.models import EthicsReview
from stepchange.form_fields import choice, choice_field, long_text
from stepchange.models import User

CLEAR, CONDITIONS, NOT_CLEARED = "cleared", "conditions", "not cleared"


class EthicsForm(forms.Form):
    """The outcome of an ethics review."""

    outcome = choice(
        _("What is the outcome?"),
        _("Choose the outcome"),
        (
            (CLEAR, EthicsReview.State.CLEARED.label),
            (CONDITIONS, EthicsReview.State.CONDITIONS.label),
            (NOT_CLEARED, EthicsReview.State.NOT_CLEARED.label),
        ),
    )
    conditions = long_text(_("If with conditions, which?"), "", longest=2000, required=False)
    reason = long_text(
        _("Why?"),
        _("Say why: the reason is kept in the record"),
        longest=2000,
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the conditions where there are to be some."""
        given = super().clean() or {}
        wants = given.get("outcome") == CONDITIONS
        if wants and not str(given.get("conditions", "")).strip():
            self.add_error("conditions", _("Say on which conditions it is cleared"))
        return given


class AnswerAgainForm(forms.Form):
    """The answer to whoever asked for a decision to be looked at again."""

    outcome = choice(
        _("What comes of it?"),
        _("Choose what comes of it"),
        (
            ("stands", _("The decision stands")),
            ("again", _("It is to be decided again, by both sides")),
        ),
    )
    answer = long_text(
        _("Your answer to them"),
        _("Write the answer: they read it"),
        longest=4000,
        help_text=_("Name nobody who took the decision, and nothing that somebody else declared."),
    )


class AnswerForm(forms.Form):
    """The answer to a complaint."""

    answer = long_text(_("Your answer to them"), _("Write the answer: they read it"), longest=4000)


class ConcernsForm(forms.Form):
    """Whom a complaint is about."""

    whom = forms.ChoiceField(
        label=_("Whom is it about?"),
        help_text=_("Whoever it is about can neither read nor answer it any more."),
        error_messages={
            "required": _("Choose whom it is about"),
            "invalid_choice": _("Choose somebody in the list"),
        },
    )

    def __init__(self, *arguments: Any, people: Iterable[User] = (), **named: Any) -> None:
        """Take the accounts that it can be about."""
        super().__init__(*arguments, **named)
        offered = [(str(each.public_id), str(each)) for each in people]
        choice_field(self, "whom").choices = [("", _("Choose a person")), *offered]
