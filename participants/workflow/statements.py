"""What is said with an expression of interest, as rows of its own: the undertaking, the declaration."""

from dataclasses import replace
from datetime import datetime

from participants.forms.base import Journey
from participants.forms.interests import InterestsForm
from participants.models import Declaration, Person
from participants.workflow import declarations, undertakings
from participants.workflow.declarations import InterestGiven
from stepchange import clock
from stepchange.models import User


def keep_statements(
    person: Person,
    journey: Journey,
    *,
    by: User,
    said_at: datetime,
    before: Journey | None = None,
) -> None:
    """Accept the undertaking and sign the declaration that a complete form holds.

    The form asks about the projects chosen and in general: what it asks about is as it says, and what
    was declared about other projects stays declared. `said_at` is when its page was saved: what was
    signed after that is not taken back by it. `before` is the form as it was submitted last: an
    amendment declares and takes back only what it changed, and signs nothing when that is nothing.
    Nothing is signed anew that is what they signed last, less than a year ago.
    """
    undertakings.accept(person, by=by)
    Person.objects.select_for_update().get(pk=person.pk)  # against a declaration signed meanwhile
    newest = person.declarations.order_by("-number").first()
    now, was = _declared(journey), _declared(before) if before else {}
    asks, asked = _asked(journey), _asked(before) if before else set()
    if newest and before and now == was and asks == asked:
        return
    held = declarations.interests_of(newest) if newest else []
    is_newer = newest is None or newest.signed_at <= said_at
    gone = [
        each
        for each in held
        if is_newer
        and each.project in asks
        and _same(each) not in now
        and (each.project not in asked or _same(each) in was)
    ]
    known = {_same(each) for each in held}
    interests = [each for each in held if each not in gone]
    interests += [
        each for same, each in now.items() if same not in known and (is_newer or same not in was)
    ]
    if (
        newest
        and newest.digest == declarations.digest_of_given(interests)
        and person.declarations.in_date_on(clock.today()).filter(pk=newest.pk).exists()
    ):
        return
    declarations.sign(
        person,
        by=by,
        source=Declaration.Source.EXPRESSION,
        interests=interests,
        is_nil=not interests,
    )


def _same(interest: InterestGiven) -> InterestGiven:
    """Return what tells one interest from another: the form does not ask since when."""
    return replace(interest, since="")


def _declared(journey: Journey) -> dict[InterestGiven, InterestGiven]:
    """Return what a form declares, in the order of its questions, by what tells them apart."""
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
    return {_same(each): each for each in said}


def _asked(journey: Journey) -> set[str]:
    """Return what a form asks about: the codes of its projects, and "" for in general."""
    return {project.code for project in journey.chosen} | {""}
