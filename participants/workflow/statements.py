"""What is said with an expression of interest, as rows of its own: the undertaking, the declaration."""

from participants.forms.base import Journey
from participants.forms.interests import InterestsForm
from participants.models import Declaration, Person
from participants.workflow import declarations, undertakings
from participants.workflow.declarations import InterestGiven
from stepchange.models import User


def keep_statements(person: Person, journey: Journey, *, by: User) -> None:
    """Accept the undertaking and sign the declaration that a complete form holds.

    The form asks about the projects chosen and in general. What was declared before about other
    projects stays declared: only the person's own journey takes it back. Nothing is signed anew when
    it is what they signed last (an amendment of something else).
    """
    undertakings.accept(person, by=by)
    form = InterestsForm(journey, data=journey.answers["interests"])
    form.full_clean()
    said = [
        InterestGiven(
            kind=each["kind"],
            party=each["party"],
            gain=each["gain"],
            project=each["project"] or "",
        )
        for each in form.declared()
    ]
    asked_about = {project.code for project in journey.chosen}
    newest = person.declarations.order_by("-number").first()
    held = declarations.interests_of(newest) if newest else []
    interests = said + [each for each in held if each.project and each.project not in asked_about]
    if newest is not None and newest.digest == declarations.digest_of_given(interests):
        return
    declarations.sign(
        person,
        by=by,
        source=Declaration.Source.EXPRESSION,
        interests=interests,
        is_nil=not interests,
    )
