"""Who is the same person as whom."""

from django.utils.translation import gettext_lazy as _

from participants.models import ExpressionOfInterest, Person
from stepchange.models import User
from stepchange.transitions import Words

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
