"""What is asked of somebody who lost their second factor."""

from django import forms
from django.utils.translation import gettext_lazy as _

from stepchange.form_fields import email, text


class LostFactorForm(forms.Form):
    """The address that they sign in with."""

    email = email(
        _("Email address"),
        _("Enter your email address"),
        help_text=_("The one that you sign in with."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class LostFactorCodeForm(forms.Form):
    """The code that was mailed there."""

    code = text(
        _("Code"),
        _("Enter the code from the email"),
        longest=20,
        help_text=_("For example, LXRG-FTXF"),
        widget=forms.TextInput(
            attrs={
                "class": "govuk-input--width-10 sc-code-input",
                "autocomplete": "one-time-code",
                "spellcheck": "false",
            }
        ),
    )
