"""What a caseworker types: how a check was made, what a person is told, why a flag is no obstacle."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies
from participants.evidence import MEANS, CheckKind, Means, says_too_little
from participants.gpg45 import Scores
from participants.models import Check, FlagKind, RefereeRequest, Snapshot, Validation
from stepchange.console import StepForm
from stepchange.console.forms import LONGEST_REASON
from stepchange.form_fields import choice, choice_field, email, long_text, text
from stepchange.transitions import Words

GAPS = re.compile(r"[\s\u2010-\u2015-]+")
LONGEST_NUMBER = 40
LONGEST_TOLD = 2000
PARTS: Mapping[str, Words] = {
    "strength": gettext_lazy("Strength of the evidence"),
    "validity": gettext_lazy("Validity of the evidence"),
    "activity": gettext_lazy("Activity over time"),
    "fraud": gettext_lazy("Identity fraud"),
    "verification": gettext_lazy("Verification"),
}

# What another caseworker needs to follow each kind of check, by example.
FOR_EXAMPLE: Mapping[str, Words] = {
    CheckKind.CALL_BACK: gettext_lazy(
        "For example: number on the hotel’s public site, reception put me through, she told me of her "
        "form unasked."
    ),
    CheckKind.POLICE_REGISTER: gettext_lazy(
        "For example: the force’s public number, its people department confirmed name, rank and unit."
    ),
    CheckKind.SIA_LICENCE: gettext_lazy(
        "For example: the register shows the name, close protection, valid to 4 May."
    ),
    CheckKind.COMPANY: gettext_lazy(
        "For example: active, its registered office is the address on the company’s site."
    ),
    CheckKind.PASS_SEEN: gettext_lazy(
        "For example: video call to the work address; photograph, name and employer on the card fit."
    ),
    CheckKind.DOCUMENT_SEEN: gettext_lazy(
        "For example: video call to the work address; the passport’s name and face fit."
    ),
}


class CheckForm(StepForm):
    """One check made by hand: its outcome, how it was made, the number it was made by, what it scores.

    A subclass fixes the kind. Scores begin with the most that the kind may claim, and go down only.
    """

    kind: ClassVar[CheckKind]

    outcome = choice(
        gettext_lazy("Outcome"), gettext_lazy("Choose what the check showed"), Check.Outcome.choices
    )
    method = long_text(
        gettext_lazy("How you made it"),
        gettext_lazy("Say how you made it, so that another could follow it"),
        longest=LONGEST_REASON,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["method"].widget.attrs["rows"] = 3
        self.fields["method"].help_text = str(FOR_EXAMPLE[self.kind])
        if self.means.number:
            self._ask_number()
        for part in self._scored():
            self.fields[part] = self._score_of(part)
        for name in ("outcome", "method"):  # what is missing is said in their own words
            own = self.base_fields[name].error_messages["required"]
            self.fields[name].error_messages["required"] = own

    @property
    def means(self) -> Means:
        """Return what is known of the kind."""
        return MEANS[self.kind]

    def _scored(self) -> list[str]:
        return [part for part in PARTS if getattr(self.means.most, part)]

    def _score_of(self, part: str) -> forms.TypedChoiceField:
        most = getattr(self.means.most, part)
        asked = _("%(part)s: choose from 0 to %(most)d. A check of this kind scores no more.") % {
            "part": PARTS[part],
            "most": most,
        }
        return forms.TypedChoiceField(
            label=str(PARTS[part]),
            choices=[(number, number) for number in range(most, -1, -1)],
            initial=most,
            coerce=int,
            error_messages={"invalid_choice": asked, "required": asked},
        )

    def _ask_number(self) -> None:
        field = text(
            self.means.number,
            self.means.number_wanted,
            longest=LONGEST_NUMBER,
            required=False,
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )
        given = number_given(self.subject)
        if given and self._fits(plainly(given)):
            self.initial["number"] = given
            field.help_text = _("As the person gave it. Correct it if the check shows another.")
        self.fields["number"] = field

    def _fits(self, number: str) -> bool:
        shape = self.means.number_shape
        return shape is None or shape.fullmatch(number) is not None

    def clean_method(self) -> str:
        """Refuse what tells nobody how it was made."""
        method = str(self.cleaned_data["method"])
        if words := says_too_little(method):
            raise ValidationError(str(words))
        return method

    def clean_number(self) -> str:
        """Return the number without gaps; refuse one that has not the form of its kind."""
        number = plainly(self.cleaned_data["number"])
        if number and not self._fits(number):
            raise ValidationError(str(self.means.number_wanted))
        return number

    def clean(self) -> dict[str, Any]:
        """Ask for the number by which something was confirmed or contradicted."""
        cleaned = super().clean()
        is_found = cleaned.get("outcome") in {Check.Outcome.CONFIRMED, Check.Outcome.CONTRADICTED}
        if is_found and "number" in cleaned and not cleaned["number"]:
            self.add_error("number", str(self.means.number_wanted))
        return cleaned

    def sections(self) -> list[tuple[Words | None, dict[str, Any]]]:
        """Ask first what takes most of the time; fold away the scores, which mostly stay."""
        asked = [name for name in ("number", "outcome", "method") if name in self.fields]
        scores = {"fields": self._scored(), "classes": ("collapse", "sc-scores")}
        return [(None, {"fields": asked}), (gettext_lazy("Scores, if it shows less"), scores)]

    def arguments(self) -> dict[str, Any]:
        """Return the check as `workflow.validation.record_check` takes it."""
        given = self.cleaned_data
        return {
            "kind": self.kind.value,
            "outcome": given["outcome"],
            "method": given["method"],
            "number": given.get("number", ""),
            "scores": Scores(**{part: given[part] for part in self._scored()}),
        }


def plainly(number: str) -> str:
    """Return a number as registers write it: in capitals, without gaps."""
    return GAPS.sub("", number).upper()


def number_given(validation: Validation) -> str:
    """Return the number that somebody gave for checks against a register, in what they submitted last."""
    newest = (
        Snapshot.objects.filter(
            expression__person=validation.person_id, expression__state="submitted"
        )
        .order_by("-taken_at", "-pk")
        .defer("shown")
        .first()
    )
    said = newest.answers.get("confirming", {}) if newest else {}
    return str(said.get("identifier") or "")


def check_form(of_kind: CheckKind) -> type[CheckForm]:
    """Return the form for one kind of check."""
    name = f"{of_kind.name.title().replace('_', '')}Form"
    return type(name, (CheckForm,), {"kind": of_kind, "__doc__": str(of_kind.label)})


class FlagForm(StepForm):
    """Why one flag is no obstacle. A subclass fixes which."""

    kind: ClassVar[FlagKind]

    def arguments(self) -> dict[str, Any]:
        """Return the flag as its facts stand: that they are as they were seen, the revision says."""
        standing = policies.open_flags(self.subject)
        facts = next((flag.facts for flag in standing if flag.kind == self.kind), "")
        return {"kind": self.kind.value, "facts": facts, "reason": self.cleaned_data["reason"]}


def flag_form(of_kind: FlagKind) -> type[FlagForm]:
    """Return the form for one kind of flag."""
    name = f"{of_kind.name.title().replace('_', '')}Form"
    return type(name, (FlagForm,), {"kind": of_kind, "__doc__": str(of_kind.label)})


class QuestionForm(StepForm):
    """What the person is asked for."""

    question = long_text(
        gettext_lazy("What you need from them"),
        gettext_lazy("Write what you need from them"),
        longest=LONGEST_TOLD,
        help_text=gettext_lazy("They read it as you write it, after they have signed in."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


READY: tuple[Words, ...] = (
    gettext_lazy("We could not reach you through your organisation’s switchboard."),
    gettext_lazy("Your referee could not confirm what you told us."),
    gettext_lazy("We had no answer from your referee, and from nobody named in their place."),
    gettext_lazy("Your organisation could not confirm that you work there in this job."),
    gettext_lazy("We asked you for more information and had no answer."),
)


class RefusalForm(StepForm):
    """What the person is told, of ready sentences and in one's own words; and the office's own reason."""

    ready = forms.MultipleChoiceField(
        label=gettext_lazy("What they are told"),
        choices=[(str(number), words) for number, words in enumerate(READY, start=1)],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose sentences from the list")},
    )
    told = long_text(
        gettext_lazy("In your own words"),
        "",
        longest=LONGEST_TOLD,
        required=False,
        help_text=gettext_lazy(
            "They read it after what you have chosen above. Name nobody, and nothing that a referee "
            "wrote in confidence."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if reason := self.fields.get("reason"):
            reason.label = _("Reason, for the office")
            reason.help_text = _("Kept in the record. The person is not told it.")

    def clean(self) -> dict[str, Any]:
        """Ask for some words to tell them."""
        cleaned = super().clean()
        if not (cleaned.get("ready") or cleaned.get("told", "").strip()) and not self.errors:
            self.add_error("told", _("Choose or write what they are told"))
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """Return what they are told as one text, and the reason."""
        chosen = [str(READY[int(number) - 1]) for number in self.cleaned_data["ready"]]
        told = "\n\n".join([*chosen, *filter(None, [self.cleaned_data["told"].strip()])])
        return {"told": told, "reason": self.cleaned_data["reason"]}


class OtherRefereeForm(StepForm):
    """Another referee than the one asked so far."""

    name = text(
        gettext_lazy("Referee’s full name"),
        gettext_lazy("Enter the referee’s full name"),
        longest=200,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    role_title = text(
        gettext_lazy("Referee’s job title"),
        gettext_lazy("Enter the referee’s job title"),
        longest=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = email(
        gettext_lazy("Referee’s work email address"),
        gettext_lazy("Enter the referee’s work email address"),
        help_text=gettext_lazy("An address their organisation gave them, not a personal one."),
        widget=forms.EmailInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )

    def clean_email(self) -> str:
        """Return the address in lower case."""
        return str(self.cleaned_data["email"]).lower()


class EraseRefereeForm(StepForm):
    """Which referee's details are to be removed: each address once, those removed already left out."""

    asking = forms.ChoiceField(
        label=gettext_lazy("Whose details"),
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("Choose a referee from the list")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["asking"].error_messages["required"] = _("Choose a referee")
        known = self.subject.referees.order_by("pk")
        by_address = {each.email_key: each for each in known if not each.is_erased}
        self.known = {str(each.public_id): each for each in by_address.values()}
        field = choice_field(self, "asking")
        field.choices = [(key, f"{each.name}, {each.email}") for key, each in self.known.items()]
        if not self.known:
            field.help_text = _("No referee’s details are kept in this case any more.")

    def clean_asking(self) -> RefereeRequest:
        """Return the request that stands for all to that address."""
        chosen: RefereeRequest = self.known[self.cleaned_data["asking"]]
        return chosen
