"""What the office types to give one person more time: who by address, until when by day, and why."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies
from participants.models import Person
from stepchange import clock
from stepchange.console import ConsoleForm, DayInput
from stepchange.console.forms import LONGEST_REASON
from stepchange.form_fields import email, long_text, row_field
from stepchange.models import User
from workstreams.models import Call


class ExtensionForm(ConsoleForm):
    """Asks for an extension. What the policies refuse is said here, before anything is written."""

    acting: User

    email = email(
        gettext_lazy("Their log-in address"),
        gettext_lazy("Enter the address that they sign in with"),
        help_text=gettext_lazy("You are not told whether they have begun a form."),
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("It closes for them at the midnight that ends this day, UK time."),
        widget=DayInput(),
        error_messages={"invalid": gettext_lazy("Enter a day, like 27/3/2027")},
    )
    reason = long_text(
        gettext_lazy("Reason"),
        gettext_lazy("Say why: the reason is kept in the record"),
        longest=LONGEST_REASON,
        help_text=gettext_lazy("Kept in the record. It is not told to the person."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "call" in self.fields:
            calls = Call.objects.filter(state__in=[Call.State.PUBLISHED, Call.State.CLOSED])
            row_field(self, "call").queryset = calls
            self.fields["call"].error_messages["invalid_choice"] = _("Choose a call from the list.")
            self.initial.setdefault("call", Call.objects.current(clock.now()))

    def clean_email(self) -> str:
        """Find the account."""
        address = str(self.cleaned_data["email"]).strip().lower()
        user = User.objects.filter(email=address, is_active=True).first()
        if user is None:
            raise ValidationError(
                _("Nobody has an account with this address. Check it, or ask them to make one.")
            )
        self.user = user
        return address

    def clean(self) -> dict[str, Any]:
        """Ask the policies, so that what they refuse stands beside what was typed."""
        cleaned = super().clean()
        if self.errors or not cleaned.get("call"):
            return cleaned
        person = Person.objects.filter(user=self.user).first() or Person(user=self.user)
        self.until = clock.end_of(cleaned["last_day"])
        if refusal := policies.may_extend(self.acting, person):
            self.add_error("email", str(refusal))
        elif refusal := policies.why_not_until(cleaned["call"], self.until):
            self.add_error("last_day", str(refusal))
        return cleaned
