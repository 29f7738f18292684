"""The demonstration's declarations and conflicts: one overdue, suggestions that wait, one dismissed.

Nothing is invented beyond who is late: what is suggested follows from where the cast works and declares.
"""

from collections.abc import Mapping
from datetime import timedelta

from participants.models import ConflictSuggestion, Declaration, Person
from participants.workflow import declarations, suggestions
from stepchange import clock
from stepchange.models import User

DECLARED_LONG_AGO = "deputy.business.transport@cochairs.example"
THIRTEEN_MONTHS = timedelta(days=396)
DISMISSED_BECAUSE = (
    "They work in different parts of the group, and neither decides about the other’s project."
)


def declare_long_ago(person: Person, *, by: User) -> None:
    """Let somebody have declared nil more than a year ago, as everybody declares."""
    with clock.set_to(clock.now() - THIRTEEN_MONTHS):
        declarations.sign(person, by=by, source=Declaration.Source.INVITATION, is_nil=True)


def tell_compliance(people: Mapping[str, User], *, office: str) -> None:
    """Suggest what the cast has in common, and let the office dismiss the oldest, where there are more."""
    suggestions.compare_queued()
    by = people[office]
    waiting = list(ConflictSuggestion.objects.waiting().order_by("pk")[:2])
    if len(waiting) > 1:
        suggestions.dismiss(waiting[0], by=by, reason=DISMISSED_BECAUSE)
