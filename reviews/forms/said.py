"""What a reviewer says on a volunteer's page, and what a volunteer answers."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from reviews.models import View
from stepchange.form_fields import choice, choice_field, long_text

LONGEST = 2000
SCALE = (
    ("", _("Not judged")),
    ("1", _("1: very low")),
    ("2", _("2: low")),
    ("3", _("3: middling")),
    ("4", _("4: high")),
    ("5", _("5: very high")),
)


def _scale(label: Any) -> forms.TypedChoiceField:
    wrong = _("Choose from 1 to 5, or leave it open")
    return forms.TypedChoiceField(
        label=label,
        choices=SCALE,
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": wrong},
    )


class KeyForm(forms.Form):
    """One side's recommendation."""

    view = choice(_("What do you recommend?"), _("Choose what you recommend"), View.choices)
    reason = long_text(
        _("Why?"),
        _("Say why you recommend this"),
        longest=LONGEST,
        help_text=_("Stands in the explanation of the decision, under your name."),
    )
    fit = _scale(_("Fit (optional)"))
    capacity = _scale(_("Capacity (optional)"))
    risk = _scale(_("Risk (optional)"))
    notes = long_text(
        _("Notes (optional)"),
        "",
        longest=LONGEST,
        required=False,
        help_text=_("Kept with your key. The other seat reads them when both keys are cast."),
    )


class AsideForm(forms.Form):
    """Why a reviewer stands aside."""

    aside_reason = long_text(
        _("Why do you stand aside?"),
        _("Say why you stand aside"),
        longest=LONGEST,
        help_text=_("Kept in confidence. The other seat learns that you stood aside, not why."),
    )
    whole = forms.BooleanField(
        label=_("From this person altogether, for whatever project they volunteer"), required=False
    )


class QuestionForm(forms.Form):
    """A question to the volunteer."""

    question = long_text(
        _("Your question"),
        _("Write what you want to ask"),
        longest=LONGEST,
        help_text=_("They are not told who asks. A question is not a recommendation."),
    )


class NeighbourForm(forms.Form):
    """A project beside one that did not take somebody."""

    project = forms.ChoiceField(
        label=_("Which project?"),
        help_text=_(
            "They are asked whether they want it, and say yes or no. Nothing is decided by it."
        ),
        error_messages={
            "required": _("Choose a project"),
            "invalid_choice": _("Choose one of the projects in the list"),
        },
    )

    def __init__(self, *arguments: Any, projects: Iterable[Project] = (), **named: Any) -> None:
        """Take the projects that may be suggested."""
        super().__init__(*arguments, **named)
        offered = [(each.code, str(each)) for each in projects]
        choice_field(self, "project").choices = [("", _("Choose a project")), *offered]


class AnswerForm(forms.Form):
    """A volunteer's answer."""

    answer = long_text(_("Your answer"), _("Write your answer"), longest=LONGEST)
