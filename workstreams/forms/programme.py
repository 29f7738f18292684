"""What the office types about the programme's structure: dates as days, closing by its last day."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stepchange import clock
from stepchange.console import ConsoleForm, DayInput, StepForm
from stepchange.form_fields import row_field
from stepchange.models import User
from workstreams.models import Organisation


def _day(label: Any, help_text: Any = "", *, required: bool = True) -> forms.DateField:
    return forms.DateField(label=label, help_text=help_text, required=required, widget=DayInput())


def _opening_day() -> forms.DateField:
    return _day(
        gettext_lazy("Opens on"), gettext_lazy("From the first minute of this day, UK time.")
    )


def _last_day() -> forms.DateField:
    return _day(
        gettext_lazy("Last day"),
        gettext_lazy("It closes at the midnight that ends this day, UK time."),
    )


def _check_order(form: forms.BaseForm, cleaned: dict[str, Any]) -> None:
    opens_on, last_day = cleaned.get("opens_on"), cleaned.get("last_day")
    if opens_on and last_day and last_day < opens_on:
        form.add_error("last_day", _("The last day is the opening day or later."))


class SourcedForm(ConsoleForm):
    """Edits a row that the programme's source knows, with its editor's notes."""

    NOTE = frozenset({"about", "quote", "text"})

    def clean_notes(self) -> Any:
        """Take a list of notes, each with what it is about, the words, and the note."""
        notes = self.cleaned_data["notes"] or []
        well_formed = isinstance(notes, list) and all(
            isinstance(note, dict)
            and set(note) == self.NOTE
            and all(isinstance(value, str) for value in note.values())
            for note in notes
        )
        if not well_formed:
            raise ValidationError(
                _("Write a list such as [{“about”: “vision”, “quote”: “...”, “text”: “...”}].")
            )
        return notes


class VerbatimForm(SourcedForm):
    """Edits key activity or a passage, whose text is the programme's own."""

    verbatim = ("when", "text")


class CallForm(SourcedForm):
    """Adds or edits a call. Its dates are days here; once it is there, they move by a re-dating."""

    opens_on = _opening_day()
    last_day = _last_day()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["opens_on"], self.fields["last_day"]

    def clean(self) -> dict[str, Any]:
        """Turn the days into the instants that count, the closing one exclusive."""
        cleaned = super().clean()
        _check_order(self, cleaned)
        if not self.instance.pk and not self.errors:
            self.instance.opens_at = clock.start_of(cleaned["opens_on"])
            self.instance.closes_at = clock.end_of(cleaned["last_day"])
        return cleaned


class RedateForm(StepForm):
    """Asks for a call's dates anew."""

    opens_on = _opening_day()
    last_day = _last_day()
    delivery_on = _day(gettext_lazy("Delivery commences on"))
    decisions_on = _day(
        gettext_lazy("Decisions expected on"), gettext_lazy("Optional."), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        call = self.subject
        self.initial = {
            **self.initial,
            "opens_on": call.opens_at.astimezone(clock.UK).date(),
            "last_day": clock.last_day_before(call.closes_at),
            "delivery_on": call.delivery_on,
            "decisions_on": call.decisions_on,
        }

    def clean(self) -> dict[str, Any]:
        """Check the order of the days."""
        cleaned = super().clean()
        _check_order(self, cleaned)
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """Return the instants; an opening day left alone keeps its hour."""
        given = super().arguments()
        opens_on, last_day = given.pop("opens_on"), given.pop("last_day")
        same = opens_on == self.initial["opens_on"]
        return given | {
            "opens_at": self.subject.opens_at if same else clock.start_of(opens_on),
            "closes_at": clock.end_of(last_day),
        }


class AppointForm(StepForm):
    """Asks who takes a seat, for which organisation, and for how long."""

    holder = forms.EmailField(
        label=gettext_lazy("Log-in address of the new holder"),
        help_text=gettext_lazy("They need an account first."),
    )
    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Organisation"),
        queryset=Organisation.objects.none(),
        to_field_name="public_id",
    )
    starts_on = _day(gettext_lazy("First day"))
    ends_on = _day(
        gettext_lazy("Last day"),
        gettext_lazy("Optional: leave empty if it is open."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        published = Organisation.objects.published()
        row_field(self, "organisation").queryset = published
        self.initial["starts_on"] = clock.today()

    def clean_holder(self) -> User:
        """Find the account."""
        address = self.cleaned_data["holder"].strip().lower()
        holder = User.objects.filter(email=address, is_active=True).first()
        if holder is None:
            raise ValidationError(
                _("Nobody has an account with this address. Ask them to make one.")
            )
        return holder


class EndTermForm(StepForm):
    """Asks for a term's last day."""

    ends_on = _day(gettext_lazy("Last day"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["ends_on"] = clock.today()
