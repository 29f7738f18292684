"""What the office types about the register of interests, and to ask whether two would conflict."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.models import Person
from participants.policies import compliance, register
from stepchange.console import StepForm
from stepchange.form_fields import choice_field, text
from stepchange.models import User
from workstreams.models import Organisation

NEITHER = gettext_lazy("Enter a second person, or an organisation")
WIDE = forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"})


class EntryForm(StepForm):
    """Asks which interest of a holder a mark is about, by its place: withheld words are not shown here."""

    position = forms.TypedChoiceField(
        label=gettext_lazy("Interest"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose an interest.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entries = register.published_of([self.subject])[self.subject.pk].entries
        choice_field(self, "position").choices = [
            (entry.position, f"{entry.position}. {entry.kind}: {entry.party}")
            for entry in entries
            if self.offers(entry)
        ]

    def offers(self, entry: register.Entry) -> bool:
        """Say whether an interest can be chosen: here, one that is published."""
        return entry.withheld is None


class LetInForm(EntryForm):
    """Asks which withheld interest is let in."""

    def offers(self, entry: register.Entry) -> bool:
        """Say whether an interest can be chosen: here, one that is withheld and need not be."""
        return entry.may_be_let_in


class WouldConflictForm(forms.Form):
    """Asks for two sides: a person, and another person or an organisation."""

    first = text(
        gettext_lazy("Person"),
        gettext_lazy("Enter a log-in address or a reference"),
        longest=254,
        help_text=gettext_lazy("Their log-in address, or the reference of what they submitted."),
        widget=WIDE,
    )
    second = text(
        gettext_lazy("Another person"),
        "",
        longest=254,
        required=False,
        help_text=gettext_lazy("In the same way. Leave it empty to ask about an organisation."),
        widget=WIDE,
    )
    organisation = text(
        gettext_lazy("Or an organisation"),
        "",
        longest=400,
        required=False,
        help_text=gettext_lazy("Its name or another name for it, as in the register."),
        widget=WIDE,
    )

    def __init__(self, *args: Any, acting: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.acting = acting
        self.person: Person | None = None
        self.other: Person | None = None
        self.entry: Organisation | None = None

    def clean_first(self) -> str:
        """Find the first person."""
        self.person = _person_called(self.cleaned_data["first"])
        return str(self.cleaned_data["first"])

    def clean_second(self) -> str:
        """Find the second person, if there is to be one."""
        if typed := self.cleaned_data["second"]:
            self.other = _person_called(typed)
        return str(self.cleaned_data["second"])

    def clean_organisation(self) -> str:
        """Find the organisation, if there is to be one."""
        if typed := self.cleaned_data["organisation"]:
            self.entry = Organisation.objects.called(typed).order_by("pk").first()
            if self.entry is None:
                raise ValidationError(
                    _("The register has nothing of this name. Write it as it stands there.")
                )
        return str(self.cleaned_data["organisation"])

    def clean(self) -> dict[str, Any]:
        """Ask for exactly one other side, and let nobody ask about themself or their own."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if bool(self.other) == bool(self.entry):
            self.add_error("second", str(NEITHER))
        elif self.person == self.other:
            self.add_error("second", _("This is the same person. Enter another."))
        elif compliance.touches_own(self.acting, self.person, self.other, self.entry):
            raise ValidationError(
                _("This touches yourself or your own organisation: somebody else has to ask it.")
            )
        return cleaned


def _person_called(typed: str) -> Person:
    """Return whose log-in address or reference it is. Raises ValidationError."""
    people = Person.objects.select_related("user", "organisation__merged_into")
    person = people.filter(user__email=typed.lower()).first()
    if person is None:
        submitted = people.filter(expressions__reference=typed.upper())
        person = submitted.exclude(expressions__state="draft").first()
    if person is None:
        raise ValidationError(
            _("Nobody who takes part has this log-in address or reference. Check it.")
        )
    return person
