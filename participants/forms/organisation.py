"""Where somebody works: an organisation of the register or a new one, and their work address."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from crispy_forms_gds.choices import Choice
from crispy_forms_gds.layout import Field, Fluid, Size
from django import forms
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from participants.forms.addresses import doubt_about, doubt_field
from participants.forms.base import Line, PageForm
from stepchange.composed import Composed
from stepchange.form_fields import choice_field, email, text
from workstreams.models import Organisation, Sector
from workstreams.names import domain_of, name_key

NEW = "new"
_CALLED = Composed(
    lambda sector, *keys: Organisation.objects.in_sector(sector).keys_that_are(*keys),
    of=(str, str, str),
)
WITH_UNITS = frozenset({Sector.POLICE, Sector.GOVERNMENT})


@dataclass
class Match:
    """What the register makes of a name: an entry, entries that may be meant, or nothing yet."""

    entry: Organisation | None = None
    suggested: list[Organisation] = field(default_factory=list)
    is_new: bool = False

    @property
    def is_settled(self) -> bool:
        """Say whether nothing needs to be asked."""
        return self.entry is not None or self.is_new or not self.suggested


class OrganisationForm(PageForm):
    """The employer, the unit or group within it, and the work address.

    A name that the register does not have exactly is asked about on the same page, from entries that
    the office has published and no others (law 8). Without a choice nothing is lost, only asked.
    """

    optional = ("parent",)
    told_by_others = ("entry", "work_email_is_right")
    organisation = text(
        _("Organisation"),
        _("Enter the name of your organisation"),
        longest=200,
        help_text=_("The force, department, company or association you work for."),
        widget=forms.TextInput(attrs={"autocomplete": "organization", "spellcheck": "false"}),
    )
    entry = forms.ChoiceField(
        label=_("Did you mean one of these?"), required=False, widget=forms.RadioSelect
    )
    unit = text(
        _("Command or unit"),
        _("Enter your command or unit"),
        longest=200,
        help_text=_("So that nobody reviews a close colleague."),
    )
    parent = text(
        _("Parent company or group"),
        "",
        longest=200,
        required=False,
        help_text=_("If your organisation belongs to one."),
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    work_email = email(
        _("Work email address"),
        _("Enter your work email address"),
        help_text=_("An address your organisation gave you. We use it to confirm who you are."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    work_email_is_right = doubt_field()

    def build(self) -> None:
        """Ask for the unit of a force or a department, which must be known to keep review fair."""
        del self.fields["parent" if self.has_units else "unit"]
        self.fields["organisation"].widget.attrs |= {
            "data-suggestions": reverse("participants:suggestions"),
            "data-sector": self.journey.sector,
            "data-hint": _(
                "When suggestions appear, use the up and down arrows to review them and Enter to choose."
            ),
        }
        if not self.is_bound:
            del self.fields["entry"], self.fields["work_email_is_right"]
            return
        if self.match.suggested:
            choice_field(self, "entry").choices = self._choices()
        if self.match.entry and self.match.entry.unit and self.has_units:
            self.fields["unit"].required = False
        self.doubt = doubt_about(self._raw("work_email"), self._fitting_domains())
        if self.doubt:
            self.fields["work_email_is_right"].label = self.doubt.tick

    @property
    def has_units(self) -> bool:
        """Say whether the sector tells units apart (law 3)."""
        return self.journey.sector in WITH_UNITS

    def _raw(self, name: str) -> str:
        """Return a line as typed, whatever a hand-made request puts there."""
        typed = self.fields[name].widget.value_from_datadict(self.data, {}, self.add_prefix(name))
        return " ".join(str(typed or "").replace("\x00", " ").split())[:400]

    def _fitting_domains(self) -> list[str]:
        entry = self.match.entry
        mail = entry.domains.split() if entry else []
        return [*mail, domain_of(self.journey.email)]

    # The register -----------------------------------------------------------------------------------
    @cached_property
    def match(self) -> Match:
        """What the register makes of what was typed: one query if it is called so, else two or three."""
        typed, unit = self._raw("organisation"), self._raw("unit") if self.has_units else ""
        if not name_key(typed):
            return Match()
        if (own := self._own()) and name_key(typed, unit) == name_key(own.name, own.unit):
            return Match(own)
        exactly = self._exactly(typed, unit, self._called(typed, unit))
        if len(exactly) == 1:
            return Match(exactly[0])
        chosen = str(self.data.get(self.add_prefix("entry")) or "")
        if not exactly and chosen in {"", NEW} and self._was_none_of_these(typed, unit):
            return Match(is_new=True)
        ranked = self._ranked(typed, unit)
        suggested = exactly or [row for _rank, row in ranked]
        picked = next((row for row in suggested if str(row.public_id) == chosen), None)
        if picked is None and (stands := self._merged(chosen, typed)):
            return Match(stands)
        return Match(picked, suggested, is_new=chosen == NEW)

    def _own(self) -> Organisation | None:
        """Return the organisation that the portal knows the person by."""
        known = self.journey.organisation
        return known if known and known.sector == self.journey.sector else None

    def _called(self, typed: str, unit: str) -> list[Organisation]:
        """Return the published entries of the sector that are called so, alone or with the unit."""
        key = name_key(typed)
        named = _CALLED.rows(self.journey.sector, key, name_key(typed, unit) if unit else key)
        return list(
            {row.organisation.current.pk: row.organisation.current for row in named}.values()
        )

    def _was_none_of_these(self, typed: str, unit: str) -> bool:
        """Say whether this very name was saved as that of an organisation which is not listed."""
        said = self.journey.answers.get("organisation", {})
        before = name_key(str(said.get("organisation", "")), str(said.get("unit", "")))
        return said.get("entry") == NEW and before == name_key(typed, unit)

    def _ranked(self, typed: str, unit: str = "") -> list[tuple[int, Organisation]]:
        """Return the published entries of the sector that may be meant."""
        domain = domain_of(self._raw("work_email") if self.is_bound else "")
        mine = Organisation.objects.in_sector(self.journey.sector)
        return mine.ranked(typed, unit=unit, domain=domain or domain_of(self.journey.email))

    def _exactly(self, typed: str, unit: str, rows: list[Organisation]) -> list[Organisation]:
        """Return those of the very name: with the unit, else as typed in full, else as a whole."""
        of_unit = [row for row in rows if unit and name_key(row.unit) == name_key(unit)]
        in_full = [row for row in rows if name_key(row.name, row.unit) == name_key(typed)]
        whole = [row for row in rows if not row.unit]
        return of_unit or in_full or whole

    def _merged(self, chosen: str, typed: str) -> Organisation | None:
        """Return what an entry chosen earlier counts as, if it was merged since."""
        if not _is_uuid(chosen):
            return None
        rows = Organisation.objects.filter(public_id=chosen, state=Organisation.State.MERGED)
        row = rows.select_related("merged_into__group__merged_into").first()
        return row.current if row and row.name_key == name_key(typed) else None

    def _choices(self) -> list[Any]:
        rows = [
            Choice(
                str(row.public_id),
                str(row),
                hint=_("Part of %(group)s") % {"group": row.current_group} if row.group else None,
            )
            for row in self.match.suggested
        ]
        rows[-1].divider = _("or")
        return [*rows, Choice(NEW, _("None of these: my organisation is not listed"))]

    # What is kept -----------------------------------------------------------------------------------
    def known(self) -> dict[str, Any]:
        """Offer the organisation known, or that of the address's domain, and the log-in address."""
        person = self.journey.person
        own = self._own() or self._of_my_domain()
        group = own.current_group if own else None
        return {
            "work_email": (person.work_email if person else "") or self.journey.email,
            "organisation": own.name if own else "",
            "unit": own.unit if own else "",
            "parent": group.name if group else "",
        }

    def _of_my_domain(self) -> Organisation | None:
        whole = [row for _rank, row in self._ranked("") if not row.unit]
        return whole[0] if len(whole) == 1 else None

    def typed(self) -> dict[str, Any]:
        """Keep the name as the register writes it, once it is settled which entry is meant."""
        typed = super().typed()
        if not typed["work_email_is_right"]:
            del typed["work_email_is_right"]
        entry = self.match.entry
        if entry:
            typed |= {"organisation": entry.name, "entry": str(entry.public_id)}
            if entry.unit and self.has_units:
                typed["unit"] = entry.unit
        elif self.match.is_settled and name_key(self._raw("organisation")):
            typed["entry"] = NEW
        return typed

    # What is wrong ----------------------------------------------------------------------------------
    def clean_work_email(self) -> str:
        """Keep addresses in lower case."""
        return str(self.cleaned_data["work_email"]).lower()

    def clean_entry(self) -> str:
        """Take whatever the register made of it: what is left to be asked is said of the whole."""
        return str(self.match.entry.public_id) if self.match.entry else ""

    def clean(self) -> dict[str, Any]:
        """Ask which entry is meant, and about an address that is probably not the right one."""
        cleaned = super().clean() or {}
        self.errors.pop("entry", None)  # an entry that is none any more is asked about anew
        if "organisation" in cleaned and not self.match.is_settled:
            self.add_error(
                "entry",
                _("Choose your organisation from the list, or say that it is none of these"),
            )
        if "work_email" in cleaned and self.doubt and not cleaned.get("work_email_is_right"):
            self.add_error("work_email", self.doubt.words)
        return cleaned

    def layout(self) -> list[Any]:
        """Ask which organisation is meant, and whether an address is right, only where in doubt."""
        parts: list[Any] = [Field.text("organisation", field_width=Fluid.TWO_THIRDS)]
        if self.is_bound and self.match.suggested:
            parts.append(Field.radios("entry", legend_size=Size.SMALL))
        rest = "unit" if self.has_units else "parent"
        parts.append(Field.text(rest, field_width=Fluid.TWO_THIRDS))
        parts.append(Field.text("work_email", field_width=Fluid.TWO_THIRDS))
        if self.is_bound and self.doubt:
            parts.append(Field.checkbox("work_email_is_right"))
        return parts

    # What is made of it -----------------------------------------------------------------------------
    def works_for(self) -> dict[str, str]:
        """Return what to propose to the register when it has no such entry; only when valid."""
        entry = self.match.entry
        return {
            "name": entry.name if entry else self.cleaned_data["organisation"],
            "unit": self._unit(),
            "parent": self.cleaned_data.get("parent", ""),
        }

    def _unit(self) -> str:
        entry = self.match.entry
        own = entry.unit if entry and self.has_units else ""
        return own or str(self.cleaned_data.get("unit", ""))

    @property
    def entry_meant(self) -> Organisation | None:
        """The entry of the register it is, if it is one to the unit; only when valid."""
        entry = self.match.entry
        if entry and name_key(entry.unit) != name_key(
            self._unit() if self.has_units else entry.unit
        ):
            return None
        return entry

    def summary(self) -> list[Line]:
        """Say each answer; of an entry of the register, the group that the register knows."""
        entry = self.match.entry
        group: str | Promise = self.cleaned_data.get("parent") or _("Not provided")
        if entry:
            group = str(entry.current_group) if entry.group else group
        return [
            Line(self.labels["organisation"], self.works_for()["name"]),
            Line(self.labels["unit"], self._unit())
            if self.has_units
            else Line(self.labels["parent"], group),
            Line(self.labels["work_email"], self.cleaned_data["work_email"]),
        ]


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
