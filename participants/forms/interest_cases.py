"""What the office types about a declared interest."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies
from participants.models import InterestCase
from projects.models import Project
from stepchange.console import DayInput, StepForm
from stepchange.console.forms import LONGEST_REASON
from stepchange.form_fields import row_field
from stepchange.models import User
from workstreams.models import WorkStream


def _day() -> forms.DateField:
    return forms.DateField(
        label=gettext_lazy("To be checked by"),
        help_text=gettext_lazy(
            "The last day on which it can still be shown to be done, within a year. After it, the "
            "interest keeps them out again."
        ),
        widget=DayInput(),
        error_messages={"invalid": gettext_lazy("Enter a day, such as 2026-12-01.")},
    )


if TYPE_CHECKING:
    AccountField = forms.ModelChoiceField[User]
else:
    AccountField = forms.ModelChoiceField


class OwnerField(AccountField):
    """Chooses an account by its public key."""

    def to_python(self, value: Any) -> User | None:
        """Say of what is no key what is said of a key that is not there."""
        try:
            return super().to_python(value)
        except ValidationError:
            message = self.error_messages["invalid_choice"]
            raise ValidationError(message, code="invalid_choice") from None


def _owner() -> OwnerField:
    return OwnerField(
        label=gettext_lazy("Owner"),
        help_text=gettext_lazy(
            "Who of the office answers for it. They are not told to the person."
        ),
        queryset=User.objects.none(),
        to_field_name="public_id",
        empty_label=gettext_lazy("Choose somebody"),
        error_messages={"invalid_choice": gettext_lazy("Choose somebody from the list.")},
    )


class AssessForm(StepForm):
    """Of which nature an interest is."""

    nature = forms.ChoiceField(
        label=gettext_lazy("Nature"),
        help_text=gettext_lazy(
            "Actual: it bears on what they would do. Potential: it could. Perceived: a reasonable "
            "person could think so. None: nothing of these."
        ),
        choices=InterestCase.Nature.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose of which nature it is."),
            "invalid_choice": gettext_lazy("Choose of which nature it is."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["nature"].error_messages["required"] = _("Choose of which nature it is.")


class CheckForm(StepForm):
    """Who answers for what is to be done, and by which day it is checked."""

    owner = _owner()
    check_on = _day()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row_field(self, "owner").queryset = policies.who_deals_with_interests()
        self.fields["owner"].error_messages["required"] = _("Choose who answers for it.")
        if self.subject.owner_id:
            self.initial["owner"] = self.subject.owner.public_id
            self.initial["check_on"] = self.subject.check_on

    def clean_owner(self) -> User:
        """Say beside the field why somebody can't answer for it."""
        owner: User = self.cleaned_data["owner"]
        if refusal := policies.why_not_owner(owner, self.subject):
            raise ValidationError(str(refusal))
        return owner

    def clean_check_on(self) -> date:
        """Say beside the field why it can't be that day."""
        day: date = self.cleaned_data["check_on"]
        if refusal := policies.why_not_check_on(day):
            raise ValidationError(str(refusal))
        return day


class ManageForm(CheckForm):
    """What is to be done about an interest."""

    mitigation = forms.CharField(
        label=gettext_lazy("What is to be done"),
        help_text=gettext_lazy(
            "Such as standing aside where it matters, or giving something up. They read this, as you "
            "write it."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=LONGEST_REASON,
    )
    field_order = ("mitigation", "owner", "check_on")


class ProveForm(StepForm):
    """What shows that it was done."""

    proof = forms.CharField(
        label=gettext_lazy("What shows that it is done"),
        help_text=gettext_lazy(
            "What you saw, where it is kept, and from whom it comes. The word of the person whose "
            "interest it is shows nothing."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=LONGEST_REASON,
    )


class ExcludeForm(StepForm):
    """Which projects an interest keeps its person out of."""

    projects = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Projects"),
        queryset=Project.objects.none(),
        to_field_name="code",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("Choose projects from the list.")},
    )
    work_stream = forms.ModelChoiceField(
        label=gettext_lazy("Or all projects of a work-stream"),
        help_text=gettext_lazy("Those to come are included."),
        queryset=WorkStream.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("None"),
        error_messages={"invalid_choice": gettext_lazy("Choose a work-stream from the list.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row_field(self, "projects").queryset = self._projects()
        row_field(self, "work_stream").queryset = WorkStream.objects.all()
        if project := self.subject.interest.project:
            self.initial["projects"] = [project.code]

    def _projects(self) -> QuerySet[Project]:
        return Project.objects.exclude(state=Project.State.REJECTED).select_related("work_stream")

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        cleaned = super().clean()
        nothing = not cleaned.get("projects") and not cleaned.get("work_stream")
        if nothing and not {"projects", "work_stream"} & set(self.errors):
            self.add_error("projects", _("Choose at least one project, or a work-stream."))
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """Return what the workflow function is called with."""
        given = super().arguments()
        return given | {"projects": list(given["projects"])}
