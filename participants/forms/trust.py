"""What makes it trustworthy: a referee, interests declared, and the statements accepted."""

from typing import Any

from crispy_forms.layout import HTML
from crispy_forms_gds.layout import Field, Fluid, Size
from django import forms
from django.utils.translation import gettext_lazy as _

from participants.forms.base import YES_NO, Line, PageForm
from participants.texts import ACCURACY, STATEMENTS
from stepchange.form_fields import choice, email, long_text, text
from stepchange.form_layout import Reveal
from workstreams.models import Sector

# The means of confirming identity that fit each sector (design.md, section 7).
IDENTIFIERS = {
    Sector.POLICE: (
        _("Collar or staff number"),
        _("With your force's name, like Northmere 4127."),
    ),
    Sector.PRIVATE: (
        _("SIA licence number"),
        _("16 digits, if you hold one."),
    ),
    Sector.GOVERNMENT: (
        _("Staff number"),
        _("If your department gives you one."),
    ),
}


class ConfirmingForm(PageForm):
    """A referee, and the means that fit the sector."""

    optional = ("identifier",)
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
    identifier = text("", "", longest=60, required=False)

    def build(self) -> None:
        """Ask for the number that fits the sector."""
        sector = self.journey.sector
        label, hint = IDENTIFIERS[Sector(sector) if sector in Sector.values else Sector.PRIVATE]
        self.fields["identifier"].label = label
        self.fields["identifier"].help_text = hint

    def clean_referee_email(self) -> str:
        """Refuse the person's own address: nobody vouches for themself."""
        address = str(self.cleaned_data["referee_email"]).lower()
        own = {self.journey.email.lower()}
        own.add(str(self.journey.answers.get("organisation", {}).get("work_email", "")).lower())
        if address in own:
            raise forms.ValidationError(_("Enter somebody else’s address: this one is yours"))
        return address

    def layout(self) -> list[Any]:
        """Draw the fields as wide as what goes into them."""
        return [
            Field.text("referee_name", field_width=Fluid.TWO_THIRDS),
            Field.text("referee_role", field_width=Fluid.TWO_THIRDS),
            Field.text("referee_email", field_width=Fluid.TWO_THIRDS),
            Field.text("identifier", field_width=Fluid.ONE_HALF),
        ]


class InterestsForm(PageForm):
    """Interests for each project chosen, and in general; `no` is an answer, and is kept as one."""

    GENERAL = "general"

    def build(self) -> None:
        """Add a question for each project chosen, then the general one."""
        self.asked: list[tuple[str, str]] = []
        for project in self.journey.chosen:
            self._add(project.code, project.interest_prompt, hint=str(project))
        self._add(
            self.GENERAL,
            _(
                "Do you have any other interest, financial or personal, that could conflict with "
                "taking part, or that somebody might reasonably think could?"
            ),
            hint=_(
                "Shares, directorships, other paid or voluntary work, a past employer, family or "
                "friends, patents."
            ),
        )

    def _add(self, key: str, question: Any, hint: Any) -> None:
        has, details = f"has_{key}", f"details_{key}"
        self.fields[has] = choice(
            question,
            _("Choose yes or no: %(about)s")
            % {"about": _("in general") if key == self.GENERAL else key},
            YES_NO,
            help_text=hint,
        )
        self.fields[details] = long_text(
            _("What is the interest?"),
            _("Say what the interest is"),
            longest=1000,
            required=False,
            help_text=_("Who or what it is with, and what you or they could gain."),
        )
        self.asked.append((has, details))

    def layout(self) -> list[Any]:
        """Open the details under each yes."""
        return [
            Reveal(
                has,
                {"yes": [Field.textarea(details, rows=4, max_characters=1000)]},
                legend_size=Size.SMALL,
            )
            for has, details in self.asked
        ]

    def counting(self) -> dict[str, Any]:
        """Leave out the details under a no: what was typed there before is not declared."""
        typed = self.typed()
        dropped = {details: "" for has, details in self.asked if typed[has] != "yes"}
        return typed | dropped

    def clean(self) -> dict[str, Any]:
        """Ask for details where the answer is yes, and drop those of a no."""
        cleaned = super().clean() or {}
        for has, details in self.asked:
            if (
                cleaned.get(has) == "yes"
                and not cleaned.get(details)
                and details not in self.errors
            ):
                self.add_error(details, _("Say what the interest is"))
            elif cleaned.get(has) == "no":
                cleaned[details] = ""
        return cleaned

    def summary(self) -> list[Line]:
        """Say each answer, with its details under a yes."""
        return [
            Line(
                self.fields[has].label or "",
                "\n".join(
                    part
                    for part in (str(self.shown(has)), self.cleaned_data.get(details, ""))
                    if part
                ),
            )
            for has, details in self.asked
        ]


class ConfidenceForm(PageForm):
    """The statements: confidence, voluntary participation, ethics."""

    def build(self) -> None:
        """Add a tick for each statement."""
        for name, statement in STATEMENTS.items():
            self.fields[name] = forms.BooleanField(
                label=statement.tick, error_messages={"required": statement.missing}
            )

    def layout(self) -> list[Any]:
        """Put each statement's words above its tick."""
        parts: list[Any] = []
        for name, statement in STATEMENTS.items():
            parts += [HTML(f'<p class="govuk-body">{statement.words}</p>'), name]
        return parts

    def summary(self) -> list[Line]:
        """Say what was accepted."""
        return [Line(text.tick, _("Accepted")) for text in STATEMENTS.values()]


class DeclarationForm(forms.Form):
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
