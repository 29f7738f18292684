"""The rows that the ledger's tests begin with."""

from __future__ import annotations

from communications.models import Email
from communications.workflow import EMAIL
from participants.models import ExpressionOfInterest, Person
from tests.builders import make_submitted, make_user
from workstreams.models import Call


def make_participant(email: str = "", name: str = "Amira Okafor") -> Person:
    """Return a person with an account."""
    return Person.objects.create(user=make_user(email or None), full_name=name)


def submit(person: Person) -> ExpressionOfInterest:
    """Submit a person's expression of interest in the call that is open."""
    call = Call.objects.filter(state=Call.State.PUBLISHED).first()
    return make_submitted(user=person.user, call=call)


def put(email: Email, state: str, **values: object) -> Email:
    """Put a row into a state by force, as a dying worker would leave it."""
    assert state in {move.target for move in EMAIL}
    Email.objects.filter(pk=email.pk).update(**{"state": state, **values})
    email.refresh_from_db()
    return email
