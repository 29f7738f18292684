"""One request to the form: what the account has in the call, and what it may do now."""

from django.http import Http404

from participants import policies, workflow
from participants.forms.base import Journey
from participants.models import ExpressionOfInterest, Person
from stepchange.requests import SignedInRequest
from workstreams.models import Call


class Visit:
    """One request to the form: the call, what the account has in it, and what it may do now."""

    def __init__(self, request: SignedInRequest) -> None:
        self.request = request
        self.received_at = request.received_at
        self.call: Call | None = Call.objects.current(self.received_at)
        self.person = (
            Person.objects.filter(user=request.user)
            .select_related(*Person.WITH_ORGANISATION)
            .first()
        )
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
    def is_submitted(self) -> bool:
        """Say whether the live form was submitted."""
        return self.expression is not None and not self.expression.is_draft

    def started(self) -> ExpressionOfInterest:
        """Return the live form, started now when there is none. Raises Refused, Http404."""
        if self.call is None:
            raise Http404
        return self.expression or workflow.start(
            self.request.user,
            self.call,
            received_at=self.received_at,
        )
