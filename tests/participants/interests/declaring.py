"""How the tests declare interests, and bring them to where they begin."""

from datetime import date, timedelta

from participants import workflow
from participants.models import Declaration, InterestCase, Person
from participants.workflow import interest_cases
from participants.workflow.declarations import InterestGiven
from projects.models import Project
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from tests.office import make_holder

GUARDS = InterestGiven(
    kind="directorship", party="Sablebrook Security", gain="More guarding contracts"
)
WHY = "They could win contracts by what the project asks for."
DONE = "The minutes of 3 March show that they stood aside."
TODO = "Stands aside whenever guarding contracts are discussed."


def declare(person: Person, *interests: InterestGiven) -> Declaration:
    """Let a person sign a declaration of these interests, or of none."""
    assert person.user is not None
    return workflow.declarations.sign(
        person,
        by=person.user,
        source=Declaration.Source.OWN,
        interests=interests,
        is_nil=not interests,
    )


def cases_of(person: Person) -> list[InterestCase]:
    """Return a person's cases as they are now, the oldest first."""
    return list(InterestCase.objects.filter(person=person).order_by("pk"))


def case_of(person: Person, *interests: InterestGiven) -> InterestCase:
    """Return the case of an interest that a person declares just now."""
    declare(person, *(interests or (GUARDS,)))
    return cases_of(person)[-1]


def in_days(days: int) -> date:
    """Return the UK day that is so many days from today."""
    return clock.today() + timedelta(days=days)


def assessed(case: InterestCase, by: User, nature: str = "potential") -> InterestCase:
    """Return the case, assessed."""
    interest_cases.assess(case, nature=nature, reason=WHY, by=by)
    return case


def managed(case: InterestCase, by: User, *, owner: User | None = None, days: int = 30):
    """Return the case, assessed and managed, to be checked in so many days."""
    assessed(case, by)
    interest_cases.manage(case, mitigation=TODO, owner=owner or by, check_on=in_days(days), by=by)
    return case


def proved(case: InterestCase) -> InterestCase:
    """Return the case, shown to be done by somebody of the office who does not answer for it."""
    interest_cases.prove(case, proof=DONE, by=make_holder(Role.CASEWORKER))
    return case


def excluded(case: InterestCase, by: User, *projects: Project) -> InterestCase:
    """Return the case, assessed and excluded from these projects."""
    assessed(case, by)
    interest_cases.exclude(case, projects=projects, reason=WHY, by=by)
    return case
