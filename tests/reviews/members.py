"""Volunteers with a joint decision, offers and memberships, for tests of what follows from a decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction

from participants.models import Declaration, ProjectChoice, Validation
from participants.workflow import person_of, undertakings
from projects.models import Project
from reviews.models import (
    Decision,
    EthicsReview,
    Key,
    Membership,
    NeighbourSuggestion,
    Offer,
    Reconsideration,
    Release,
)
from reviews.workflow import casework, offering, offers
from stepchange import clock
from stepchange.events import record
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_organisation, make_project, make_submitted, make_user
from tests.communications.cast import give
from tests.office import make_holder
from workstreams.models import Call, Organisation, Seat, Term


def make_choice(
    project: Project | None = None,
    *,
    user: User | None = None,
    organisation: Organisation | None = None,
    call: Call | None = None,
    is_fit: bool = True,
    **fields: Any,
) -> ProjectChoice:
    """Return a choice of somebody who meets law 1 but for the decision; `fields` are the choice's own."""
    call = call or Call.objects.filter(state="published").first()
    form = make_submitted(project or make_project(), user=user, call=call)
    person = form.person
    if organisation is not None:
        person.organisation = organisation
        person.save()
    if is_fit:
        give(Validation.objects.get(person=person), make_holder(Role.CASEWORKER, is_ready=False))
        assert person.user is not None
        undertakings.accept(person, by=person.user)
    ProjectChoice.objects.filter(expression=form).update(**fields or {"hours": 8})
    return again(form.choices.get())


def again(choice: ProjectChoice) -> ProjectChoice:
    """Return a choice as it is now, with all that is asked of it."""
    read = ProjectChoice.objects.select_related("project", "expression__person__user")
    return read.get(pk=choice.pk)


def seat_holder(project: Project, side: str) -> Term:
    """Return a term that runs in a co-chair's seat of a project's work-stream."""
    seat, _made = Seat.objects.get_or_create(
        work_stream=project.work_stream, side=side, kind="co-chair"
    )
    term = Term.objects.filter(seat=seat).first()
    if term is None:
        sector = "police" if side == "police" else "private"
        of = make_organisation(sector=sector)
        term = Term.objects.create(seat=seat, holder=make_user(), organisation=of)
    return term


def decide(choice: ProjectChoice, outcome: str = "offered", *, released: bool = True) -> Decision:
    """Write that two agreed on a choice, as the rows say it, and release it."""
    view = {"offered": "accept", "reserve": "reserve", "declined": "decline"}[outcome]
    snapshot = choice.expression.snapshots.latest("number")
    declaration = Declaration.objects.filter(person=choice.expression.person).latest("number")
    rests_on = {"choice": choice, "snapshot": snapshot, "declaration": declaration}
    keys = {
        side: Key.objects.create(
            side=side,
            round=choice.decisions.count() + 1,
            caster=(term := seat_holder(choice.project, side)).holder,
            cast_as="co-chair",
            term=term,
            view=view,
            reason="It fits.",
            **rests_on,
        )
        for side in ("business", "police")
    }
    decision = Decision.objects.create(
        round=choice.decisions.count() + 1,
        outcome=outcome,
        basis="joint",
        business_key=keys["business"],
        police_key=keys["police"],
        **rests_on,
    )
    if released:
        release(decision)
    return decision


def release(decision: Decision) -> None:
    """Release an outcome: the choice moves, and what belongs to it follows."""
    office = make_holder(Role.OFFICE_MANAGER, is_ready=False)
    choice = decision.choice
    with transaction.atomic():
        Release.objects.create(decision=decision, released_by=office)
        ProjectChoice.objects.filter(pk=choice.pk).update(state=decision.outcome)
        choice.refresh_from_db()
        if decision.outcome == "offered":
            offering.make(choice)
        if decision.outcome == "reserve":
            offering.put_last(choice)


def make_offered(project: Project | None = None, **fields: Any) -> ProjectChoice:
    """Return a choice whose person was offered a place just now."""
    choice = make_choice(project, **fields)
    decide(choice)
    return again(choice)


def make_reserve(project: Project | None = None, **fields: Any) -> ProjectChoice:
    """Return a choice at the end of its project's reserve list."""
    choice = make_choice(project, **fields)
    decide(choice, "reserve")
    return again(choice)


def make_member(project: Project | None = None, **fields: Any) -> Membership:
    """Return the membership of somebody who accepted an offer just now."""
    choice = make_offered(project, **fields)
    return offers.accept(choice, by=own(choice))


def own(choice: ProjectChoice) -> User:
    """Return the account of a choice's person."""
    user = choice.expression.person.user
    assert user is not None
    return user


def manager() -> User:
    """Return an office manager who may see people."""
    return make_holder(Role.OFFICE_MANAGER)


def person(user: User) -> Any:
    """Return an account's person."""
    return person_of(user)


def happen(notice: str, kind: str, project: Project, user: User) -> None:
    """Let happen to somebody what a notice tells of: an offer, a membership, or what they asked."""
    if notice == "offer_reminder":
        Offer.objects.create(
            choice=(choice := make_choice(project, user=user, is_fit=False)),
            number=1,
            take_up_by=clock.today() + timedelta(days=2),
        )
        ProjectChoice.objects.filter(pk=choice.pk).update(state="offered")
        return
    if kind.startswith("reviews.offer."):
        offer = make_offered(project, user=user).offers.get()
        if kind.endswith(".renewed"):
            with transaction.atomic():
                offering.renew(offer)
        return
    with transaction.atomic():
        record(kind, _subject(kind, project, user), by=None, reason="SECRET REASON", facts=_FACTS)


_FACTS = {"to": "nowhere"}


def _subject(kind: str, project: Project, user: User) -> Any:
    match kind.split(".")[1]:
        case "membership":
            choice = make_choice(project, user=user, is_fit=False)
            person = choice.expression.person
            return Membership.objects.create(person=person, project=project, choice=choice, hours=8)
        case "complaint":
            return casework.complain(person_of(user), about="other", text="SECRET MESSAGE", by=user)
    choice = make_choice(project, user=user, is_fit=False)
    if kind.startswith("participants.choice."):
        return choice
    if ".reconsideration." in kind:
        return Reconsideration.objects.create(
            choice=choice, decision_key="1", grounds="SECRET REASON"
        )
    other = make_project(title="SECRET TITLE")
    return NeighbourSuggestion.objects.create(choice=choice, project=other)


def open_review(project: Project) -> EthicsReview:
    """Let the portal open an ethics review of some firm's part in a project."""
    firm = make_organisation(name=f"Harbour {project.code}")
    with transaction.atomic():
        review = EthicsReview.objects.create(project=project, organisation=firm, seats=3)
        record("reviews.ethics_review.opened", review, by=None, facts={"project": project.code})
    return review
