"""Who may do what with an expression of interest, and until when (law 4)."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from participants.models import ExpressionOfInterest, Person, ProjectChoice
from stepchange.models import User
from stepchange.transitions import Words
from stepchange.uk_time import uk_deadline
from workstreams.models import Call


def is_open_for(call: Call, _person: Person | None, instant: datetime) -> bool:
    """Say whether a call takes this person's expression of interest at an instant.

    The one function that every page, form, email and reminder asks. The closing instant is exclusive.
    """
    return call.is_open(instant)


def may_start(person: Person | None, call: Call | None, instant: datetime) -> Words | None:
    """Permit whoever has no live expression of interest in a call that is open for them."""
    if call is None or not is_open_for(call, person, instant):
        return _("The call is not open.")
    if person and ExpressionOfInterest.objects.live().in_call(call).filter(person=person).exists():
        return _("You have an expression of interest in this call already.")
    return None


def is_own(by: User | None, expression: ExpressionOfInterest) -> bool:
    """Say whether the account is the participant's."""
    return by is not None and expression.person.user_id == by.pk


def may_submit(by: User | None, expression: ExpressionOfInterest) -> Words | None:
    """Permit the participant; whether it is in time and complete is asked of the facts given."""
    return None if is_own(by, expression) else _("Only the participant can submit it.")


def may_withdraw(by: User | None, expression: ExpressionOfInterest) -> Words | None:
    """Permit the participant, at any time."""
    return None if is_own(by, expression) else _("Only the participant can withdraw it.")


def may_withdraw_choice(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit the participant, at any time and whatever was decided."""
    return None if is_own(by, choice.expression) else _("Only the participant can withdraw it.")


def may_change_consent(by: User | None, person: Person) -> Words | None:
    """Permit the person, at any time."""
    own = by is not None and person.user_id == by.pk
    return None if own else _("Only the person can give or take back their consent.")


def too_late(call: Call) -> Words:
    """Say why it is late, and what became of the draft."""
    return _(
        "The call closed at %(time)s. What you saved is kept. If you need more time, write to the office."
    ) % {"time": uk_deadline(call.closes_at)}


def may_confirm_addresses(by: User | None, person: Person) -> Words | None:
    """Permit the person: a code proves that they read what is sent there."""
    own = by is not None and person.user_id == by.pk
    return None if own else _("Only the person can confirm their address.")
