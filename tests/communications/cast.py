"""The rows that the ledger's tests begin with."""

from __future__ import annotations

from datetime import timedelta

from communications.models import Email
from communications.workflow import EMAIL
from participants.models import ExpressionOfInterest, Invitation, Person, SecondFactorReset
from stepchange import clock
from stepchange.events import record
from stepchange.roles import Role
from tests.builders import make_invitation, make_submitted, make_user
from tests.office import make_holder
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


def cause(kind: str, *, reader: str) -> None:
    """Let an event of a kind happen about an invitation or a lost second factor of the reader's."""
    subject: Invitation | SecondFactorReset
    if kind.startswith("participants.invitation."):
        if kind.endswith(".accepted"):
            manager = make_holder(Role.OFFICE_MANAGER, email=reader)
            subject = make_invitation(by=manager, name="Iris Calloway")
        else:
            manager = make_holder(Role.OFFICE_MANAGER)
            subject = make_invitation(by=manager, email=reader, name="Iris Calloway")
        if kind.endswith(".sent"):
            return
    else:
        later = clock.now() + timedelta(days=3)
        subject = SecondFactorReset.objects.create(user=make_user(reader), expires_at=later)
    record(kind, subject, by=None, facts={"round": 1})
