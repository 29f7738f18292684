"""What the office types in the console about joint decisions: letters, a mediation, a key given on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reviews.models import CastAs, Decision, Letter, Side
from reviews.policies import needs_reason, what_changed
from reviews.policies.letters import CODES_OF, SENTENCES, LetterGiven, why_not_written
from reviews.previews import email_about
from stepchange.console import SENTENCES as SENTENCES_PANEL
from stepchange.console import StepForm
from stepchange.console.forms import LONGEST_REASON
from stepchange.events import fingerprint
from stepchange.form_fields import choice, choice_field, long_text
from stepchange.unseen import refuse_in

LONGEST_WORDS = 2000
EMAIL = "reviews/console/email.html"
WORDS_HELP = gettext_lazy(
    "Optional, but for another reason. They read it after signing in. Name nobody who had a part in the "
    "decision, and nothing that anybody declared."
)


def _reasons(outcome: str) -> list[tuple[str, Any]]:
    return [(code.value, SENTENCES[code] or code.label) for code in CODES_OF[outcome]]


def _words(label: Any) -> Any:
    return long_text(
        label,
        gettext_lazy("Write the reason"),
        longest=LONGEST_WORDS,
        required=False,
        help_text=WORDS_HELP,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


# One outcome ------------------------------------------------------------------------------------------
class ReleaseForm(StepForm):
    """The letter about one outcome; and why it is released all the same, where what it rests on changed."""

    code = choice(
        gettext_lazy("The reason that they read"),
        gettext_lazy("Choose the reason that they read"),
        (),
    )
    words = _words(gettext_lazy("In your own words"))
    all_the_same = long_text(
        gettext_lazy("Why it is released all the same"),
        gettext_lazy("Say why it is released although what it rests on has changed"),
        longest=LONGEST_REASON,
        help_text=gettext_lazy("Kept in the record. They do not read it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice_field(self, "code").choices = _reasons(self.subject.outcome)
        if not needs_reason(self.subject):
            del self.fields["all_the_same"]

    def clean(self) -> dict[str, Any]:
        """Refuse a letter that would name somebody or tell of an interest."""
        given = super().clean()
        code, words = given.get("code"), given.get("words")
        if code and words is not None:
            refusal = why_not_written(self.subject, code=code, words=words)
            if refusal:
                self.add_error("words", str(refusal))
        return given

    def panels(self) -> list[tuple[str, dict[str, Any]]]:
        """Show what changed since, and the words of the email that will go."""
        panels = []
        changed = what_changed(self.subject)
        if changed:
            title = _("What it rests on has changed since")
            panels.append((SENTENCES_PANEL, {"title": title, "sentences": changed}))
        return [*panels, (EMAIL, _told(email_about(self.subject)))]

    def arguments(self) -> dict[str, Any]:
        """Return what the workflow is called with."""
        given = self.cleaned_data
        return {
            "letter": LetterGiven(code=given["code"], words=given["words"]),
            "reason": given.get("all_the_same", ""),
        }


def _told(email: Any) -> dict[str, Any]:
    return {"title": _("The email that goes to them"), "email": email}


# Many at once -----------------------------------------------------------------------------------------
class TogetherForm(forms.Form):
    """Which outcomes are released together, and the letter for each kind of outcome among them."""

    chosen = forms.MultipleChoiceField(
        label=gettext_lazy("Outcomes"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose at least one outcome."),
            "invalid_choice": gettext_lazy(
                "One of those that you chose can’t be released any more. Look at the list again."
            ),
        },
    )

    def __init__(self, *args: Any, decisions: Sequence[Decision], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decisions = {decision.record_key: decision for decision in decisions}
        choice_field(self, "chosen").choices = [
            (key, _called(decision)) for key, decision in self.decisions.items()
        ]
        self.initial.setdefault("chosen", list(self.decisions))
        self.outcomes = [
            outcome
            for outcome in Decision.Outcome
            if any(each.outcome == outcome for each in decisions)
        ]
        for outcome in self.outcomes:
            label = _("%(outcome)s: the reason that they read") % {"outcome": outcome.label}
            self.fields[f"code_{outcome}"] = choice(
                label, _("Choose the reason that they read."), _reasons(outcome), required=False
            )
            self.fields[f"words_{outcome}"] = _words(
                _("%(outcome)s: in your own words") % {"outcome": outcome.label}
            )
        refuse_in(self)

    @property
    def chosen_decisions(self) -> list[Decision]:
        """Return what was chosen, in the order of the list."""
        chosen = set(self.cleaned_data.get("chosen", ()))
        return [decision for key, decision in self.decisions.items() if key in chosen]

    @property
    def counts(self) -> list[tuple[Any, int]]:
        """Return how many of each outcome were chosen."""
        found = Counter(decision.outcome for decision in self.chosen_decisions)
        return [(outcome.label, found[outcome]) for outcome in self.outcomes if found[outcome]]

    @property
    def letters(self) -> Mapping[str, LetterGiven]:
        """Return the letter for each outcome that was chosen."""
        return {
            outcome: LetterGiven(
                code=self.cleaned_data.get(f"code_{outcome}", ""),
                words=self.cleaned_data.get(f"words_{outcome}", ""),
            )
            for outcome in {decision.outcome for decision in self.chosen_decisions}
        }

    @property
    def told(self) -> list[dict[str, Any]]:
        """Return each letter as its participants read it."""
        return [
            {
                "outcome": Decision.Outcome(outcome).label,
                "sentence": SENTENCES[letter.code],
                "words": letter.words,
            }
            for outcome, letter in sorted(self.letters.items())
        ]

    @property
    def seen(self) -> str:
        """Return what the preview carries to say what it showed: whose outcomes, and the letters."""
        letters = {outcome: [letter.code, letter.words] for outcome, letter in self.letters.items()}
        return fingerprint([[each.record_key for each in self.chosen_decisions], letters])

    def clean(self) -> dict[str, Any]:
        """Ask for a letter for each outcome that was chosen, and refuse one that tells too much."""
        given = super().clean() or {}
        for decision in self.chosen_decisions:
            outcome = decision.outcome
            code, words = given.get(f"code_{outcome}"), given.get(f"words_{outcome}", "")
            if not code:
                if f"code_{outcome}" not in self.errors:
                    self.add_error(f"code_{outcome}", _("Choose the reason that they read."))
                continue
            if f"words_{outcome}" in self.errors or (code != Letter.Code.OTHER and not words):
                continue
            if refusal := why_not_written(decision, code=code, words=words):
                self.add_error(f"words_{outcome}", str(refusal))
        return given


def _called(decision: Decision) -> str:
    return _("%(outcome)s: %(reference)s, %(project)s") % {
        "outcome": decision.get_outcome_display(),
        "reference": decision.choice.expression.reference,
        "project": decision.choice.project,
    }


# Splits and keys --------------------------------------------------------------------------------------
class MediateForm(StepForm):
    """How the office mediated."""

    how = long_text(
        gettext_lazy("How it was mediated"),
        gettext_lazy("Say how it was mediated"),
        longest=LONGEST_WORDS,
        help_text=gettext_lazy("Kept in confidence, with the split. Both keys are cast anew."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ReassignForm(StepForm):
    """Whose key is given on, and to whom."""

    side = choice(gettext_lazy("Side"), gettext_lazy("Choose the side"), Side.choices)
    to = choice(gettext_lazy("Give the key to"), gettext_lazy("Choose to whom"), CastAs.choices)
