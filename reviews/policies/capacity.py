"""Capacity: how many hours somebody gives or offers in all, and whether that is more than they can keep."""

from dataclasses import dataclass

from django.db.models import Sum

from participants.forms.offer import SENSIBLE_HOURS
from participants.models import Person, ProjectChoice
from reviews.models import Membership

WAITING = (
    ProjectChoice.State.PENDING,
    ProjectChoice.State.SHORTLISTED,
    ProjectChoice.State.OFFERED,
    ProjectChoice.State.RESERVE,
)
"""What became of a choice that may still take somebody's hours."""


@dataclass(frozen=True)
class Capacity:
    """The hours a month of one person, across their projects."""

    given: int
    """In memberships that have not ended."""
    offered: int
    """In choices that may still become one."""
    most: int = SENSIBLE_HOURS

    @property
    def in_all(self) -> int:
        """The hours, were all that is offered taken up."""
        return self.given + self.offered

    @property
    def is_over(self) -> bool:
        """Say whether that is more than a working week a month: warned of, never refused."""
        return self.in_all > self.most

    @property
    def is_over_now(self) -> bool:
        """Say whether what they are accepted for is too much already."""
        return self.given > self.most


def capacity_of(person: Person) -> Capacity:
    """Return the hours that a person, merged ones included, gives and offers in all: two queries."""
    members = Membership.objects.live().of_person(person)
    given = sum(members.values_list("hours", flat=True))
    rows = Person.objects.counting_as(person)
    waiting = ProjectChoice.objects.filter(
        expression__person__in=rows, expression__state="submitted", state__in=WAITING
    )
    offered = waiting.aggregate(hours=Sum("hours"))["hours"] or 0
    return Capacity(given=given, offered=offered)
