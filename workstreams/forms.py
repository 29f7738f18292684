"""What the office types about the programme's structure: dates as days, closing by its last day."""

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stepchange import clock
from stepchange.console import ConsoleForm, DayInput, StepForm
from stepchange.form_fields import row_field
from stepchange.models import User
from workstreams.models import Organisation, OrganisationKey, Seat, Term

LONGEST_ALIAS = 200


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


class OrganisationRegisterForm(ConsoleForm):
    """Edits an organisation; a group never ends in itself."""

    DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")

    def clean_group(self) -> Organisation | None:
        """Refuse a group that belongs, in the end, to this organisation."""
        group: Organisation | None = self.cleaned_data["group"]
        above, seen = group, {self.instance.pk}
        while above is not None:
            if above.pk in seen:
                raise ValidationError(_("That group belongs to this organisation already."))
            seen.add(above.pk)
            above = above.group
        return group

    def clean_aliases(self) -> str:
        """Keep one name a line, each once."""
        names = [" ".join(line.split()) for line in self.cleaned_data["aliases"].splitlines()]
        if any(len(name) > LONGEST_ALIAS for name in names):
            raise ValidationError(_("Write one name a line, each of 200 characters or fewer."))
        return "\n".join(dict.fromkeys(name for name in names if name))

    def clean_domains(self) -> str:
        """Keep one domain a line, in lower case, without what stands before the @."""
        typed = self.cleaned_data["domains"].lower().split()
        domains = [domain.rpartition("@")[2].removeprefix("www.") for domain in typed]
        if wrong := [domain for domain in domains if not self.DOMAIN.fullmatch(domain)]:
            raise ValidationError(
                _("“%(domain)s” is no domain: write one a line, like northmere.police.example.")
                % {"domain": wrong[0][:100]}
            )
        return "\n".join(dict.fromkeys(domains))


def _naming(organisation: Organisation) -> Iterator[tuple[Any, int]]:
    """Yield each model that has rows which name an organisation, and how many."""
    for relation in organisation._meta.related_objects:
        model, field = relation.related_model, relation.field.name
        if model is OrganisationKey or field == "merged_into":
            continue
        if count := model._base_manager.filter(**{field: organisation}).count():
            yield model._meta, count


def what_names(organisation: Organisation) -> list[tuple[str, int]]:
    """Return how many rows of each kind name an organisation: what a merge lets count as another's."""
    return [
        (capfirst(str(kind.verbose_name_plural)), count) for kind, count in _naming(organisation)
    ]


def _consequences(organisation: Organisation) -> list[str]:
    """Say what a merge lets count as the other's, and what that means for who sits as a co-chair."""
    named = [
        f"{count} {kind.verbose_name if count == 1 else kind.verbose_name_plural}"
        for kind, count in _naming(organisation)
    ]
    if not named:
        return [_("Nothing names the one to be merged: nothing will change but the register.")]
    moved = get_text_list(named, _("and"))
    said = [_("What will count as its own: %(moved)s.") % {"moved": moved}]
    sitting = Term.objects.on(clock.today()).filter(
        organisation=organisation, seat__kind=Seat.Kind.CO_CHAIR
    )
    seats = [str(term.seat) for term in sitting.select_related("seat__work_stream")]
    if seats:
        words = ngettext(
            "%(count)s term of a sitting co-chair: %(seats)s. From then on they are a colleague of "
            "everybody at the organisation that stays, and judge none of them.",
            "%(count)s terms of sitting co-chairs: %(seats)s. From then on they are colleagues of "
            "everybody at the organisation that stays, and judge none of them.",
            len(seats),
        )
        said.append(words % {"count": len(seats), "seats": "; ".join(seats)})
    return said


class MergeForm(StepForm):
    """Asks which entry stays, and says what will count as its own."""

    into = forms.ModelChoiceField(
        label=gettext_lazy("The organisation that stays"),
        queryset=Organisation.objects.none(),
        to_field_name="public_id",
        empty_label=gettext_lazy("Choose"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = row_field(self, "into")
        others = Organisation.objects.published().in_sector(self.subject.sector)
        field.queryset = others.exclude(pk=self.subject.pk)
        field.help_text = " ".join(_consequences(self.subject))
        if likely := Organisation.objects.likely_the_same(self.subject):
            self.initial["into"] = likely[0].public_id
