"""Whom a participant's notices go to: the person's account, by a key that outlives its address."""

from collections.abc import Iterable
from uuid import UUID

from communications.models import Email
from participants.models import ExpressionOfInterest, Person
from stepchange.models import Event


def account_key(public_id: UUID | str) -> str:
    """Return the recipient key of a person's account: a changed address sends no second time."""
    return f"person:{public_id}:account"


def account_address(person: Person) -> str:
    """Return where a person is written to; empty without an account that may sign in."""
    user = person.user
    return user.email if user and user.is_active else ""


def expression_of(email: Email) -> ExpressionOfInterest:
    """Return the expression of interest that a row is about."""
    return ExpressionOfInterest.objects.select_related("person__user", "call").get(
        reference=email.subject_key
    )


def its_participant(event: Event) -> Iterable[str]:
    """Yield the participant of the expression of interest that an event is about."""
    expression = ExpressionOfInterest.objects.select_related("person").get(
        reference=event.subject_key
    )
    yield account_key(expression.person.public_id)


def participants_address(email: Email) -> str:
    """Return where the participant of a row's expression of interest is written to."""
    return account_address(expression_of(email).person)
