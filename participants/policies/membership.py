"""Law 1: what keeps somebody from being an effective member of a project, at this moment."""

from django.utils.translation import gettext_lazy as _

from participants.models import Person, Undertaking
from participants.policies.identity import identity_bar
from participants.policies.interest_cases import interests_bar
from participants.policies.trust import undertaking_now
from projects.models import Project
from stepchange.transitions import Words


def membership_bars(person: Person, project: Project) -> list[Words]:
    """Return all that keeps a person from being a member of a project now; empty when nothing does.

    Computed anew from facts and the clock: identity validated, not expired and high enough; a declaration
    in date, and no interest that touches the project undecided, overdue or excluding; the current
    undertaking accepted. That the decision was a joint one is asked of the decision.
    """
    return [
        bar
        for bar in (
            identity_bar(person, project),
            interests_bar(person, project),
            _undertaking_bar(person),
        )
        if bar
    ]


def _undertaking_bar(person: Person) -> Words | None:
    accepted = Undertaking.objects.of_words(*undertaking_now()).filter(person=person)
    return None if accepted.exists() else _("They have not accepted the current undertaking.")
