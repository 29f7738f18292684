"""What a referee is asked: whether they know somebody, and whether three facts are so."""

from collections.abc import Mapping
from typing import Any

from crispy_forms_gds.helper import FormHelper
from crispy_forms_gds.layout import Button, Field, Layout, Size
from django import forms
from django.utils.translation import gettext_lazy as _

from participants.forms.base import YES_NO
from stepchange.form_fields import MessageField, choice, long_text
from stepchange.form_layout import Reveal

KNOWS, DOES_NOT, REPORTS = "yes", "no", "report"
LONGEST_COMMENT = 2_000
FACTS = {"name_is_right": "name", "role_is_right": "role", "employer_is_right": "organisation"}
"""The questions, and what each is about of what the person says of themself."""


def _fact(label: Any, missing: Any) -> forms.ChoiceField:
    return choice(label, missing, YES_NO, required=False)


class RefereeForm(forms.Form):
    """A referee's answer. Only whoever knows the person is asked about the facts."""

    knows = choice(
        _("Do you know this person from work?"),
        _("Select whether you know this person"),
        (
            (KNOWS, _("Yes")),
            (DOES_NOT, _("No, I don’t know this person")),
            (REPORTS, _("Something is wrong, and I want to report it")),
        ),
    )
    name_is_right = _fact(_("Is this their name?"), _("Select whether this is their name"))
    role_is_right = _fact(_("Is this their job?"), _("Select whether this is their job"))
    employer_is_right = _fact(
        _("Do they work for this organisation?"),
        _("Select whether they work for this organisation"),
    )
    comment: MessageField = long_text(
        _("Is there anything that you want to add? (optional)"),
        "",
        longest=LONGEST_COMMENT,
        too_long=_("Your comment must be 2,000 characters or fewer"),
        required=False,
        help_text=_("If something is wrong, say here what it is. Only the office reads it."),
    )

    def __init__(self, *args: Any, asked: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, fact in FACTS.items():
            self.fields[name].help_text = asked.get(fact, "")
        self.helper = FormHelper()
        self.helper.layout = Layout(
            Reveal("knows", {KNOWS: list(FACTS)}, legend_size=Size.MEDIUM, legend_tag="h2"),
            Field.textarea(
                "comment", rows=5, max_characters=LONGEST_COMMENT, label_size=Size.MEDIUM
            ),
            Button("send", _("Send my answer")),
        )

    def clean(self) -> dict[str, Any]:
        """Ask for each fact of whoever knows the person, and for words from whoever reports."""
        cleaned = super().clean() or {}
        if cleaned.get("knows") == KNOWS:
            for name in FACTS:
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, self.fields[name].error_messages["required"])
        nothing_said = not str(cleaned.get("comment") or "").strip()
        if cleaned.get("knows") == REPORTS and nothing_said and "comment" not in self.errors:
            self.add_error("comment", _("Say what is wrong"))
        return cleaned

    @property
    def said(self) -> dict[str, Any]:
        """Return what was answered, as `workflow.referees.Answer` takes it."""
        cleaned = self.cleaned_data
        knows_them = cleaned["knows"] == KNOWS
        return {
            "knows_them": knows_them,
            "reports": cleaned["knows"] == REPORTS,
            "comment": cleaned["comment"].strip(),
            **{name: knows_them and cleaned[name] == "yes" for name in FACTS},
        }
