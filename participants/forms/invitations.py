"""What the office types to invite somebody, and to vouch for somebody."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies
from participants.models import Invitation
from stepchange import clock, roles
from stepchange.console import ConsoleForm, DayInput, StepForm
from stepchange.form_fields import BAD_EMAIL, choice_field, row_field
from stepchange.models import User
from stepchange.roles import Role
from workstreams.models import Organisation, Seat

ROLE, SEAT = "role:", "seat:"


class InvitationForm(ConsoleForm):
    """Who is invited, to what, and why. What the policies refuse is said here."""

    acting: User
    refused = ""
    """What the workflow said when it was called with what was typed: then nothing is asked again."""

    invited_to = forms.ChoiceField(
        label=gettext_lazy("Invited to"),
        error_messages={"invalid_choice": gettext_lazy("Choose a role or a seat from the list.")},
    )
    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Organisation"),
        empty_label=gettext_lazy("None"),
        queryset=Organisation.objects.none(),
        to_field_name="public_id",
        required=False,
        help_text=gettext_lazy("For a seat: whom they would sit for."),
        error_messages={"invalid_choice": gettext_lazy("Choose an organisation from the list.")},
    )
    starts_on = forms.DateField(
        label=gettext_lazy("First day"),
        widget=DayInput(),
        required=False,
        help_text=gettext_lazy("For a seat. If they accept later, the term begins on that day."),
        error_messages={"invalid": gettext_lazy("Enter a day, such as 2026-12-01.")},
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=DayInput(),
        required=False,
        help_text=gettext_lazy("For a seat; leave it empty if it is open."),
        error_messages={"invalid": gettext_lazy("Enter a day, such as 2027-11-30.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Kept in the record."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
    )

    class Meta:
        model = Invitation
        fields = ("email", "name")
        error_messages = {"email": {"invalid": BAD_EMAIL}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("why", None)
        published = Organisation.objects.filter(state=Organisation.State.PUBLISHED)
        row_field(self, "organisation").queryset = published
        self.fields["name"].help_text = _("Optional: how the email greets them.")
        self.initial.setdefault("starts_on", clock.today())
        self._seats = {
            f"{SEAT}{seat.public_id}": seat
            for seat in Seat.objects.select_related("work_stream").order_by(
                "work_stream__position", "kind", "side"
            )
        }
        choice_field(self, "invited_to").choices = [
            ("", _("Choose a role or a seat")),
            (_("Roles"), [(f"{ROLE}{role.value}", role.value) for role in roles.GRANTED]),
            (_("Seats"), [(key, str(seat)) for key, seat in self._seats.items()]),
        ]

    def clean_name(self) -> str:
        """Keep a name on one line."""
        return " ".join(self.cleaned_data["name"].split())

    def clean(self) -> dict[str, Any]:
        """Ask for an organisation and a first day where it is a seat."""
        cleaned = super().clean()
        if cleaned.get("invited_to", "").startswith(SEAT):
            if not cleaned.get("organisation") and "organisation" not in self.errors:
                self.add_error("organisation", _("Choose whom they would sit for."))
            if not cleaned.get("starts_on") and "starts_on" not in self.errors:
                self.add_error("starts_on", _("Enter the first day of the term."))
            starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
            if starts_on and ends_on and ends_on < starts_on:
                self.add_error("ends_on", _("The last day is the first day or later."))
        return cleaned

    def _post_clean(self) -> None:
        """Ask the policies of the row that the workflow would make, beside what was typed."""
        if self.refused:
            self.add_error(None, self.refused)
        if self.errors:
            return
        given = self.arguments()
        role = given.pop("role", None)
        self.instance = Invitation(**given, role=role.value if role else "")
        if refusal := policies.may_send_invitation(self.acting, self.instance):
            self.add_error(None, str(refusal))

    def arguments(self) -> dict[str, Any]:
        """Return what the workflow is called with."""
        given = {name: self.cleaned_data[name] for name in ("name", "reason")}
        given["email"] = self.cleaned_data["email"].strip().lower()
        chosen = self.cleaned_data["invited_to"]
        if not chosen.startswith(SEAT):
            return given | {"role": Role(chosen.removeprefix(ROLE))}
        term = {name: self.cleaned_data[name] for name in ("organisation", "starts_on", "ends_on")}
        return given | term | {"seat": self._seats[chosen]}


def refused_form(refusal: str) -> type[InvitationForm]:
    """Return the form that invites, refused whatever is typed: it says why."""

    class RefusedForm(InvitationForm):
        refused = refusal

    return RefusedForm


class VouchForm(StepForm):
    """How somebody of the office made sure who it is."""

    how = forms.CharField(
        label=gettext_lazy("How you made sure who they are"),
        help_text=gettext_lazy(
            "Which switchboard number you called, where you found it, and what they confirmed. The "
            "second person reads this."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=1000,
    )

    def clean_how(self) -> str:
        """Ask for more than a word: somebody else decides by it."""
        how: str = self.cleaned_data["how"].strip()
        if len(how) < 20:
            raise ValidationError(_("Say in a sentence how you made sure: another decides by it."))
        return how
