"""What makes it trustworthy: a referee, and the statements accepted."""

import re
from typing import Any, ClassVar

from crispy_forms_gds.layout import Field, Fluid
from django import forms
from django.utils.translation import gettext_lazy as _

from participants.forms.acceptance import AcceptanceField, acceptance_in_words, accepted_since
from participants.forms.addresses import doubt_about, doubt_field
from participants.forms.base import Line, PageForm
from participants.texts import ACCURACY, STATEMENTS
from stepchange.form_fields import email, long_text, text
from stepchange.form_layout import Words
from workstreams.models import Sector
from workstreams.names import domain_of

# The means of confirming identity that fit each sector (design.md, section 7): its words, the form it
# has without spaces and hyphens, and what to say of another.
IDENTIFIERS = {
    Sector.POLICE: (
        _("Collar or staff number"),
        _("Like 4127 or PC 4127. We know the force from the page before."),
        re.compile(r"[A-Z]{0,4}[0-9]{1,8}[A-Z]{0,2}"),
        _("Enter a collar or staff number, like 4127 or PC 4127"),
    ),
    Sector.PRIVATE: (
        _("SIA licence number"),
        _("The 16 digits on the front, if you hold a licence."),
        re.compile(r"[0-9]{16}"),
        _("Enter the 16 digits of the SIA licence, like 1234 5678 9012 3456"),
    ),
    Sector.GOVERNMENT: (
        _("Staff number"),
        _("If your department gives you one."),
        re.compile(r"[A-Z0-9/.]{2,20}"),
        _("Enter a staff number of letters and numbers, like 104562 or AB1234"),
    ),
}
WEB_ADDRESS = re.compile(r"://|\bwww\.", re.IGNORECASE)
GAPS = re.compile(r"[\s\u2010-\u2015-]+")


class ConfirmingForm(PageForm):
    """A referee, and the means that fit the sector."""

    optional: ClassVar[tuple[str, ...]] = ("identifier",)
    referee_name = text(
        _("Referee’s full name"),
        _("Enter your referee’s full name"),
        longest=200,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    referee_role = text(_("Referee’s job title"), _("Enter your referee’s job title"), longest=200)
    referee_email = email(
        _("Referee’s work email address"),
        _("Enter your referee’s work email address"),
        help_text=_("An address their organisation gave them, not a personal one."),
    )
    referee_email_is_right = doubt_field()
    identifier = text(
        "",
        "",
        longest=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def build(self) -> None:
        """Ask for the number that fits the sector."""
        sector = self.journey.sector
        means = IDENTIFIERS[Sector(sector) if sector in Sector.values else Sector.PRIVATE]
        field = self.fields["identifier"]
        field.label, field.help_text, self.shape, self.misshapen = means
        if sector == Sector.PRIVATE:
            field.widget.attrs["inputmode"] = "numeric"
        self.doubt = None
        if self.is_bound:
            typed = self.data.get(self.add_prefix("referee_email"))
            fitting = [domain_of(self.journey.work_email), domain_of(self.journey.email)]
            self.doubt = doubt_about(str(typed or "").strip().lower(), fitting, of_referee=True)
        if self.doubt:
            self.fields["referee_email_is_right"].label = self.doubt.tick
        else:
            del self.fields["referee_email_is_right"]

    def clean_referee_name(self) -> str:
        """Refuse a web address: a letter of ours greets with the name, and would carry the link."""
        name = str(self.cleaned_data["referee_name"])
        if WEB_ADDRESS.search(name):
            raise forms.ValidationError(_("Enter your referee’s name, without a web address"))
        return name

    def clean_referee_email(self) -> str:
        """Refuse the person's own address: nobody vouches for themself."""
        address = str(self.cleaned_data["referee_email"]).lower()
        if address in {self.journey.email.lower(), self.journey.work_email}:
            raise forms.ValidationError(_("Enter somebody else’s address: this one is yours"))
        return address

    def clean_identifier(self) -> str:
        """Take the number with or without its gaps, and keep it without."""
        number = GAPS.sub("", self.cleaned_data["identifier"]).upper()
        if number and not self.shape.fullmatch(number):
            raise forms.ValidationError(self.misshapen)
        return number

    def clean(self) -> dict[str, Any]:
        """Ask about an address that is probably not an organisation's."""
        cleaned = super().clean() or {}
        if "referee_email" in cleaned and self.doubt and not cleaned.get("referee_email_is_right"):
            self.add_error("referee_email", self.doubt.words)
        return cleaned

    def layout(self) -> list[Any]:
        """Draw the fields as wide as what goes into them."""
        parts: list[Any] = [
            Field.text("referee_name", field_width=Fluid.TWO_THIRDS),
            Field.text("referee_role", field_width=Fluid.TWO_THIRDS),
            Field.text("referee_email", field_width=Fluid.TWO_THIRDS),
        ]
        if self.doubt:
            parts.append(Field.checkbox("referee_email_is_right"))
        return [*parts, Field.text("identifier", field_width=Fluid.ONE_HALF)]

    def summary(self) -> list[Line]:
        """Say each answer; a doubt that was settled is no question of its own."""
        asked = ("referee_name", "referee_role", "referee_email", "identifier")
        return [Line(self.labels[name], self.shown(name)) for name in asked]


class ConfidenceForm(PageForm):
    """The statements: confidence, voluntary participation, ethics."""

    def build(self) -> None:
        """Add a tick for each statement."""
        for name, statement in STATEMENTS.items():
            self.fields[name] = AcceptanceField(statement)

    def typed(self) -> dict[str, Any]:
        """Keep of each statement the version accepted, and since when."""
        return {
            name: accepted_since(self.journey.answers.get("confidence", {}), name, value)
            for name, value in super().typed().items()
        }

    def layout(self) -> list[Any]:
        """Put each statement's words above its tick."""
        parts: list[Any] = []
        for name, statement in STATEMENTS.items():
            parts += [Words(statement.words), name]
        return parts

    def summary(self) -> list[Line]:
        """Say what was accepted, in which version and when."""
        return [
            Line(text.tick, acceptance_in_words(self.cleaned_data[name]))
            for name, text in STATEMENTS.items()
        ]


class AccuracyForm(forms.Form):
    """The last tick, on the page that submits."""

    accurate = forms.BooleanField(
        label=ACCURACY.tick, error_messages={"required": ACCURACY.missing}
    )


class WithdrawalForm(forms.Form):
    """Why it is withdrawn, if the person cares to say."""

    reason = long_text(
        _("Why are you withdrawing? (optional)"),
        "",
        longest=1000,
        required=False,
        help_text=_("It helps the office to plan."),
    )
