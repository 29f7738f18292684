"""Addresses that need a second look, and the code that confirms one."""

from dataclasses import dataclass
from typing import Any

from crispy_forms_gds.layout import Field
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from participants.forms.base import Line, PageForm
from participants.mail_domains import meant_instead
from stepchange.form_fields import text
from stepchange.uk_time import uk_moment
from workstreams.free_mail import is_free_mail
from workstreams.names import domain_of


@dataclass(frozen=True)
class Doubt:
    """Why an address is probably not the right one, and the tick that says it is all the same."""

    words: str
    tick: str


def doubt_field() -> forms.BooleanField:
    """Return the tick that settles a doubt; drawn only where there is one."""
    return forms.BooleanField(label=_("The address is right"), required=False)


def doubt_about(address: str, fitting: list[str], *, of_referee: bool = False) -> Doubt | None:
    """Say what makes an address doubtful: a slip of the finger, or that anybody can have one there.

    Neither is refused: some organisations give no addresses, and the office settles those (design.md,
    section 7). `fitting` are domains that would be no surprise.
    """
    name, domain = address.rpartition("@")[0], domain_of(address)
    if not name or not domain:
        return None
    if instead := meant_instead(domain, fitting):
        return Doubt(
            gettext(
                "Did you mean %(address)s? Put it right, or say below that it is right as typed"
            )
            % {"address": f"{name}@{instead}"},
            gettext("The address is right as I typed it"),
        )
    if not is_free_mail(domain):
        return None
    if of_referee:
        return Doubt(
            gettext(
                "Enter the address that their organisation gave them, or say below that there is none"
            ),
            gettext("Their organisation has not given them an address"),
        )
    return Doubt(
        gettext(
            "Enter the address that your organisation gave you, or say below that you have none"
        ),
        gettext("My organisation has not given me an address"),
    )


class WorkEmailForm(PageForm):
    """The code that was emailed to the work address. It is compared by the workflow, and never kept."""

    code = text(
        _("Code"),
        _("Enter the code from the email"),
        longest=40,
        help_text=_("8 letters and numbers, like 7GKD-4HTX."),
        widget=forms.TextInput(
            attrs={
                "class": "govuk-input--width-10",
                "autocomplete": "one-time-code",
                "spellcheck": "false",
                "autocapitalize": "characters",
            }
        ),
    )

    def typed(self) -> dict[str, Any]:
        """Keep nothing: a code is used or worthless."""
        return {}

    def layout(self) -> list[Any]:
        """Draw the box as wide as a code."""
        return [Field.text("code")]

    def summary(self) -> list[Line]:
        """Say when the address was confirmed."""
        confirmation = self.journey.confirmation
        if confirmation is None:
            return []
        return [
            Line(
                _("Work email address confirmed"),
                _("By a code sent to it, at %(time)s")
                % {"time": uk_moment(confirmation.confirmed_at)},
            )
        ]
