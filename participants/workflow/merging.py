"""What the office makes of two people who are likely one: two, or one, and two again."""

from django.db import transaction
from django.utils.translation import gettext_lazy

from participants import policies
from participants.models import LikelyPair, Person
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Refused, Table, Transition, change, permit, require_reason

LIKELY_PAIR = Table(
    "participants.likely_pair",
    Transition(
        name="dismiss",
        event="dismissed",
        sources=("suggested",),
        target="dismissed",
        label=gettext_lazy("Not the same person"),
        policy=policies.may_settle_pair,
        asks_reason=True,
    ),
    Transition(
        name="merge",
        event="merged",
        sources=("suggested",),
        target="merged",
        label=gettext_lazy("Merge into another person"),
        policy=policies.may_settle_pair,
        asks_reason=True,
    ),
    Transition(
        name="unmerge",
        event="unmerged",
        sources=("merged",),
        target="suggested",
        label=gettext_lazy("Undo the merge"),
        policy=policies.may_settle_pair,
        asks_reason=True,
    ),
    Transition(
        name="raise_again",
        event="raised_again",
        sources=("dismissed", "lapsed"),
        target="suggested",
        label=gettext_lazy("Suggest again"),
        policy=policies.may_suggest,
    ),
    Transition(
        name="lapse",
        event="lapsed",
        sources=("suggested",),
        target="lapsed",
        label=gettext_lazy("No longer alike"),
        policy=policies.may_suggest,
    ),
    model="participants.LikelyPair",
)
PERSON_MERGED = "participants.person.merged"
PERSON_UNMERGED = "participants.person.unmerged"
"""About the person who was merged, beside the event of the pair: what rests on who they are hears it."""


def dismiss(person: Person, *, other: Person, by: User, reason: str) -> None:
    """Say that two are not one person, with the reason: suggested again only if facts change.

    Raises Refused.
    """
    pair = LikelyPair.objects.between(person, other).first()
    if pair is None:
        raise Refused(gettext_lazy("They are not suggested to be the same person."))
    LIKELY_PAIR.move(pair, "dismiss", by=by, reason=reason, expected={"facts": pair.facts})


def merge_people(person: Person, *, into: Person, by: User, reason: str) -> None:
    """Let a person count as another from now on. Raises Refused, and Overtaken when somebody was faster.

    Nothing that refers to them is written anew: forms, declarations and the account keep pointing to
    them, and `current` leads to the other. Both accounts keep signing in, each to its own forms. Merges
    never chain: neither is merged, and nobody was merged into the one who is. In one transaction.
    """
    with transaction.atomic():
        rows = _held(person, into)
        pair = LikelyPair.objects.between(person, into).select_for_update().first()
        if pair is None:
            raise Refused(gettext_lazy("Say first that they may be the same person."))
        held, stays = rows[person.pk], rows[into.pk]
        calls = policies.calls_in_common(held, [stays])[stays.pk]
        permit(policies.may_merge_into(held, stays, calls))
        LIKELY_PAIR.check(pair, "merge", by=by, reason=reason)
        permit(policies.may_be_merged(by, held))
        facts = {"person": held.record_key, "into": stays.record_key}
        LIKELY_PAIR.move(pair, "merge", by=by, reason=reason, facts=facts)
        change(
            person,
            PERSON_MERGED,
            expected={"merged_into": None},
            values={"merged_into": stays},
            by=by,
            reason=reason,
            facts={"into": stays.record_key},
        )


def unmerge_people(person: Person, *, by: User, reason: str) -> None:
    """Undo a merge: both are again who they were, with all that is theirs. Raises Refused, Overtaken."""
    into = person.merged_into
    if into is None:
        raise Refused(gettext_lazy("This person is not merged into another."))
    with transaction.atomic():
        _held(person, into)
        pair = LikelyPair.objects.between(person, into).select_for_update().get()
        facts = {"person": person.record_key, "out_of": into.record_key}
        LIKELY_PAIR.move(pair, "unmerge", by=by, reason=reason, facts=facts)
        change(
            person,
            PERSON_UNMERGED,
            expected={"merged_into": into},
            values={"merged_into": None},
            by=by,
            reason=reason,
            facts={"out_of": into.record_key},
        )


def suggest(person: Person, *, other: Person, by: User, reason: str) -> LikelyPair:
    """Say, as one of the office, that two may be one person: what was said before stays in the record.

    Raises Refused.
    """
    require_reason(reason)
    with transaction.atomic():
        rows = _held(person, other)
        permit(policies.may_merge_into(rows[person.pk], rows[other.pk], ()))
        pair = LikelyPair.objects.between(person, other).select_for_update().first()
        if pair is not None:
            permit(policies.may_settle_pair(by, pair))
            if pair.state != LikelyPair.State.SUGGESTED:
                raise_again(pair, by=by, reason=reason)
            return pair
        first, second = sorted((rows[person.pk], rows[other.pk]), key=lambda row: row.pk)
        pair = LikelyPair(one=first, other=second)
        permit(policies.may_settle_pair(by, pair))
        pair.save(force_insert=True)
        note_suggested(pair, by=by, reason=reason)
    return pair


def raise_again(
    pair: LikelyPair,
    *,
    by: User | None,
    reason: str = "",
    score: int | None = None,
    reasons: list[str] | None = None,
    facts: str | None = None,
) -> None:
    """Suggest a pair anew that was dismissed or had lapsed, on what speaks for it now. Raises Refused."""
    values = {
        "score": pair.score if score is None else score,
        "reasons": pair.reasons if reasons is None else reasons,
        "facts": pair.facts if facts is None else facts,
    }
    LIKELY_PAIR.move(pair, "raise_again", by=by, reason=reason, values=values)


def lapse(pair: LikelyPair, *, by: User | None) -> None:
    """Take a suggestion back that nothing speaks for any more. Raises Refused."""
    LIKELY_PAIR.move(pair, "lapse", by=by)


def note_suggested(pair: LikelyPair, *, by: User | None, reason: str = "") -> None:
    """Record that two are suggested to be one person. In the transaction that makes the pair."""
    people = [pair.one.record_key, pair.other.record_key]
    facts = {"people": people, "reasons": list(pair.reasons)}
    record("participants.likely_pair.suggested", pair, by=by, reason=reason, facts=facts)


def hold_as_one(person: Person) -> None:
    """Hold a person's row, and that of the one they count as, until the transaction ends.

    Whoever submits, and whoever merges, comes one after the other. Takes over whether they were merged.
    """
    held = Person.objects.select_for_update().values_list("merged_into", flat=True)
    person.merged_into_id = held.get(pk=person.pk)
    if person.merged_into_id:
        held.get(pk=person.merged_into_id)


def _held(person: Person, other: Person) -> dict[int, Person]:
    """Return two rows as they are now, held until the transaction ends, always in the same order."""
    rows = Person.objects.select_for_update(of=("self",)).order_by("pk")
    return {row.pk: row for row in rows.filter(pk__in={person.pk, other.pk})}
