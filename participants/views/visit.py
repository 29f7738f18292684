"""One request to the form: what the account has in the call, and what it may do now."""

from datetime import datetime, timedelta
from functools import cached_property
from typing import ClassVar

from django.http import Http404
from django.urls import reverse

from participants import policies, workflow
from participants.forms.base import Answers, Journey
from participants.models import ExpressionOfInterest, PageAnswers, Person
from participants.pages import Page
from participants.querysets import read_extensions_along
from stepchange.composed import Composed
from stepchange.requests import SignedInRequest
from workstreams.models import Call

SOON = timedelta(hours=24)
JUST_SUBMITTED = "just_submitted"  # in the session: the reference, until its page has said so

# What every request to the form asks, at each request anew: what an account has begun, with its pages.
_LIVE = Composed(ExpressionOfInterest.objects.on_a_visit_of)


class Visit:
    """One request to the form: the call, what the account has in it, and what it may do now."""

    def __init__(self, request: SignedInRequest) -> None:
        self.request = request
        self.received_at = request.received_at
        mine = _LIVE.rows(request.user.pk)
        read_extensions_along(mine)
        self.person = mine[0].person if mine else Person.objects.of(request.user)
        self.call: Call | None = policies.call_for(
            self.person, self.received_at, known=[each.call for each in mine]
        )
        self.expression = self._in_the_call(mine)
        saved: list[PageAnswers] = vars(self.expression)["saved"] if self.expression else []
        self.saved = {row.page: row for row in saved}
        self.journey: Journey = workflow.journey_of(
            request.user, self.expression, person=self.person, saved=self.saved.values()
        )

    def _in_the_call(self, mine: list[ExpressionOfInterest]) -> ExpressionOfInterest | None:
        """Return the one in the call."""
        if self.call is None:
            return None
        found = next((each for each in mine if each.call_id == self.call.pk), None)
        if found is not None and self.person is not None:
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
            known=self.person is not None,
        )

    # What differs between the participant and the office that enters a form for one -----------------
    is_own: ClassVar[bool] = True

    @property
    def tasks_url(self) -> str:
        """The list of what is done and what is left."""
        return reverse("participants:tasks")

    @property
    def check_url(self) -> str:
        """The page that shows every answer."""
        return reverse("participants:check")

    @property
    def not_for_them_url(self) -> str:
        """Where somebody is led for whom the call is not meant."""
        return reverse("participants:not-for-you")

    def page_url(self, page: Page) -> str:
        """Return the address of a page of the form."""
        return reverse("participants:page", args=[page.slug])

    def answers(self, page: Page) -> bool:
        """Say whether a page is theirs to answer."""
        return True

    @property
    def may_save(self) -> bool:
        """Say whether there is a form to save to, or one can be started."""
        return self.expression is not None or self.is_open

    def save(self, page: Page, typed: Answers, *, revision: int) -> None:
        """Keep what was typed on a page. Raises SavedElsewhere, Refused, Http404."""
        workflow.save_page(self.started(), page.slug, typed, revision=revision, seen=self.saved)

    def revision_of(self, page: Page) -> int:
        """Return the revision a page is at: 0 when it was never saved."""
        row = self.saved.get(page.slug)
        return row.revision if row else 0

    @property
    def context(self) -> dict[str, object]:
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
