"""What every page of the form shares: what it knows of the person, and what it makes of an answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from crispy_forms.layout import Layout
from crispy_forms_gds.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from participants.models import AddressConfirmation, Person
from projects.models import Project
from stepchange.composed import Composed
from stepchange.form_layout import SAVE_BUTTONS
from workstreams.models import Organisation

Answers = Mapping[str, Any]
"""What was typed on one page: a text, or a list of texts, by field name."""

WORDS_CHANGED = "words changed"
"""The code of the error of a statement that was accepted in words that have changed since."""

PROJECTS_AT_MOST = 5


def _open(*codes: str) -> QuerySet[Project]:
    """Return the projects that can be chosen; of these codes, if any are given."""
    found = Project.objects.open_for_interest().select_related("work_stream")
    return found.filter(code__in=codes) if codes else found


# Asked of the programme as it is at that request: all of it, or what most pages need, those chosen.
_ALL = Composed(_open, of=())
_SOME = Composed(_open, of=(str,) * PROJECTS_AT_MOST)

YES_NO = (("yes", _("Yes")), ("no", _("No")))


@dataclass
class Journey:
    """What the form knows of the person filling it in; pages depend on each other through it."""

    email: str
    name: str = ""
    person: Person | None = None
    answers: dict[str, Answers] = field(default_factory=dict)
    read_with: "Journey | None" = None
    """The same form of another time, beside which this one is held: what that has read, this has."""
    _some: dict[str, Project | None] = field(default_factory=dict, init=False, repr=False)
    """Projects read by their codes; None for a code that no open project has."""

    @cached_property
    def projects(self) -> dict[str, Project]:
        """The projects that can be chosen, by code."""
        if self.read_with is not None:
            return self.read_with.projects
        return {project.code: project for project in _ALL.rows()}

    @property
    def chosen(self) -> list[Project]:
        """The projects chosen so far, in the programme's order."""
        typed = self.answers.get("projects", {})
        ticked = {code for value in typed.values() if isinstance(value, list) for code in value}
        codes = {code for code in ticked if code.isprintable()}  # else no database takes it
        if not codes:
            return []
        return [project for code, project in self._among(codes).items() if code in codes]

    def _among(self, codes: set[str]) -> dict[str, Project]:
        """Return projects that these are among: as few as have to be read."""
        if "projects" in self.__dict__ or len(codes) > PROJECTS_AT_MOST:
            return self.projects
        if self.read_with is not None:
            return self.read_with._among(codes)
        if not codes <= self._some.keys():
            asked = [*codes, *[""] * (PROJECTS_AT_MOST - len(codes))]
            found = {project.code: project for project in _SOME.rows(*asked)}
            self._some = {**found, **dict.fromkeys(codes - found.keys())}
        return {code: project for code, project in self._some.items() if project}

    @property
    def work_email(self) -> str:
        """The work address typed so far, in lower case; empty until then."""
        return str(self.answers.get("organisation", {}).get("work_email") or "").strip().lower()

    @property
    def has_another_address(self) -> bool:
        """Say whether the work address is not the log-in address, which was confirmed at sign-up."""
        if self.work_email == self.email.lower():
            return False
        try:
            validate_email(self.work_email)
        except ValidationError:
            return False  # the page that asks for it says so
        return True

    @cached_property
    def organisation(self) -> Organisation | None:
        """The entry of the register that the portal knows the person by, as it counts now."""
        if self.read_with is not None:
            return self.read_with.organisation
        known = self.person.organisation_id if self.person else None
        if known is None:
            return None
        with_groups = Organisation.objects.select_related(
            "group__merged_into", "merged_into__group__merged_into"
        )
        return with_groups.get(pk=known).current

    @cached_property
    def confirmation(self) -> AddressConfirmation | None:
        """How the person confirmed the work address, now or with an earlier form."""
        if self.person is None or not self.has_another_address:
            return None
        codes = AddressConfirmation.objects.filter(person=self.person).to(self.work_email)
        return codes.confirmed().order_by("-confirmed_at").first()

    @property
    def sector(self) -> str:
        """The sector chosen on the first page; empty until then."""
        return str(self.answers.get("eligibility", {}).get("sector", ""))


