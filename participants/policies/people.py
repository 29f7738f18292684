"""Who is the same person as whom, and who may merge two."""

from collections.abc import Iterable

from django.db.models import F, Q
from django.utils.text import get_text_list
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from participants.models import ExpressionOfInterest, LikelyPair, Person
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words
from workstreams.models import Call

NOT_VISIBLE = _("There is nobody like that who has submitted an expression of interest.")


# One person -------------------------------------------------------------------------------------------
def same_person(one: Person, other: Person) -> bool:
    """Say whether two rows are one person now, merged ones included. Reads nothing."""
    return one.counts_as_id == other.counts_as_id


def is_self(by: User | None, person: Person) -> bool:
    """Say whether a person is whoever asks, by this account or by that of one they were merged with."""
    if by is None or person.user_id == by.pk:
        return by is not None
    if person._state.adding:  # about to be made, with no key yet
        return False
    return Person.objects.counting_as(person).filter(user=by).exists()


def is_one_with(by: User | None, account: int) -> bool:
    """Say whether an account, by its key, is that of whoever asks, or of who counts as one with them."""
    if by is None or by.pk == account:
        return by is not None
    person = Person.objects.filter(user=account).first()
    return person is not None and is_self(by, person)


def submitted_as_one(expression: ExpressionOfInterest) -> Words | None:
    """Permit to submit what no other account of the same person has submitted in the same call."""
    others = Person.objects.counting_as(expression.person).exclude(pk=expression.person_id)
    submitted = ExpressionOfInterest.objects.in_call(expression.call).filter(
        state=ExpressionOfInterest.State.SUBMITTED, person__in=others
    )
    if submitted.exists():
        return _(
            "You have submitted an expression of interest in this call with another account. Change "
            "that one, or withdraw it first."
        )
    return None


# Merging ----------------------------------------------------------------------------------------------
def may_settle_likeness(by: User | None, person: Person) -> Words | None:
    """Permit office managers to say who is one person with whom, but not of themselves (law 3)."""
    if by is None or not by.is_active or not (by.is_superuser or holds(by, Role.OFFICE_MANAGER)):
        return _("Only an office manager can do this.")
    if is_self(by, person):
        return _("This is you: ask another office manager.")
    return None


def may_settle_pair(by: User | None, pair: LikelyPair) -> Words | None:
    """Permit office managers who are neither of the two."""
    return may_settle_likeness(by, pair.one) or may_settle_likeness(by, pair.other)


def may_suggest(by: User | None, pair: LikelyPair) -> Words | None:
    """Permit the portal, whose facts have changed, and office managers who are neither of the two."""
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
