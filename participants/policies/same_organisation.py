"""Law 3: nobody judges their own. One question, for whoever assesses, validates or decides about others.

Their own are: themself; somebody of the same organisation or group; and somebody with whose organisation
either of the two has declared an interest. What was so within the last year still is: a conflict outlives
what somebody says of themself (docs/decisions/0028-conflicts-outlive-self-edits.md).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from participants.models import Declaration, Interest, Person, WorkedFor
from participants.policies.people import is_self
from participants.querysets import oldest_within_a_year
from stepchange import clock
from stepchange.composed import Composed
from stepchange.models import User
from stepchange.transitions import Words
from workstreams.models import Organisation, OrganisationKey, Sector, Term
from workstreams.names import LONGEST_KEY, name_key

OWN = _("Nobody does this for themself: somebody else has to.")
SAME_ORGANISATION = _("You are of the same organisation as they are: somebody else has to do this.")
SAME_GROUP = _("Your organisation and theirs are of the same group: somebody else has to do this.")
NAMED_BY_YOU = _(
    "You declared an interest that names their organisation: somebody else has to do this."
)
NAMED_BY_THEM = _(
    "They declared an interest that names your organisation: somebody else has to do this."
)

WITH_UNITS = frozenset({Sector.POLICE, Sector.GOVERNMENT})
GROUPS_ABOVE_AT_MOST = 10
_READ_ALONG = ("merged_into__group__merged_into", "group__merged_into")

# Asked before each step of casework, anew each time, of both sides.
_OF_ACCOUNT = Composed(lambda account: Person.objects.filter(user=account))
_WORKS_FOR = Composed(
    lambda key: Organisation.objects.filter(pk=key).select_related(*_READ_ALONG).order_by()
)
_WORKED_FOR = Composed(
    lambda person: (
        WorkedFor.objects.filter(person=person)
        .select_related(*(f"organisation__{path}" for path in _READ_ALONG))
        .order_by("pk")
    )
)
_SITS_FOR = Composed(
    lambda account: (
        Term.objects.filter(holder=account)
        .select_related(*(f"organisation__{path}" for path in _READ_ALONG))
        .order_by("pk")
    )
)
_NAMED_BY = Composed(
    lambda person: (
        Interest.objects.filter(declaration__person=person)
        .select_related("declaration")
        .annotate(is_newest=~Exists(_newer()))
        .order_by("pk")
    )
)


def why_conflicted(by: User, person: Person) -> Words | None:
    """Say why an account may not judge a person, before anything of theirs is shown; None if it may.

    Computed anew each time, of what the register and the declarations say now. Somebody of no
    organisation is of nobody's.
    """
    if is_self(by, person):
        return OWN
    own = next(iter(_OF_ACCOUNT.rows(by.pk)), None)
    mine, theirs = _own_of(own, by.pk), _own_of(person, person.user_id)
    if refusal := why_same(mine.lately, theirs.lately):
        return refusal
    if own and _names_one(own, mine, theirs):
        return NAMED_BY_YOU
    return NAMED_BY_THEM if _names_one(person, theirs, mine) else None


def why_of_organisation(by: User, organisation: Organisation) -> Words | None:
    """Say that an account is of an organisation or its group, now or within the last year, if it is."""
    own = next(iter(_OF_ACCOUNT.rows(by.pk)), None)
    return why_same(_own_of(own, by.pk).lately, [organisation])


@dataclass(frozen=True)
class Own:
    """Whose somebody is to law 3, as the entries count now: at this moment, and within the last year."""

    now: list[Organisation]
    lately: list[Organisation]


def _own_of(person: Person | None, account: int | None) -> Own:
    """Return whom somebody works or sits for, and whom they did within the last year."""
    now: list[Organisation] = []
    before: list[Organisation] = []
    today = clock.today()
    given = _WORKED_FOR.rows(person.pk) if person and person.pk else []
    for each in given:
        if each.counts_on(today):
            (now if each.until is None else before).append(each.organisation)
    works_for = person.organisation_id if person else None
    if works_for and works_for not in {each.pk for each in now}:
        now += _WORKS_FOR.rows(works_for)
    if account is not None:
        for term in _SITS_FOR.rows(account):
            if term.is_on(today):
                now.append(term.organisation)
            elif term.has_run_since(oldest_within_a_year(today), today):
                before.append(term.organisation)
    return Own(_current(now), _current([*now, *before]))


def _current(entries: list[Organisation]) -> list[Organisation]:
    return list({each.current.pk: each.current for each in entries}.values())


def why_same(mine: Iterable[Organisation], theirs: Iterable[Organisation]) -> Words | None:
    """Say whether two people's organisations are one, or of one group."""
    pairs = [(one.current, other.current) for one in mine for other in theirs]
    if any(is_same(one, other) for one, other in pairs):
        return SAME_ORGANISATION
    return SAME_GROUP if any(_is_same_group(one, other) for one, other in pairs) else None