@dataclass(frozen=True)
class Line:
    """One question and its answer, as check-answers, the copy to keep and the office show it."""

    label: str | Promise
    value: str | Promise


class PageForm(forms.Form):
    """One page. Answers are kept as typed and judged anew each time, so that nothing typed is lost."""

    # A page with one question has it as its heading; others have the page's title.
    question_is_heading: ClassVar[bool] = False
    # Fields that may stay empty: where one is asked the question says so, where it is answered not.
    optional: ClassVar[tuple[str, ...]] = ()
    # Fields that only a yes to another question asks for: printed, they stand once, after those questions.
    asked_under_a_yes: Collection[str] = ()
    # Fields whose answer stands in another's: a comparison of two answers leaves them out.
    told_by_others: ClassVar[tuple[str, ...]] = ()

    def __init__(self, journey: Journey, data: Any = None, *, saved: Answers | None = None) -> None:
        self.journey = journey
        super().__init__(data=data)
        self.build()
        # Asked for None, not whether there are words: that would put all of them into the language.
        self.labels = {
            name: "" if field.label is None else field.label for name, field in self.fields.items()
        }
        for name in self.optional:
            if name in self.fields and not self.fields[name].required:
                asked = _("%(question)s (optional)") % {"question": self.labels[name]}
                self.fields[name].label = asked
        # What was typed stands in for both; what is known is not asked of the database in vain.
        known = {} if self.is_bound else self.known()
        self.initial = dict(saved) if saved is not None else known

    @cached_property
    def helper(self) -> FormHelper:
        """How the page is drawn: made when it is, which is not when it was saved or is judged."""
        helper = FormHelper(self)
        helper.form_tag = False
        helper.disable_csrf = True
        helper.layout = Layout(*self.layout(), SAVE_BUTTONS)
        return helper

    def build(self) -> None:
        """Add the fields that depend on earlier answers."""

    def known(self) -> dict[str, Any]:
        """Return what the portal knows already, so that no page asks for it anew."""
        return {}

    def layout(self) -> Sequence[Any]:
        """Return the layout's objects; each field plainly, unless a page says otherwise."""
        return list(self.fields)

    def typed(self) -> dict[str, Any]:
        """Return what was typed, for this page's own fields and no others."""
        return {
            name: field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            for name, field in self.fields.items()
        }

    def counting(self) -> dict[str, Any]:
        """Return what of it is submitted: not what only another answer would have asked for."""
        return self.typed()

    def remarks(self) -> list[str]:
        """Return what to think about again in a valid answer, which is taken all the same."""
        return []

    def why_again(self) -> str | Promise:
        """Say why an answer that was complete is not any more: words that have changed since."""
        changed = (
            error.code == WORDS_CHANGED
            for errors in self.errors.values()
            for error in errors.as_data()
            if self.is_bound
        )
        return _("The words have changed since you agreed to them") if any(changed) else ""

    def lets_through(self) -> bool:
        """Say whether a valid answer lets the person go on to submit."""
        return True

    def summary(self) -> list[Line]:
        """Return each question and answer, for a page that is complete."""
        return [Line(self.labels[name], self.shown(name)) for name in self.fields]

    def shown(self, name: str) -> str | Promise:
        """Return one answer in words."""
        value = self.cleaned_data.get(name)
        if value in (None, "", []):
            return _("Not provided")
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            labels = {str(key): str(label) for key, label in _flat(field.choices)}
            chosen = value if isinstance(value, list) else [value]
            return "\n".join(labels.get(str(each), str(each)) for each in chosen)
        return str(value)


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    return [(choice[0], choice[1]) for choice in choices]
