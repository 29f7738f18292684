"""Who may say that two people are one, and merge them."""

from collections.abc import Iterable

from django.db.models import F, Q
from django.utils.text import get_text_list
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from participants.models import ExpressionOfInterest, LikelyPair, Person
from participants.policies.people import is_self
from participants.policies.same_organisation import why_conflicted
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words
from workstreams.models import Call


def may_settle_likeness(by: User | None, person: Person) -> Words | None:
    """Permit office managers to begin to say who is one person with whom, but not of themselves.

    Of whom else they may not judge, no page is shown to them; each step asks it anew of both
    (`may_settle_pair`).
    """
    if by is None or not by.is_active or not (by.is_superuser or holds(by, Role.OFFICE_MANAGER)):
        return _("Only an office manager can do this.")
    if is_self(by, person):
        return _("This is you: ask another office manager.")
    return None


def may_settle_pair(by: User | None, pair: LikelyPair) -> Words | None:
    """Permit office managers who may judge both of the two (law 3): it settles a flag on both cases."""
    return _may_judge(by, pair.one) or _may_judge(by, pair.other)


def _may_judge(by: User | None, person: Person) -> Words | None:
    refusal = may_settle_likeness(by, person)
    return refusal if refusal or by is None else why_conflicted(by, person)


def may_suggest(by: User | None, pair: LikelyPair) -> Words | None:
    """Permit the portal, whose facts have changed, and office managers who may judge both."""
    return None if by is None else may_settle_pair(by, pair)


def may_be_merged(by: User | None, person: Person) -> Words | None:
    """Permit whom nobody was merged into: merges never chain, so that each can be undone alone."""
    if refusal := may_settle_likeness(by, person):
        return refusal
    if person.merged.exists():
        return _("Others were merged into this person: undo those merges first.")
    if not LikelyPair.objects.suggested().of([person]).exists():
        return _("Nobody is suggested to be the same person. Say first who may be.")
    return None


def may_be_unmerged(by: User | None, person: Person) -> Words | None:
    """Permit it to who may judge both of the two."""
    if person.merged_into is None:
        return _("This person is not merged into another.")
    return _may_judge(by, person) or _may_judge(by, person.merged_into)


def may_be_told_apart(by: User | None, person: Person) -> Words | None:
    """Permit it where somebody is suggested to be the same person."""
    if not LikelyPair.objects.suggested().of([person]).exists():
        return _("Nobody is suggested to be the same person.")
    return may_settle_likeness(by, person)


def may_merge_into(person: Person, into: Person, calls: Iterable[Call]) -> Words | None:
    """Permit one who is not merged themself, and with whom there is no second form in a call.

    `calls` are those in which both have submitted one (`calls_in_common`).
    """
    if person.pk == into.pk:
        return _("Choose somebody else: this is the one to be merged.")
    if into.merged_into_id:
        return _("That person is merged into another: choose that one.")
    if person.merged_into_id:
        return _("This person is merged already: undo that merge first.")
    names = [str(call) for call in calls]
    if names:
        return _t(
            "Both have submitted an expression of interest in %(calls)s. One person has one in a call: "
            "ask them to withdraw one first."
        ) % {"calls": get_text_list(names, _t("and"))}
    return None


def calls_in_common(person: Person, others: Iterable[Person]) -> dict[int, list[Call]]:
    """Return the calls in which both a person and another have a form submitted, by the other's key.

    Who was merged into either counts. One query.
    """
    known = {each.pk: each for each in (person, *others)}
    counted: dict[int, dict[int, Call]] = {key: {} for key in known}
    live = (
        ExpressionOfInterest.objects.filter(
            Q(person__in=known) | Q(person__merged_into__in=known),
            state=ExpressionOfInterest.State.SUBMITTED,
        )
        .annotate(merged_into=F("person__merged_into"))
        .select_related("call")
        .order_by("call__opens_at", "pk")
    )
    for expression in live:
        merged_into: int | None = vars(expression)["merged_into"]
        for key in {expression.person_id, merged_into} & known.keys():
            counted[key or 0][expression.call_id] = expression.call
    mine = counted[person.pk]
    return {
        key: [call for pk, call in calls.items() if pk in mine]
        for key, calls in counted.items()
        if key != person.pk
    }
