"""What the office types in the console about memberships, reserve lists and the settings of fairness."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from reviews.models import FairnessSettings
from stepchange.console import ConsoleForm, DayInput, StepForm


class LastDayForm(StepForm):
    """Asks for the last day of a membership."""

    ends_on = forms.DateField(label=_("Last day"), widget=DayInput())


class MoveForm(StepForm):
    """Asks for another place on the reserve list."""

    to = forms.IntegerField(
        label=_("Place"), min_value=1, help_text=_("1 is the next to be offered a place.")
    )


class SettingsForm(ConsoleForm):
    """Edits the settings of offers and fairness: bands that are not upside down, days in their order."""

    def clean(self) -> dict[str, Any]:
        """Say beside the field what the database would refuse."""
        given: dict[str, Any] = super().clean() or {}
        for sector in ("police", "private", "government"):
            least, most = given.get(f"least_{sector}"), given.get(f"most_{sector}")
            if least is not None and most is not None and least > most:
                self.add_error(f"most_{sector}", _t("Not less than the least."))
        days, remind = given.get("take_up_days"), given.get("remind_days")
        if days is not None and remind is not None and remind >= days:
            self.add_error("remind_days", _t("Fewer than the days to take up an offer."))
        return given

    class Meta:
        model = FairnessSettings
        fields = "__all__"
