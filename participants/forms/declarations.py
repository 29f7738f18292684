"""What is asked of somebody who declares interests or accepts the undertaking outside the big form."""

from typing import Any

from crispy_forms_gds.choices import Choice
from django import forms
from django.utils.translation import gettext_lazy as _

from participants.models import InterestKind
from participants.texts import INTERESTS, UNDERTAKING
from projects.models import Project
from stepchange.form_fields import choice, choice_field, long_text, text

KIND_HINTS = {
    InterestKind.FINANCIAL: _("Money that you or somebody close to you could gain or lose"),
    InterestKind.SHARES: _("Shares or options, in a listed or a private company"),
    InterestKind.OCCUPATION: _("Paid work for anybody else, consultancy included"),
    InterestKind.DIRECTORSHIP: _("A company, partnership or charity that you help to run"),
    InterestKind.EMPLOYMENT: _("An employer of the last two years who could gain"),
    InterestKind.VOLUNTARY: _("Unpaid, such as trustee, committee member or adviser"),
    InterestKind.PERSONAL: _("Family, friends or others close to you"),
    InterestKind.PROCUREMENT: _("Something you sell, or bid for, that a project could call for"),
    InterestKind.INTELLECTUAL_PROPERTY: _("Patents, designs, training material, software"),
    InterestKind.OTHER: _("Anything that a reasonable person could think influences you"),
}


class UndertakingForm(forms.Form):
    """The tick under the undertaking."""

    accepted = forms.BooleanField(
        label=UNDERTAKING.tick, error_messages={"required": UNDERTAKING.missing}
    )


class AnythingForm(forms.Form):
    """Whether there is anything to declare: the page's heading, and never answered beforehand."""

    anything = choice(
        _("Do you have any interests to declare?"),
        _("Choose whether you have any interests to declare"),
        (
            ("yes", _("Yes, I have interests to declare")),
            ("no", _("No, I have nothing to declare")),
        ),
    )


class InterestForm(forms.Form):
    """One interest."""

    kind = choice(
        _("What kind of interest is it?"),
        _("Choose what kind of interest it is"),
        [Choice(kind.value, kind.label, hint=KIND_HINTS[kind]) for kind in InterestKind],
    )
    party = long_text(
        _("Who or what is it with?"),
        _("Say who or what the interest is with"),
        longest=500,
        help_text=_("The organisation or person, and what you are to them."),
    )
    gain = long_text(
        _("What could you or they gain?"),
        _("Say what you or they could gain"),
        longest=1000,
        help_text=_("From a project of the programme, or from what you would learn through it."),
    )
    since = text(
        _("Since when? (optional)"),
        "",
        longest=60,
        required=False,
        help_text=_("For example, March 2019. If it has ended, say when."),
        widget=forms.TextInput(attrs={"class": "govuk-input--width-20"}),
    )
    project = forms.ChoiceField(
        label=_("Which project does it touch?"),
        required=False,
        help_text=_("Add the interest again for another project."),
        error_messages={"invalid_choice": _("Choose a project from the list, or none")},
    )

    def given(self) -> dict[str, str]:
        """Return the interest as the workflow takes it."""
        return {name: str(self.cleaned_data[name]) for name in self.fields}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = Project.objects.published().values_list("code", "title")
        choice_field(self, "project").choices = [
            ("", _("No particular project, or the whole programme")),
            *((code, f"{code}: {title}") for code, title in projects),
        ]


class SignatureForm(forms.Form):
    """The tick that signs, and the digest of what the page showed."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    signed = forms.BooleanField(
        label=INTERESTS.tick, error_messages={"required": INTERESTS.missing}
    )
