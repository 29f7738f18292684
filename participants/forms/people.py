"""What the office is asked, and shown first, before two people count as one, or as two."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from participants import policies
from participants.models import Declaration, ExpressionOfInterest, LikelyPair, Person
from stepchange import clock
from stepchange.console import ROWS, StepForm
from stepchange.form_fields import choice_field, text
from stepchange.transitions import Words
from stepchange.uk_time import uk_date
from workstreams.models import Term

WITHHELD_BESIDE = "withheld_beside"
"""The attribute by which the console says who is withheld from whoever is shown a person."""
SHOWN_AT_MOST = 10
"""So many likely duplicates of one person are offered at once, the likeliest first."""


@dataclass
class Side:
    """What counts as one person's, as the office sees it beside another's."""

    person: Person
    forms: list[ExpressionOfInterest] = field(default_factory=list)
    drafts: int = 0
    choices: int = 0
    declarations: int = 0
    declared: str = ""
    seats: list[str] = field(default_factory=list)
    merged: int = 0

    @property
    def account(self) -> str:
        """Say by what they sign in, if they do."""
        user = self.person.user
        if user is None:
            return _("None")
        return user.email if user.is_active else _("%(address)s (closed)") % {"address": user.email}

    @property
    def roles(self) -> list[str]:
        """Name the roles of the account."""
        user = self.person.user
        return sorted(group.name for group in user.groups.all()) if user else []


def sides_of(people: Sequence[Person]) -> list[Side]:
    """Return what is told of people side by side. As many queries for ten as for two."""
    keys = [person.pk for person in people]
    read = (
        Person.objects.filter(pk__in=keys)
        .select_related("user", "organisation__merged_into")
        .prefetch_related("user__groups", "merged")
    )
    known = {person.pk: person for person in read}
    sides = {key: Side(known[key], merged=len(known[key].merged.all())) for key in keys}
    expressions = ExpressionOfInterest.objects.filter(person__in=keys).select_related("call")
    for expression in expressions.prefetch_related("choices").order_by("started_at", "pk"):
        side = sides[expression.person_id]
        if expression.is_draft:  # counted, and nothing more is told of it (law 7)
            side.drafts += 1
        else:
            side.forms.append(expression)
            side.choices += sum(choice.is_live for choice in expression.choices.all())
    for declaration in Declaration.objects.filter(person__in=keys).order_by("person", "number"):
        side = sides[declaration.person_id]
        side.declarations += 1
        side.declared = uk_date(clock.day_of(declaration.signed_at))
    accounts = {side.person.user_id: side for side in sides.values() if side.person.user_id}
    terms = Term.objects.not_over_on(clock.today()).filter(holder__in=accounts)
    for term in terms.select_related("seat__work_stream"):
        accounts[term.holder_id].seats.append(str(term.seat))
    return list(sides.values())


def _listed(words: Iterable[str]) -> str:
    return get_text_list(list(words), _("and")) or _("None")


def _forms_of(side: Side) -> str:
    told = [
        _("%(form)s in %(call)s, %(state)s")
        % {"form": each, "call": each.call, "state": each.get_state_display().lower()}
        for each in side.forms
    ]
    if side.drafts:
        words = ngettext("%(count)s draft", "%(count)s drafts", side.drafts)
        told.append(words % {"count": side.drafts})
    return _listed(told)


def _declarations_of(side: Side) -> str:
    if not side.declarations:
        return _("None")
    return _("%(count)s, the newest of %(day)s") % {
        "count": side.declarations,
        "day": side.declared,
    }


TOLD: tuple[tuple[Words, Callable[[Side], Any]], ...] = (
    (gettext_lazy("Job"), lambda side: side.person.role_title),
    (
        gettext_lazy("Organisation"),
        lambda side: side.person.organisation and side.person.organisation.current,
    ),
    (gettext_lazy("Work email"), lambda side: side.person.work_email),
    (gettext_lazy("Account"), lambda side: side.account),
    (gettext_lazy("Expressions of interest"), _forms_of),
    (gettext_lazy("Project choices that stand"), lambda side: side.choices),
    (gettext_lazy("Declarations of interests"), _declarations_of),
    (gettext_lazy("Roles"), lambda side: _listed(side.roles)),
    (gettext_lazy("Seats"), lambda side: _listed(side.seats)),
    (gettext_lazy("Merged into them"), lambda side: side.merged),
)


def pairs_offered(person: Person) -> list[LikelyPair]:
    """Return the pairs of a person to be looked at, the likeliest first; none with who is withheld."""
    withheld = _withheld_beside(person)
    pairs = LikelyPair.objects.suggested().of([person]).order_by("-score", "pk")
    pairs = pairs.exclude(one__in=withheld).exclude(other__in=withheld)
    along = ("one__organisation__merged_into", "other__organisation__merged_into")
    return list(pairs.select_related(*along)[:SHOWN_AT_MOST])


def _withheld_beside(person: Person) -> QuerySet[Person]:
    found: QuerySet[Person] = vars(person).get(WITHHELD_BESIDE, Person.objects.none())
    return found


def _called(person: Person) -> str:
    """Return what tells one of several people of a name from another."""
    works_for = person.organisation and person.organisation.current
    return ", ".join(str(word) for word in (person, person.role_title, works_for) if word)


class PairForm(StepForm):
    """Asks which of those who are likely the same person is meant, and shows them side by side."""

    name = "other"
    asks: Any = gettext_lazy("Who is not the same person?")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person: Person = self.subject
        self.pairs = pairs_offered(person)
        others = (pair.beside(person) for pair in self.pairs)
        self.others = {str(each.public_id): each for each in others}
        reason = self.fields.pop("reason", None)
        self.fields[self.name] = forms.ChoiceField(
            label=self.asks,
            widget=forms.RadioSelect,
            error_messages={
                "required": _("Choose a person."),
                "invalid_choice": _("Choose a person."),
            },
        )
        if reason:
            self.fields["reason"] = reason
        field = choice_field(self, self.name)
        field.choices = [(key, _called(other)) for key, other in self.others.items()]
        if len(self.others) == 1:
            self.initial[self.name] = next(iter(self.others))

    def panels(self) -> list[tuple[str, dict[str, Any]]]:
        """Show them side by side."""
        return [(ROWS, self._panel())]

    def _panel(self) -> dict[str, Any]:
        mine, *others = sides_of([self.subject, *self.others.values()])
        rows = [(label, tell(mine), *(tell(other) for other in others)) for label, tell in TOLD]
        why = [capfirst(pair.told) for pair in self.pairs]
        rows.append((_("Why they may be the same"), "", *why))
        rows += self.more_rows()
        return {
            "title": _("Side by side"),
            "columns": (
                _("What"),
                _("%(person)s (this person)") % {"person": mine.person},
                *(str(other.person) for other in others),
            ),
            "rows": rows,
        }

    def more_rows(self) -> list[tuple[Any, ...]]:
        """Return more rows for the panel: a cell for the subject and one for each other."""
        return []

    def clean(self) -> dict[str, Any]:
        """Put the person in the place of their public id."""
        cleaned = super().clean()
        if self.name in cleaned:
            cleaned[self.name] = self.others[cleaned[self.name]]
        return cleaned


class MergePeopleForm(PairForm):
    """Asks whom somebody counts as from now on, and says what that means."""

    name = "into"
    asks = gettext_lazy("The person that stays")

    @cached_property
    def in_the_way(self) -> dict[str, Any]:
        """Why it can't be merged into each of the others, if it can't."""
        calls = policies.calls_in_common(self.subject, self.others.values())
        return {
            key: policies.may_merge_into(self.subject, other, calls[other.pk])
            for key, other in self.others.items()
        }

    def more_rows(self) -> list[tuple[Any, ...]]:
        """Say what will count, or what stands in the way."""
        return [
            (
                _("If merged into them"),
                "",
                *(refusal or _("Possible") for refusal in self.in_the_way.values()),
            )
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse beside the choice what the workflow would."""
        cleaned = super().clean()
        into = cleaned.get(self.name)
        if into is not None and (refusal := self.in_the_way[str(into.public_id)]):
            self.add_error(self.name, str(refusal))
        return cleaned


class SuggestForm(StepForm):
    """Asks who may be the same person, by a form that they have submitted."""

    reference = text(
        gettext_lazy("Reference of an expression of interest of theirs"),
        gettext_lazy("Enter a reference, like SC-34679CDF"),
        longest=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_reference(self) -> str:
        """Find whose it is, among what the office may see."""
        typed = str(self.cleaned_data["reference"]).upper()
        visible = ExpressionOfInterest.objects.visible_to_office().select_related("person")
        seen = visible.exclude(person__in=_withheld_beside(self.subject))
        found = seen.filter(reference=typed).first()
        if found is None:
            raise ValidationError(policies.NOT_VISIBLE)
        if refusal := policies.may_merge_into(self.subject, found.person, ()):
            raise ValidationError(str(refusal))
        self.other = found.person
        return typed

    def arguments(self) -> dict[str, Any]:
        """Return what the workflow is called with."""
        return {"other": self.other, "reason": self.cleaned_data["reason"]}
