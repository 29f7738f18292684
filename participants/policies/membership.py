"""Law 1: what keeps somebody from being an effective member of a project, at this moment."""

from django.utils.translation import gettext_lazy as _

from participants.models import Person, Undertaking
from participants.policies.identity import identity_bar
from participants.policies.interest_cases import interests_bar
from participants.policies.trust import undertaking_now
from projects.models import Project
from stepchange.transitions import Words

IDENTITY, INTERESTS, UNDERTAKING = "identity", "interests", "undertaking"
"""By what a bar is known to whoever says it in other words."""


def bars_by_need(person: Person, project: Project) -> dict[str, Words]:
    """Return all that keeps a person from being a member of a project now, by what it is about.

    Computed anew from facts and the clock: identity validated, not expired and high enough; a declaration
    in date, and no interest that touches the project undecided, overdue or excluding; the current
    undertaking accepted. That the decision was a joint one is asked of the decision.
    """
    found = {
        IDENTITY: identity_bar(person, project),
        INTERESTS: interests_bar(person, project),
        UNDERTAKING: _undertaking_bar(person),
    }
    return {need: bar for need, bar in found.items() if bar}


def membership_bars(person: Person, project: Project) -> list[Words]:
    """Return the same in words alone; empty when nothing keeps them from it."""
    return list(bars_by_need(person, project).values())


def _undertaking_bar(person: Person) -> Words | None:
    accepted = Undertaking.objects.of_words(*undertaking_now()).filter(person=person)
    return None if accepted.exists() else _("They have not accepted the current undertaking.")
