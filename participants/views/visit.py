"""One request to the form: what the account has in the call, and what it may do now."""

from datetime import datetime, timedelta
from functools import cached_property

from django.http import Http404

from participants import policies, workflow
from participants.forms.base import Journey
from participants.models import ExpressionOfInterest, Person
from stepchange.requests import SignedInRequest
from workstreams.models import Call

SOON = timedelta(hours=24)


class Visit:
    """One request to the form: the call, what the account has in it, and what it may do now."""

    def __init__(self, request: SignedInRequest) -> None:
        self.request = request
        self.received_at = request.received_at
        self.person = Person.objects.of(request.user)
        self.call: Call | None = policies.call_for(self.person, self.received_at)
        self.expression = self._live()
        self.journey: Journey = workflow.journey_of(
            request.user, self.expression, person=self.person
        )

    def _live(self) -> ExpressionOfInterest | None:
        if self.call is None or self.person is None:
            return None
        live = ExpressionOfInterest.objects.live().in_call(self.call).filter(person=self.person)
        found = live.first()
        if found is not None:
            found.person, found.call = self.person, self.call
        return found

    @property
    def is_open(self) -> bool:
        """Say whether the call takes this person's form now."""
        return self.call is not None and policies.is_open_for(
            self.call, self.person, self.received_at
        )

    @property
    def closes_at(self) -> datetime | None:
        """The closing instant of the call for this person."""
        return policies.closes_for(self.call, self.person) if self.call else None

    @property
    def closes_soon(self) -> bool:
        """Say whether less than a day is left, so that pages say how much."""
        return (
            self.is_open and self.closes_at is not None and self.closes_at - self.received_at < SOON
        )

    @property
    def is_submitted(self) -> bool:
        """Say whether the live form was submitted: what is saved now is an amendment."""
        return self.expression is not None and not self.expression.is_draft

    @cached_property
    def copy(self) -> workflow.WorkingCopy | None:
        """The form beside its newest snapshot; None of a form that was never submitted."""
        if self.expression is None or self.expression.is_draft:
            return None
        return workflow.working_copy_of(self.request.user, self.expression, self.journey)

    @property
    def version(self) -> int:
        """The number of the newest snapshot, 0 for none: what an open page was opened beside."""
        return self.copy.newest.number if self.copy else 0

    def started(self) -> ExpressionOfInterest:
        """Return the live form, started now when there is none. Raises Refused, Http404."""
        if self.call is None:
            raise Http404
        return self.expression or workflow.start(
            self.request.user,
            self.call,
            received_at=self.received_at,
        )

    @property
    def standing(self) -> dict[str, object]:
        """What every page of the form says of the call and of what was submitted."""
        return {
            "call": self.call,
            "closes_at": self.closes_at,
            "received_at": self.received_at,
            "is_open": self.is_open,
            "closes_soon": self.closes_soon,
            "expression": self.expression,
            "copy": self.copy,
        }
