"""What changed between two states of a form, question by question: was, and is now."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _

from participants.forms.base import PageForm
from participants.pages import PAGES, Section

# A project's answer is called by its rank and its name: by its name alone it is found again.
RANKED = re.compile(r"^(\d+)\. (.*)$", re.DOTALL)
FOR_EACH_PROJECT = frozenset(page.slug for page in PAGES if page.for_each_project)


@dataclass(frozen=True)
class Difference:
    """One question whose answer differs; None where it was not asked."""

    question: str
    was: str | None
    now: str | None

    @property
    def kind(self) -> str:
        """Say whether the answer was added, removed or changed."""
        if self.was is None:
            return "added"
        return "removed" if self.now is None else "changed"


@dataclass(frozen=True)
class ChangedSection:
    """The questions of one page whose answers differ."""

    page: str
    title: str
    differences: Sequence[Difference]


def compare(was: Sequence[Section], now: Sequence[Section]) -> list[ChangedSection]:
    """Return what differs between two states of a form, by page, in the order of the form."""
    before = {section["page"]: section for section in was}
    after = {section["page"]: section for section in now}
    order = [section["page"] for section in now]
    order += [page for page in before if page not in after]
    order.sort(key=_place)
    changed = []
    for page in order:
        section = after.get(page) or before[page]
        differences = _differences(before.get(page), after.get(page), ranked=_is_ranked(page))
        if differences:
            changed.append(ChangedSection(page, section["title"], differences))
    return changed


def _place(page: str) -> int:
    places = {page.slug: number for number, page in enumerate(PAGES)}
    return places.get(page, len(places))


def _is_ranked(page: str) -> bool:
    return page in FOR_EACH_PROJECT


def _differences(was: Section | None, now: Section | None, *, ranked: bool) -> list[Difference]:
    before, after = _answers(was, ranked=ranked), _answers(now, ranked=ranked)
    asked = [*after, *(question for question in before if question not in after)]
    return [
        Difference(question[0], before.get(question), after.get(question))
        for question in asked
        if before.get(question) != after.get(question)
    ]


def _answers(section: Section | None, *, ranked: bool) -> dict[tuple[str, int], str]:
    """Return the answers by question, and by which of several of the same words it is."""
    found: dict[tuple[str, int], str] = {}
    for label, value in section["lines"] if section else ():
        question, answer = label, value
        if ranked and (match := RANKED.match(label)):
            order = _("Order of preference: %(rank)s") % {"rank": match[1]}
            question, answer = match[2], f"{order}\n{value}"
        place = sum(asked == question for asked, _number in found)
        found[question, place] = answer
    return found


def differences_as_typed(was: PageForm, now: PageForm) -> list[Difference]:
    """Return what differs between one page as saved and as typed, right or wrong, field by field."""
    saved, typed = was.typed(), now.typed()
    emptied = {name: field for name, field in was.fields.items() if name not in now.fields}
    return [
        Difference(
            _question(now, name, field),
            _as_typed(field, saved.get(name)),
            _as_typed(field, typed.get(name)),
        )
        for name, field in {**now.fields, **emptied}.items()
        if name not in now.told_by_others and (saved.get(name) or "") != (typed.get(name) or "")
    ]


def _question(form: PageForm, name: str, field: forms.Field) -> str:
    """Return a field's question, with its project where each project is asked the same."""
    label = str(form.labels.get(name) or field.label or "")
    for project in form.journey.chosen:
        if name.endswith(f"_{project.code}"):
            return f"{project.code}: {label}"
    return label


def _as_typed(field: forms.Field, value: object) -> str:
    """Return what was typed or chosen, in the words that the page has for it."""
    if isinstance(field.widget, forms.CheckboxInput):
        return _("Ticked") if value else _("Not ticked")
    if value in (None, "", []):
        return _("Nothing")
    chosen = [str(each) for each in value] if isinstance(value, list) else [str(value)]
    labels = {str(choice[0]): str(choice[1]) for choice in getattr(field, "choices", ())}
    return "\n".join(labels.get(each, each) for each in chosen)
