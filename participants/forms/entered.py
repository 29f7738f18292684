"""What the office types about a form taken by telephone or on paper, and what the person answers."""

from datetime import date

from crispy_forms_gds.choices import Choice
from django import forms
from django.utils.translation import gettext_lazy as _

from participants.models import EnteredForm
from stepchange import clock
from stepchange.console import DayInput
from stepchange.form_fields import choice, email, long_text, text


class CorrectForm(forms.Form):
    """For whom a form is entered, and how and when the office took it."""

    full_name = text(
        _("Their full name"),
        _("Enter their full name"),
        longest=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    email = email(
        _("Their email address"),
        _("Enter their email address"),
        help_text=_("They confirm the form from this address, and from no other. Read it back."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    medium = choice(
        _("How did they give it?"),
        _("Choose how they gave it"),
        [Choice(value, label) for value, label in EnteredForm.Medium.choices],
    )
    taken_on = forms.DateField(
        label=_("On which day?"),
        widget=DayInput(attrs={"class": "govuk-input--width-10"}),
        error_messages={
            "required": _("Enter the day on which they gave it"),
            "invalid": _("Enter a day, like 27/3/2027"),
        },
    )

    def clean_email(self) -> str:
        """Keep addresses in lower case."""
        return str(self.cleaned_data["email"]).lower()

    def clean_taken_on(self) -> date:
        """Refuse a day to come, and one that is a slip of the finger."""
        day: date = self.cleaned_data["taken_on"]
        if day > clock.today():
            raise forms.ValidationError(_("Enter today or a day before"))
        if (clock.today() - day).days > 366:
            raise forms.ValidationError(_("Enter a day within the last year"))
        return day


class EnterForm(CorrectForm):
    """Begins a form: for whom, how, when, and why they do not fill it in themself."""

    reason = long_text(
        _("Why do they not fill it in online?"),
        _("Say why they do not fill it in online"),
        longest=500,
        help_text=_("Kept in the record. Do not write about health."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


YES, NO = "yes", "no"


class AnswerForm(forms.Form):
    """Whether what the office entered is theirs."""

    answer = choice(
        _("Is this your expression of interest?"),
        _("Choose whether it is yours"),
        (
            Choice(YES, _("Yes, go on with it"), hint=_("You can change every answer.")),
            Choice(
                NO,
                _("No, or I do not want it"),
                hint=_("It ends here. What was entered is deleted."),
            ),
        ),
    )