def is_same(one: Organisation, other: Organisation) -> bool:
    """Say whether two entries of the register are one organisation to law 3.

    Of a force or a department the command or unit counts too: without that, half the programme would be
    conflicted. An entry that names none stands for the whole, of which each unit is a part.
    """
    if one.pk == other.pk:
        return True
    if one.sector != other.sector or name_key(one.name) != name_key(other.name):
        return False
    if one.sector not in WITH_UNITS:
        return True
    units = {name_key(one.unit), name_key(other.unit)}
    return len(units) == 1 or "" in units


def _is_same_group(one: Organisation, other: Organisation) -> bool:
    families = [list(_family(each)) for each in (one, other)]
    return any(is_same(mine, theirs) for mine in families[0] for theirs in families[1])


def _family(organisation: Organisation) -> Iterator[Organisation]:
    """Yield an entry and the groups above it. Of forces and departments there is no group to law 3."""
    above, seen = organisation, set[int]()
    while above.pk not in seen and len(seen) < GROUPS_ABOVE_AT_MOST:
        yield above
        seen.add(above.pk)
        if above.sector in WITH_UNITS or above.current_group is None:
            return
        above = above.current_group


# Interests that name an organisation -----------------------------------------------------------------
def _names_one(declarer: Person, own: Own, others: Own) -> bool:
    """Say whether somebody's declarations name one of the others' organisations, or its group.

    Those that count are the newest and whatever was signed within the last year. Who declares the force
    or department they work for has not named its other units by that.
    """
    since = clock.start_of(oldest_within_a_year(clock.today()))
    said = [
        each.party
        for each in (_NAMED_BY.rows(declarer.pk) if others.lately else ())
        if vars(each)["is_newest"] or each.declaration.signed_at >= since
    ]
    if not said:
        return False
    of_units = [each for each in own.now if each.sector in WITH_UNITS]
    names = _names_of(others.lately) - _names_of(of_units)
    texts = [text for party in said for text in _as_keys(party)]
    return any(f" {name} " in text for name in names for text in texts)


def _newer() -> QuerySet[Declaration]:
    """Return the declarations that took the place of an interest's own."""
    return Declaration.objects.filter(
        person=OuterRef("declaration__person"), number__gt=OuterRef("declaration__number")
    )


def _names_of(organisations: list[Organisation]) -> set[str]:
    """Return what the register calls these organisations, those of their group, and those they were."""
    if not organisations:
        return set()
    family = {each.pk for organisation in organisations for each in _family(organisation)}
    in_group = Q(group__in=family) | Q(group__merged_into__in=family)
    entries = Organisation.objects.filter(Q(pk__in=family) | Q(merged_into__in=family) | in_group)
    named = OrganisationKey.objects.filter(organisation__in=entries, kind__in=("name", "alias"))
    return set(named.values_list("key", flat=True))


def _as_keys(text: str) -> Iterator[str]:
    """Yield a text as names are compared, in pieces that overlap: a key holds so much and no more."""
    for start in range(0, len(text), LONGEST_KEY // 2):
        yield f" {name_key(text[start : start + LONGEST_KEY])} "
