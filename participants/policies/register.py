"""What of a declared interest may be published: by rule, so that nothing depends on who presses the button.

Published are the kind, what it is with where that is an organisation of the register, the project, and
since when. Withheld are what could be gained, everything of what is personal or of the family, whatever
names somebody else, and what the office marks. The marks of the office go with an interest into the next
declarations: by the party's name, or by its kind and project where the name was written anew.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from participants.models import (
    Declaration,
    Interest,
    InterestKind,
    InterestParty,
    RegisterHolder,
    RegisterWithholding,
)
from participants.querysets import due_again_on
from stepchange import clock
from stepchange.transitions import Words
from workstreams.models import Organisation
from workstreams.names import name_key

MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec"
)
DATED = re.compile(rf"\b(?:(?:{MONTHS})\.?\s+)?(?:19|20)\d\d\b", re.IGNORECASE)
MOST_DATES = 2


@dataclass(frozen=True)
class Entry:
    """One interest as it may be published; of a withheld one, why, which is told to the office alone."""

    position: int
    kind: Words
    party: str
    project: str
    since: str
    withheld: Words | None = None
    may_be_let_in: bool = False


@dataclass(frozen=True)
class Published:
    """What may be published of one holder of a post."""

    signed_at: date | None
    is_nil: bool
    entries: tuple[Entry, ...] = ()

    @property
    def is_out_of_date(self) -> bool:
        """Say whether it was signed a year ago or earlier."""
        return self.signed_at is not None and clock.today() >= _due(self.signed_at)

    @property
    def said(self) -> str:
        """Say what there is to say of it besides its entries."""
        if self.signed_at is None:
            return _("Has not declared")
        if self.is_nil:
            return _("Nothing to declare")
        return ""


def _due(signed: date) -> date:
    return due_again_on(clock.start_of(signed))


def published_of(holders: Iterable[RegisterHolder]) -> dict[int, Published]:
    """Return what may be published of each, by the account's key: five queries, however many."""
    accounts = [holder.pk for holder in holders]
    newest: dict[int, Declaration] = {}
    declared = Declaration.objects.filter(person__user__in=accounts)
    for declaration in declared.order_by("number").select_related("person"):
        newest[declaration.person_id] = declaration
    kept = {declaration.pk for declaration in newest.values()}
    interests: dict[int, list[Interest]] = {}
    for interest in Interest.objects.filter(declaration__in=kept).select_related("project"):
        interests.setdefault(interest.declaration_id, []).append(interest)
    named = _named_by(kept)
    marks = _marks_of(newest)
    found = {account: Published(None, is_nil=False) for account in accounts}
    for person, declaration in newest.items():
        held = sorted(interests.get(declaration.pk, ()), key=lambda each: each.position)
        entries = (_entry(each, named.get(each.pk, []), marks.get(person, [])) for each in held)
        found[declaration.person.user_id or 0] = Published(
            clock.day_of(declaration.signed_at), declaration.is_nil, tuple(entries)
        )
    return found


def _named_by(declarations: Iterable[int]) -> dict[int, list[str]]:
    """Return the published names of the organisations that interests name whole, by the interest."""
    links = InterestParty.objects.filter(
        interest__declaration__in=declarations, is_whole=True
    ).select_related("organisation__merged_into")
    named: dict[int, list[str]] = {}
    for link in links.order_by("pk"):
        current = link.organisation.current
        if current.state == Organisation.State.PUBLISHED:
            named.setdefault(link.interest_id, []).append(str(current))
    return {interest: sorted(set(names)) for interest, names in named.items()}


def _marks_of(people: Iterable[int]) -> dict[int, list[RegisterWithholding]]:
    """Return the mark that counts of each interest ever marked, by whose it is."""
    marks = RegisterWithholding.objects.filter(interest__declaration__person__in=list(people))
    counting: dict[int, RegisterWithholding] = {}
    for mark in marks.oldest_first().select_related("interest__declaration"):
        counting[mark.interest_id] = mark
    found: dict[int, list[RegisterWithholding]] = {}
    for mark in counting.values():
        found.setdefault(mark.interest.declaration.person_id, []).append(mark)
    return found


def _entry(interest: Interest, named: list[str], marks: list[RegisterWithholding]) -> Entry:
    """Return an interest as far as it may be published."""
    place, project = interest.position, str(interest.project or _("In general"))
    kind = InterestKind(interest.kind).label
    if interest.kind == InterestKind.PERSONAL:
        words = _("It is personal or of the family: only that there is one is published.")
        return Entry(place, kind, _("Withheld"), "", "", words)
    own = next((mark for mark in marks if mark.interest_id == interest.pk), None)
    if own and not own.is_lifted:
        return _kept_out(place, _("The office withholds it."))
    if not own and any(not mark.is_lifted and _is_like(mark.interest, interest) for mark in marks):
        return _kept_out(place, _("The office withholds one like it, which was declared before."))
    is_let_in = own or any(_is_same(mark.interest, interest) for mark in marks)
    if not named and not is_let_in:
        words = _("What it is with is no organisation of the register, and may name somebody.")
        return Entry(place, kind, _("Withheld"), project, "", words, may_be_let_in=True)
    party = ", ".join(named) or interest.party
    return Entry(place, kind, party, project, since_when(interest.since))


def _kept_out(place: int, why: Words) -> Entry:
    return Entry(place, _("Withheld"), _("Withheld"), "", "", why, may_be_let_in=True)


def _is_same(before: Interest, now: Interest) -> bool:
    """Say whether the same words were let in before."""
    return (before.kind, before.party) == (now.kind, now.party)


def _is_like(before: Interest, now: Interest) -> bool:
    same_question = (before.kind, before.project_id) == (now.kind, now.project_id)
    return same_question or name_key(before.party) == name_key(now.party)


def since_when(typed: str) -> str:
    """Return the dates in what was typed about since when, and none of its other words."""
    dates = [" ".join(found[0].split()) for found in DATED.finditer(typed)]
    return " – ".join(dates[:MOST_DATES])


def interest_of_holder(holder: RegisterHolder, position: int) -> Interest | None:
    """Return the interest at a place of a holder's newest declaration."""
    newest = Declaration.objects.filter(person__user=holder.pk).order_by("-number").first()
    return (
        newest.interests.filter(position=position).select_related("declaration__person").first()
        if newest
        else None
    )
