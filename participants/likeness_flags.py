"""What is like in several people, for pages that show many: as many queries for a thousand as for one."""

from collections.abc import Iterable

from participants.likeness_keys import Kind
from participants.models import LikelyPair, LikenessKey, Person


def likely_duplicates(people: Iterable[Person]) -> dict[int, list[LikelyPair]]:
    """Return the pairs that wait to be looked at, by each person's key; empty lists are left out.

    Each with both its people, their accounts and organisations read along. One query.
    """
    asked = {person.pk: person for person in people}
    pairs = LikelyPair.objects.suggested().of(asked.values()).order_by("-score", "pk")
    found: dict[int, list[LikelyPair]] = {}
    for pair in pairs.select_related(
        "one__organisation__merged_into", "other__organisation__merged_into"
    ):
        for key in {pair.one_id, pair.other_id} & asked.keys():
            found.setdefault(key, []).append(pair)
    return found


def shared_telephones(people: Iterable[Person]) -> dict[int, list[Person]]:
    """Return who else gave the same telephone number, whatever its extension, by each person's key."""
    return _sharing(Kind.TELEPHONE, people)


def shared_referees(people: Iterable[Person]) -> dict[int, list[Person]]:
    """Return who else named the same referee, by each person's key."""
    return _sharing(Kind.REFEREE, people)


def _sharing(kind: Kind, people: Iterable[Person]) -> dict[int, list[Person]]:
    """Return the others who share a key of a kind, by name; not who counts as one person. Two queries.

    What changed a moment ago is found once the sweep has compared that person.
    """
    asked = {person.pk: person for person in people}
    rows = list(LikenessKey.objects.filter(kind=kind, person__in=asked).order_by("pk"))
    others = (
        LikenessKey.objects.filter(key__in={row.key for row in rows})
        .select_related("person__organisation__merged_into")
        .order_by("person__full_name", "person")
    )
    by_key: dict[str, list[Person]] = {}
    for other in others:
        by_key.setdefault(other.key, []).append(other.person)
    found: dict[int, list[Person]] = {}
    for row in rows:
        one = asked[row.person_id]
        sharing = [each for each in by_key[row.key] if each.counts_as_id != one.counts_as_id]
        if sharing:
            found[row.person_id] = sharing
    return found
