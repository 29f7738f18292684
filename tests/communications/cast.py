"""The rows that the ledger's tests begin with."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from django.db import transaction

from communications.models import Email
from communications.workflow import EMAIL
from participants.models import ExpressionOfInterest, Person
from participants.workflow import EXPRESSION
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from workstreams.models import Call

_numbers = count(1)


def make_call() -> Call:
    """Return a call that is open, the one published."""
    call = Call.objects.filter(state="published").first()
    return call or Call.objects.create(
        slug=f"call-{next(_numbers)}",
        name="Call to Action",
        opens_at=clock.now() - timedelta(days=7),
        closes_at=clock.now() + timedelta(days=17),
        delivery_on=clock.today() + timedelta(days=24),
        state="published",
    )


def make_participant(email: str = "", name: str = "Amira Okafor") -> Person:
    """Return a person with an account."""
    user = User.objects.create_user(email or f"amira{next(_numbers)}@users.example")
    return Person.objects.create(user=user, full_name=name)


def submit(person: Person) -> ExpressionOfInterest:
    """Submit a person's expression of interest: the event and no more, as its workflow writes it."""
    expression = ExpressionOfInterest.objects.create(person=person, call=make_call())
    with transaction.atomic():
        EXPRESSION.move(expression, "submit", by=person.user, values={"submitted_at": clock.now()})
    return expression


def make_officer(role: Role = Role.COMMUNICATIONS_OFFICER) -> User:
    """Return an office account that holds one role."""
    from django.contrib.auth.models import Group

    user = User.objects.create_user(f"officer{next(_numbers)}@stepchange.example", is_staff=True)
    user.groups.add(Group.objects.get_or_create(name=role.value)[0])
    return user


def put(email: Email, state: str, **values: object) -> Email:
    """Put a row into a state by force, as a dying worker would leave it."""
    assert state in {move.target for move in EMAIL}
    Email.objects.filter(pk=email.pk).update(**{"state": state, **values})
    email.refresh_from_db()
    return email
