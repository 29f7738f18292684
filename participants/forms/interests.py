"""Interests for each project chosen, and in general; `no` is an answer, kept and signed as one."""

from functools import partial
from typing import Any, TypedDict

from crispy_forms_gds.layout import Field, Size
from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from participants.forms.acceptance import AcceptanceField, acceptance_in_words, accepted_since
from participants.forms.base import YES_NO, Line, PageForm
from participants.models import InterestKind
from participants.texts import INTERESTS
from stepchange.form_fields import choice, filled, long_text
from stepchange.form_layout import Disclosure, Reveal, Words

GENERAL = "general"
AT_MOST = 3
"""How many interests a question has room for; whoever has more gathers the lesser ones in the last."""


class Declared(TypedDict):
    """One interest as it was declared: of its kind, touching one project, or (None) in general."""

    kind: str
    project: str | None
    party: str
    gain: str


class InterestsForm(PageForm):
    """One question for each project chosen, then a general one, then the signature."""

    def build(self) -> None:
        """Add the questions, each with room for three interests, and the statement to sign."""
        self.asked: list[str] = []
        self.asked_under_a_yes: set[str] = set()
        for project in self.journey.chosen:
            self._ask(
                project.code, project.interest_prompt or _general_prompt(project), str(project)
            )
        self._ask(
            GENERAL,
            _(
                "Do you have any other interest, financial or personal, that could conflict with "
                "taking part, or that somebody might reasonably think could?"
            ),
            _(
                "Shares, directorships, other paid or voluntary work, a past employer, family or "
                "friends, patents."
            ),
        )
        self.fields["signed"] = AcceptanceField(INTERESTS)

    def _ask(self, key: str, question: Any, hint: Any) -> None:
        about = _("in general") if key == GENERAL else key
        self.fields[f"has_{key}"] = choice(
            question,
            filled(_("Choose yes or no: %(about)s"), about=about),
            YES_NO,
            help_text=hint,
        )
        for number in range(1, AT_MOST + 1):
            if not self.is_bound or self._is_given(key, number):
                self._ask_for(key, number)
        self.asked.append(key)

    def _is_given(self, key: str, number: int) -> bool:
        """Say whether something was typed of an interest, or has to be."""
        has_to = number == 1 and self.data.get(self.add_prefix(f"has_{key}")) == "yes"
        return has_to or any(self.data.get(self.add_prefix(name)) for name in _names(key, number))

    def _ask_for(self, key: str, number: int) -> None:
        """Add the three boxes of one interest: of a page that is judged only where they are needed."""
        kind, party, gain = _names(key, number)
        self.fields[kind] = forms.ChoiceField(
            label=_("What kind of interest is it?"),
            choices=[("", _("Choose")), *InterestKind.choices],
            required=False,
            error_messages={"invalid_choice": _missing_kind(_which(key, number))},
        )
        self.fields[party] = long_text(
            _("Who or what is it with?"),
            "",
            longest=500,
            required=False,
            help_text=_("The organisation or person, and what you are to them."),
        )
        self.fields[gain] = long_text(
            _("What could you or they gain?"), "", longest=1000, required=False
        )
        self.asked_under_a_yes |= {kind, party, gain}

    def layout(self) -> list[Any]:
        """Open the first interest under each yes, with room for two more behind a summary."""
        for key in self.asked:
            for number in range(1, AT_MOST + 1):
                if _names(key, number)[0] not in self.fields:
                    self._ask_for(key, number)
        return [
            *(
                Reveal(f"has_{key}", {"yes": self._interests(key)}, legend_size=Size.SMALL)
                for key in self.asked
            ),
            Words(INTERESTS.words),
            "signed",
        ]

    def _interests(self, key: str, number: int = 1) -> list[Any]:
        """Return one interest, and behind a summary the next, if there is room for it."""
        parts = self._interest(key, number)
        if number < AT_MOST:
            more = self._interests(key, number + 1)
            later = range(number + 1, AT_MOST + 1)
            is_open = partial(self._is_begun, key, later)
            parts.append(Disclosure(_("Add another interest here"), *more, is_open=is_open))
        return parts

    def _interest(self, key: str, number: int) -> list[Any]:
        kind, party, gain = _names(key, number)
        return [
            Field.select(kind),
            Field.textarea(party, rows=2, max_characters=500),
            Field.textarea(gain, rows=3, max_characters=1000),
        ]

    def _is_begun(self, key: str, numbers: range) -> bool:
        """Say whether something was typed into the boxes of one of these interests, or is wrong there."""
        names = [name for number in numbers for name in _names(key, number)]
        return any(self[name].value() or name in self.errors for name in names)

    def typed(self) -> dict[str, Any]:
        """Keep with the signature which version was signed, and since when; of empty boxes nothing."""
        said = (f"has_{key}" for key in self.asked)
        typed = dict.fromkeys(said, "") | {
            name: value or ""
            for name, value in super().typed().items()
            if value or name == "signed"
        }
        kept = self.journey.answers.get("interests", {})
        return typed | {"signed": accepted_since(kept, "signed", typed["signed"])}

    def counting(self) -> dict[str, Any]:
        """Leave out what stands under a no: it was typed there before, and is not declared."""
        typed = self.typed()
        dropped = {
            name
            for key in self.asked
            if typed[f"has_{key}"] != "yes"
            for number in range(1, AT_MOST + 1)
            for name in _names(key, number)
        }
        return {name: value for name, value in typed.items() if name not in dropped}

    def clean(self) -> dict[str, Any]:
        """Ask under a yes for one whole interest at least, and for the rest of each that is begun."""
        cleaned = super().clean() or {}
        for key in self.asked:
            answer = cleaned.get(f"has_{key}")
            for number in range(1, AT_MOST + 1):
                names = _names(key, number)
                if answer == "yes":
                    self._check(key, number, cleaned)
                else:
                    cleaned |= dict.fromkeys(names, "")
                    for name in names:
                        self.errors.pop(name, None)
        return cleaned

    def _check(self, key: str, number: int, cleaned: dict[str, Any]) -> None:
        names = _names(key, number)
        begun = number == 1 or any(cleaned.get(name) or name in self.errors for name in names)
        if not begun:
            return
        which = _which(key, number)
        asked = (
            _missing_kind(which),
            filled(_("Say who or what the interest is with: %(which)s"), which=which),
            filled(_("Say what you or they could gain: %(which)s"), which=which),
        )
        for name, words in zip(names, asked, strict=True):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, words)

    def declared(self) -> list[Declared]:
        """Return each interest declared, in the order of the questions; only when valid."""
        found: list[Declared] = []
        for key in self.asked:
            for number in range(1, AT_MOST + 1):
                kind, party, gain = (
                    self.cleaned_data.get(name, "") for name in _names(key, number)
                )
                if kind:
                    project = None if key == GENERAL else key
                    found.append({"kind": kind, "project": project, "party": party, "gain": gain})
        return found

    @property
    def is_nil(self) -> bool:
        """Say whether every answer is no, which is signed as such; only when valid."""
        return not self.declared()

    def summary(self) -> list[Line]:
        """Say each answer, with its interests under a yes, and what was signed."""
        kinds = dict(InterestKind.choices)
        lines = []
        for key in self.asked:
            mine = [each for each in self.declared() if (each["project"] or GENERAL) == key]
            said = [str(self.shown(f"has_{key}"))]
            said += [f"{kinds[each['kind']]}: {each['party']}\n{each['gain']}" for each in mine]
            lines.append(Line(self.fields[f"has_{key}"].label or "", "\n\n".join(said)))
        signed = acceptance_in_words(self.cleaned_data["signed"])
        nil: str | Promise = _("I have no interests to declare.")
        return [
            *lines,
            Line(INTERESTS.tick, f"{nil}\n{signed}" if self.is_nil else signed),
        ]


def _names(key: str, number: int) -> tuple[str, str, str]:
    """Return the names of the boxes of one interest: its kind, who it is with, what could be gained."""
    nth = "" if number == 1 else f"_{number}"
    return f"kind_{key}{nth}", f"party_{key}{nth}", f"gain_{key}{nth}"


def _which(key: str, number: int) -> Any:
    about = _("in general") if key == GENERAL else key
    if number == 1:
        return about
    return filled(_("%(about)s, interest %(number)d"), about=about, number=number)


def _missing_kind(which: Any) -> Any:
    return filled(_("Choose what kind of interest it is: %(which)s"), which=which)


def _general_prompt(project: Any) -> Any:
    """Ask of a project without words of its own, so that none goes unasked."""
    words = _("Could you, your organisation or somebody close to you gain from %(project)s?")
    return filled(words, project=project)
