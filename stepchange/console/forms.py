"""The console's forms: which version was read goes with them, so that two editors never overwrite."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stepchange.events import fingerprint
from stepchange.transitions import Words
from stepchange.unseen import refuse_in

LONGEST_REASON = 1000

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = forms.ModelForm


class DayInput(forms.DateInput):
    """The browser's own field for a day: no script, and no doubt about day and month."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


def revision_of(subject: models.Model) -> str:
    """Return a digest of all that a row holds: the version somebody read."""
    return fingerprint(
        {field.attname: field.value_from_object(subject) for field in subject._meta.concrete_fields}
    )


def say_what_is_missing(form: forms.BaseForm) -> None:
    """Give each field its own words for when it is left empty."""
    for field in form.fields.values():
        label = str(field.label or "")
        field.error_messages["required"] = _("Fill in “%(field)s”.") % {"field": label.lower()}


def freshen(form: forms.BaseForm, revision: str, name: str = "revision") -> None:
    """Let the form's next try count as made by somebody who has seen `revision`."""
    data = cast(QueryDict, form.data).copy()
    data[form.add_prefix(name)] = revision
    form.data = data


class ConsoleForm(ModelForm):
    """Edits a row: with the version read, an optional reason, and care for verbatim words.

    `verbatim` names the fields that hold the programme's own words: changing one needs a reason.
    """

    verbatim: tuple[str, ...] = ()

    revision = forms.CharField(widget=forms.HiddenInput, required=False)
    why = forms.CharField(
        label=gettext_lazy("Why you make this change"),
        help_text=gettext_lazy(
            "Optional, unless you change the programme's own words. Kept in the record."
        ),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=LONGEST_REASON,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current = revision_of(self.instance) if self.instance.pk else ""
        self.initial["revision"] = self.current
        for field in self.fields.values():
            # What changed is told by the row as it stands, never by what the browser says it was.
            field.show_hidden_initial = False
        refuse_in(self)
        say_what_is_missing(self)

    @property
    def changed_fields(self) -> list[str]:
        """Return the names of the row's own fields that were changed."""
        own = {field.name for field in self.instance._meta.concrete_fields}
        return [name for name in self.changed_data if name in own]

    def clean(self) -> dict[str, Any]:
        """Refuse to overwrite what somebody else changed since, or verbatim words without a reason."""
        cleaned = super().clean() or {}
        if self.current and cleaned.get("revision") != self.current:
            freshen(self, self.current)
            raise ValidationError(self._overtaken())
        touched = [name for name in self.verbatim if name in self.changed_data]
        if self.current and touched and not cleaned.get("why", "").strip():
            self.add_error("why", _("Say why: these are the programme's own words."))
        return cleaned

    def _overtaken(self) -> list[str]:
        said = _(
            "Somebody changed this while you had it open. What you typed is kept below: "
            "save again to put it in place of what stands there now."
        )
        now = [
            _("“%(field)s” now reads: %(value)s")
            % {
                "field": self.fields[name].label,
                "value": Truncator(str(self.get_initial_for_field(self.fields[name], name))).chars(
                    200
                )
                or _("nothing"),
            }
            for name in self.changed_fields
        ]
        return [said, *now]


class StepForm(forms.Form):
    """Confirms one step: the version seen, and the reason when one is asked for.

    Subclasses add fields named as the workflow function's arguments, and `panels` to show above them.
    """

    revision = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Kept in the record."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=LONGEST_REASON,
    )

    def __init__(
        self,
        *args: Any,
        subject: Any,
        current: str,
        asks_reason: bool,
        **kwargs: Any,
    ) -> None:
        self.subject = subject
        self.current = current
        super().__init__(*args, **kwargs)
        self.initial["revision"] = current
        reason = self.fields.pop("reason")
        if asks_reason:
            self.fields["reason"] = reason  # last: after what the step itself asks
        refuse_in(self)
        say_what_is_missing(self)

    def clean(self) -> dict[str, Any]:
        """Refuse when the row is no longer the one that was looked at."""
        cleaned = super().clean() or {}
        if cleaned.get("revision") != self.current:
            freshen(self, self.current)
            raise ValidationError(
                _("Somebody changed this while you had it open. Check it, then confirm again.")
            )
        return cleaned

    @property
    def button(self) -> Words:
        """What the button says, where the step's own label would say too little."""
        return ""

    def shows_first(self) -> bool:
        """Say whether a valid form is shown again first, with what the step would change."""
        return False

    def panels(self) -> list[tuple[str, dict[str, Any]]]:
        """Return what to show above the form: templates with their context."""
        return []

    def sections(self) -> list[tuple[Words | None, dict[str, Any]]]:
        """Return what is asked, as the console's pages group it: all in one, unless a form says else."""
        shown = [field.name for field in self.visible_fields()]
        return [(None, {"fields": shown})] if shown else []

    def arguments(self) -> dict[str, Any]:
        """Return what the workflow function is called with."""
        return {name: value for name, value in self.cleaned_data.items() if name != "revision"}
