"""Which entries of the register the party of an interest names: asked once, when it was declared.

The text rests encrypted and can't be searched. So each is read once, its names are compared with the
register's keys in one query for all of them, and what is found is kept as rows that can be joined.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db import transaction

from participants.models import Declaration, Interest, InterestParty
from workstreams.models import Organisation, OrganisationKey
from workstreams.names import COMMON, name_key

LONGEST_NAME = 8
"""How many words of a text are looked up as one name."""
MOST_WORDS = 60
SHORTEST_ALONE = 4
"""A word of fewer letters names an organisation only where nothing stands beside it."""
AT_ONCE = 5_000
CLAUSES = re.compile(r"[\n\r,;:()\[\]/|]|\s[-–—]\s")

Named = tuple[int, int, bool]
"""An interest, an entry of the register that it names, and whether it is named whole."""


def match_declarations(declarations: Iterable[Declaration]) -> int:
    """Keep what the interests of these declarations name; return how many links are new.

    Entries may have been added or renamed since: what is no longer found goes, what is new comes.
    """
    interests = list(Interest.objects.filter(declaration__in=list(declarations)))
    found = {(interest, entry): whole for interest, entry, whole in named_in(interests)}
    held = {
        (link.interest_id, link.organisation_id): link
        for link in InterestParty.objects.filter(interest__in=interests)
    }
    stale = [
        link.pk for pair, link in held.items() if pair not in found or link.is_whole != found[pair]
    ]
    new = [
        InterestParty(interest_id=interest, organisation_id=entry, is_whole=whole)
        for (interest, entry), whole in found.items()
        if (interest, entry) not in held or held[interest, entry].is_whole != whole
    ]
    with transaction.atomic():
        InterestParty.objects.filter(pk__in=stale).delete()
        InterestParty.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def named_in(interests: Sequence[Interest]) -> list[Named]:
    """Return what each interest names. One query for all of them, unless they are uncommonly long."""
    wholes = {interest.pk: whole_names(interest.party) for interest in interests}
    parts = {interest.pk: names_within(interest.party) for interest in interests}
    register = _entries_called(
        {key for keys in (*wholes.values(), *parts.values()) for key in keys}
    )
    found: dict[tuple[int, int], bool] = {}
    for interest in interests:
        whole = [key for key in wholes[interest.pk] if key in register]
        for key in (*whole, *_longest(key for key in parts[interest.pk] if key in register)):
            for entry, is_meant_first in register[key]:
                pair = (interest.pk, entry)
                found[pair] = found.get(pair, False) or (key in whole and is_meant_first)
    return [(interest, entry, whole) for (interest, entry), whole in found.items()]


def whole_names(text: str) -> set[str]:
    """Return the keys of a text that is one name: of itself, of its lines and of its clauses."""
    return {key for part in (text, *CLAUSES.split(text)) if (key := name_key(part))}


def names_within(text: str) -> set[str]:
    """Return the keys of every few words of a text that could be a name beside others."""
    words = name_key(text).split()[:MOST_WORDS]
    found = set()
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST_NAME, len(words)) + 1):
            found.add(" ".join(words[start:end]))
    return {key for key in found if " " in key or _tells_alone(key)}


def _tells_alone(word: str) -> bool:
    return len(word) >= SHORTEST_ALONE and word not in COMMON and not word.isdigit()


def _longest(keys: Iterable[str]) -> Iterator[str]:
    """Yield the keys that are no part of a longer one: "Acme" is not meant where "Acme Rail" stands."""
    held = list(keys)
    for key in held:
        if not any(other != key and f" {key} " in f" {other} " for other in held):
            yield key


def _entries_called(keys: set[str]) -> Mapping[str, list[tuple[int, bool]]]:
    """Return the entries called so, by the key, each with whether it is the likeliest to be meant.

    Those are likeliest whose name it is, unit and all. Of others it is the name before their unit: they
    may be meant as well, unless the whole force or department is an entry, which stands for its units.
    """
    exact: dict[str, list[Organisation]] = {}
    loose: dict[str, list[Organisation]] = {}
    ordered = sorted(keys)
    for first in range(0, len(ordered), AT_ONCE):
        rows = OrganisationKey.objects.filter(
            kind__in=(OrganisationKey.Kind.NAME, OrganisationKey.Kind.ALIAS),
            key__in=ordered[first : first + AT_ONCE],
        ).select_related("organisation__merged_into")
        for row in rows:
            entry = row.organisation
            is_alias = row.kind == OrganisationKey.Kind.ALIAS
            is_exact = is_alias or row.key == name_key(entry.name, entry.unit)
            (exact if is_exact else loose).setdefault(row.key, []).append(entry)
    return {
        key: _likeliest_first(exact.get(key, []), loose.get(key, [])) for key in {*exact, *loose}
    }


def _likeliest_first(
    exact: Iterable[Organisation], loose: Iterable[Organisation]
) -> list[tuple[int, bool]]:
    named = list(exact)
    wholes = {(entry.name_key, entry.sector) for entry in named if not entry.unit}
    # As it is now: a unit that was merged into another force is no longer one of this one's.
    others = [one for one in loose if (one.current.name_key, one.current.sector) not in wholes]
    return [*((entry.pk, True) for entry in named), *((entry.pk, not named) for entry in others)]
