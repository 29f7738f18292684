"""Who is asking: eligibility, the person, and news by email."""

from typing import Any

from crispy_forms_gds.choices import Choice
from crispy_forms_gds.layout import Field, Fluid, Size
from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from participants.forms.base import Line, PageForm
from stepchange.form_fields import choice, text
from workstreams.models import Sector

NONE_OF_THESE = "none"


class EligibilityForm(PageForm):
    """Whether the call is meant for them."""

    question_is_heading = True
    sector = choice(
        _("Where do you work?"),
        _("Choose where you work"),
        (
            Choice(Sector.POLICE, _("Police"), hint=_("Officers, staff and special constables")),
            Choice(
                Sector.PRIVATE, _("Private sector"), hint=_("Businesses and their associations")
            ),
            Choice(
                Sector.GOVERNMENT,
                _("Government"),
                hint=_("Departments, agencies and local authorities"),
                divider=_("or"),
            ),
            Choice(NONE_OF_THESE, _("None of these")),
        ),
    )

    def layout(self) -> list[Any]:
        """Ask it as the page's heading."""
        return [Field.radios("sector", legend_size=Size.EXTRA_LARGE, legend_tag="h1")]

    def lets_through(self) -> bool:
        """Stop whom the call is not meant for: an answer like any other, with a page of its own."""
        return bool(self.cleaned_data["sector"] != NONE_OF_THESE)


class AboutYouForm(PageForm):
    """The person's name, job and telephone."""

    full_name = text(
        _("Full name"),
        _("Enter your full name"),
        longest=200,
        help_text=_("As on your work pass or warrant card: we confirm it with your referee."),
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
    )
    role_title = text(
        _("Job title"),
        _("Enter your job title"),
        longest=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
    telephone = text(
        _("Work telephone number"),
        _("Enter a work telephone number"),
        longest=30,
        help_text=_("For calls about your expression of interest, like 020 7946 0857."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel", "inputmode": "tel"}),
        validators=[
            RegexValidator(
                r"^\+?[0-9 ()\-.]{7,30}( ?(x|ext\.?) ?[0-9]{1,6})?$",
                _("Enter a telephone number, like 020 7946 0857 or +44 20 7946 0857"),
            )
        ],
    )

    def known(self) -> dict[str, Any]:
        """Take the name and the job from an earlier expression of interest, or the account."""
        person = self.journey.person
        return {
            "full_name": (person.full_name if person else "") or self.journey.name,
            "role_title": person.role_title if person else "",
            "telephone": person.telephone if person else "",
        }

    def layout(self) -> list[Any]:
        """Draw the fields as wide as what goes into them."""
        return [
            Field.text("full_name", field_width=Fluid.TWO_THIRDS),
            Field.text("role_title", field_width=Fluid.TWO_THIRDS),
            Field.text("telephone", field_width=Fluid.ONE_HALF),
        ]


class UpdatesForm(PageForm):
    """Consent to campaign mail: separate, unticked, never a condition (PECR regulation 22)."""

    campaigns = forms.BooleanField(
        label=_("Email me about future calls and events of the Step-Change programme"),
        required=False,
    )

    def summary(self) -> list[Line]:
        """Say the answer in words."""
        wanted = self.cleaned_data["campaigns"]
        return [
            Line(_("Email about future calls"), _("Yes, please") if wanted else _("No, thank you"))
        ]
