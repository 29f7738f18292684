"""Comparing people: once their details are known or changed, with whoever shares a key with them.

Not while somebody submits: their form must not wait for it, nor fail by it. What changed is marked in
the transaction that changes it, and a sweep compares (decision 21).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Count
from django.utils.crypto import salted_hmac

from participants import policies
from participants.likeness import Details, Likeness, likeness_of
from participants.likeness_keys import FINDING, Kind, keys_of
from participants.models import LikelyPair, LikenessKey, Person, Snapshot
from participants.workflow.merging import lapse, note_suggested, raise_again
from stepchange import locks
from stepchange.encryption import Undecryptable
from stepchange.models import Event

log = structlog.get_logger(__name__)

COMPARED_AT_MOST = 60
"""With how many others one person is compared: those who share the most keys with them."""
PEOPLE_AT_ONCE = 200
ALONG = (
    "user",
    "organisation__merged_into__group__merged_into",
    "organisation__group__merged_into",
)


@dataclass(frozen=True)
class Compared:
    """One other person, and how likely they are the same."""

    person: Person
    likeness: Likeness


def mark_changed_address(event: Event) -> None:
    """Have somebody compared anew whose log-in address changed, in the transaction of the change."""
    people = Person.objects.visible_to_office().filter(user__public_id=event.subject_key)
    people.update(likeness_due=True)


def compare_due(at_most: int = PEOPLE_AT_ONCE) -> int:
    """Compare those whose details changed; return how many. Each in a transaction of their own."""
    due = Person.objects.to_be_compared().order_by("pk").values_list("pk", flat=True)[:at_most]
    count = 0
    for key in list(due):
        try:
            count += compare(key)
        except (
            Undecryptable
        ):  # a key of FIELD_KEYS is missing: the others are compared all the same
            log.exception("likeness.unreadable")
    return count


def compare(key: int) -> bool:
    """Compare one person with whoever shares a key with them; say whether they were due.

    One at a time, whoever sweeps: of two compared at once neither would find the other's keys, which the
    other has yet to commit, and nobody would ask again.
    """
    with transaction.atomic():
        locks.hold("participants.likeness")
        skips = connection.features.has_select_for_update_skip_locked
        rows = Person.objects.to_be_compared().select_related(*ALONG)
        person = rows.select_for_update(of=("self",), skip_locked=skips).filter(pk=key).first()
        if person is None:  # compared, or about to submit again: then marked anew
            return False
        mine = details_of(person, _referee_of(person))
        _rewrite_keys(person, mine)
        pairs = {pair.beside(person).pk: pair for pair in _pairs_of(person)}
        for each in _compared(person, mine, also=pairs.keys()):
            _settle(person, each, pairs.get(each.person.pk))
        Person.objects.filter(pk=person.pk).update(likeness_due=False)
    return True


def details_of(person: Person, referee: str = "") -> Details:
    """Return what a person has told of themself, with what the register knows of their employer."""
    employer = person.organisation.current if person.organisation else None
    group = (employer.current_group or employer) if employer else None
    return Details(
        full_name=person.full_name,
        work_email=person.work_email,
        log_in_email=person.user.email if person.user else "",
        telephone=person.telephone,
        employer=str(employer.public_id) if employer else "",
        group=str(group.public_id) if group else "",
        role_title=person.role_title,
        referee=referee,
    )


def _referee_of(person: Person) -> str:
    newest = Snapshot.objects.filter(expression__person=person).order_by("-taken_at", "-pk").first()
    return str(newest.answers.get("confirming", {}).get("referee_email", "")) if newest else ""


def _rewrite_keys(person: Person, details: Details) -> None:
    wanted = keys_of(details)
    held = {(row.kind, row.key): row.pk for row in person.likeness_keys.all()}
    LikenessKey.objects.filter(
        pk__in=[pk for key, pk in held.items() if key not in wanted]
    ).delete()
    LikenessKey.objects.bulk_create(
        LikenessKey(person=person, kind=kind, key=key) for kind, key in sorted(wanted - held.keys())
    )


def _pairs_of(person: Person) -> Iterable[LikelyPair]:
    return (
        LikelyPair.objects.of([person])
        .select_related("one", "other")
        .select_for_update(of=("self",))
    )


def _compared(person: Person, mine: Details, *, also: Iterable[int]) -> list[Compared]:
    """Return those who share the most keys with a person, and those they were paired with before."""
    keys = person.likeness_keys.filter(kind__in=FINDING).values_list("key", flat=True)
    sharing = (
        LikenessKey.objects.filter(key__in=list(keys))
        .exclude(person=person)
        .values("person")
        .annotate(shared=Count("pk"))
        .order_by("-shared", "person")
        .values_list("person", flat=True)[:COMPARED_AT_MOST]
    )
    others = Person.objects.select_related(*ALONG).filter(pk__in={*sharing, *also})
    referees = dict(_referee_keys([person.pk, *(other.pk for other in others)]))
    mine = replace(mine, referee=referees.get(person.pk, ""))
    return [
        Compared(other, likeness_of(mine, details_of(other, referees.get(other.pk, ""))))
        for other in others
        if not policies.same_person(person, other)
    ]


def _referee_keys(people: list[int]) -> Iterable[tuple[int, str]]:
    rows = LikenessKey.objects.filter(person__in=people, kind=Kind.REFEREE)
    return rows.values_list("person", "key")


def _settle(person: Person, found: Compared, pair: LikelyPair | None) -> None:
    """Suggest a pair, take a suggestion back, or leave what the office has made of it."""
    likeness = found.likeness
    now: dict[str, Any] = {
        "score": likeness.score,
        "reasons": [reason.value for reason in likeness.reasons],
        "facts": facts_digest(likeness),
    }
    if pair is None:
        if likeness.is_likely:
            _suggest(person, found.person, now)
    elif pair.state == LikelyPair.State.SUGGESTED:
        if likeness.is_likely:
            LikelyPair.objects.filter(pk=pair.pk).update(**now)
        elif pair.reasons:  # what the office has suggested stays until it says more
            lapse(pair, by=None)
    elif likeness.is_likely and _is_news(pair, now):
        raise_again(pair, by=None, **now)


def _is_news(pair: LikelyPair, now: dict[str, Any]) -> bool:
    """Say whether a pair that had lapsed is alike again, or one that was dismissed for other facts.

    Where less speaks for it than when it was dismissed, that is no news.
    """
    if pair.state == LikelyPair.State.DISMISSED:
        return bool(pair.facts != now["facts"] and pair.score <= now["score"])
    return pair.state == LikelyPair.State.LAPSED


def _suggest(person: Person, other: Person, now: dict[str, Any]) -> None:
    first, second = sorted((person, other), key=lambda each: each.pk)
    pair, is_new = LikelyPair.objects.get_or_create(one=first, other=second, defaults=now)
    if is_new:
        note_suggested(pair, by=None)


def facts_digest(likeness: Likeness) -> str:
    """Return the keyed digest of what a likeness rests on, which tells nothing of it."""
    told = json.dumps(likeness.facts, ensure_ascii=False)
    return salted_hmac("participants.likeness.facts", told, algorithm="sha256").hexdigest()
