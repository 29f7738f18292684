"""What the letter about an outcome may say: a reason that fits; nobody who decided, and no interest."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from participants.models import Interest
from reviews.models import Decision, Key, Letter, Reassignment, Recusal, SettlementView, StandIn
from stepchange import clock
from stepchange.models import User
from stepchange.transitions import Words
from workstreams.models import Term

Code, Outcome = Letter.Code, Decision.Outcome
CODES_OF: dict[str, tuple[Letter.Code, ...]] = {
    Outcome.OFFERED: (Code.FITS, Code.OTHER),
    Outcome.RESERVE: (Code.MORE_THAN_PLACES, Code.LATER, Code.OTHER),
    Outcome.DECLINED: (
        Code.MORE_THAN_PLACES,
        Code.OTHER_EXPERIENCE,
        Code.TIME,
        Code.BALANCE,
        Code.OTHER,
    ),
}
"""Which reasons can be given for which outcome."""
SENTENCES: dict[str, Words] = {
    Code.FITS: _("What you offer fits what the project needs."),
    Code.MORE_THAN_PLACES: _(
        "More people who fit have volunteered than the project has places for."
    ),
    Code.LATER: _("The project may need what you offer at a later stage."),
    Code.OTHER_EXPERIENCE: _("The project needs other experience than what you described."),
    Code.TIME: _("The time that you offered does not match what the project needs."),
    Code.BALANCE: _(
        "Each project is made up of people of the police, of the private sector and of government. This "
        "one needs more people of other sectors than yours."
    ),
    Code.OTHER: "",
}
"""What the participant reads of each reason."""
NAMES_SOMEBODY = _(
    "Leave out “%(name)s”: a letter names nobody who had a part in the decision, nor whom they work for."
)
TELLS_AN_INTEREST = _(
    "Leave out “%(name)s”: a letter tells nothing of the interests that somebody declared."
)
SHORTEST_NAME = 4


@dataclass(frozen=True, kw_only=True)
class LetterGiven:
    """What a letter says: a reason by its code, and words of the office's own."""

    code: str
    words: str = ""


def why_not_written(decision: Decision, *, code: str, words: str) -> Words | None:
    """Say why a letter can't go with an outcome as it is; None if it can."""
    if code not in CODES_OF[decision.outcome]:
        return _("Choose a reason that fits the outcome.")
    if code == Code.OTHER and not words.strip():
        return _("Write the reason in your own words.")
    if name := _first_found(words, _interests_of(decision)):
        return TELLS_AN_INTEREST % {"name": name}
    if name := _first_found(words, _names_of(decision)):
        return NAMES_SOMEBODY % {"name": name}
    return None


def _first_found(words: str, names: Iterable[str]) -> str:
    """Return the first of some names that stands in a text by itself, in whatever casing."""
    said = " ".join(words.split())
    for name in names:
        wanted = " ".join(name.split())
        whole = rf"(?<!\w){re.escape(wanted)}(?!\w)"
        if len(wanted) >= SHORTEST_NAME and re.search(whole, said, re.IGNORECASE):
            return wanted
    return ""


def _interests_of(decision: Decision) -> list[str]:
    """Return whom and what the volunteer declared an interest in, at any time."""
    said = Interest.objects.filter(declaration__person=decision.choice.expression.person_id)
    return [each.party for each in said.only("party")]


def _names_of(decision: Decision) -> list[str]:
    """Return what people are called who had a part in it, or sit for its work-stream, and their employers.

    But for the volunteer's own: that they may be told of.
    """
    choice = decision.choice
    stream = choice.project.work_stream_id
    today = clock.today()
    terms = Term.objects.filter(pk__in=Term.objects.on(today).filter(seat__work_stream=stream))
    stand_ins = StandIn.objects.on(today).filter(work_stream=stream)
    keys = Key.objects.filter(choice=choice)
    views = SettlementView.objects.filter(split__choice=choice)
    rows = (
        keys.values_list("caster", flat=True),
        views.values_list("member", flat=True),
        Recusal.objects.filter(choice=choice).values_list("user", flat=True),
        Reassignment.objects.filter(choice=choice).values_list("by", flat=True),
        terms.values_list("holder", flat=True),
        stand_ins.values_list("holder", flat=True),
    )
    accounts = {account for row in rows for account in row.order_by()}
    accounts |= set(choice.splits.filter(ended_by__isnull=False).values_list("ended_by", flat=True))
    people = User.objects.filter(pk__in=accounts).select_related("person__organisation")
    found = [word for each in people for word in _called(each)]
    found += [str(term.organisation) for term in terms.select_related("organisation")]
    own = choice.expression.person.organisation
    return [name for name in found if own is None or name != str(own)]


def _called(user: User) -> list[str]:
    person = getattr(user, "person", None)
    names = [user.name, person.full_name if person else ""]
    works_for = person.organisation if person else None
    return [*names, user.email, str(works_for) if works_for else ""]
