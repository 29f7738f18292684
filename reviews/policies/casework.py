"""Who may ask that a decision be looked at again, complain, and be shown a neighbouring project."""

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from participants.models import ExpressionOfInterest, ProjectChoice
from participants.policies import is_own, is_self, may_see_people
from projects.models import Project
from reviews.models import (
    Complaint,
    Membership,
    NeighbourSuggestion,
    Offer,
    Reconsideration,
)
from reviews.policies.conflicts import why_barred, why_barred_from
from reviews.policies.holders import sides_of
from reviews.policies.joint import who_decided
from reviews.policies.rounds import joint_decision
from stepchange import clock
from stepchange.models import User
from stepchange.roles import OF_THE_OFFICE, Role, holds
from stepchange.transitions import Words
from workstreams.models import Term

State = ProjectChoice.State
NOT_TAKEN = (State.DECLINED, State.RESERVE)
"""What became of a choice whose person may ask to look again, or be shown a neighbour."""


# Looking at a decision again ----------------------------------------------------------------------
def may_ask_again(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit the participant, once a decision, where it was not to take them."""
    if not is_own(by, choice.expression):
        return _("Only the participant can ask for this.")
    decision = joint_decision(choice)
    if choice.state not in NOT_TAKEN or decision is None:
        return _("There is no decision to look at again.")
    if Reconsideration.objects.filter(decision_key=decision.record_key).exists():
        return _("You have asked for this decision to be looked at again already.")
    return None


def answers(by: User | None) -> Words | None:
    """Permit office managers and the board, who have undertaken and declared, to answer people."""
    if by is None or not holds(by, Role.OFFICE_MANAGER, Role.BOARD):
        return _("Only an office manager or a member of the board can do this.")
    return may_see_people(by)


def may_answer_again(by: User | None, asked: Reconsideration) -> Words | None:
    """Permit whoever had no part in the decision, and whom law 3 does not withhold."""
    if refusal := answers(by):
        return refusal
    choice = asked.choice
    decision = joint_decision(choice)
    if by is None or (decision and by.pk in who_decided(decision)):
        return _("You took part in the decision: somebody else has to look at it again.")
    return why_barred(by, choice)


# Complaints ---------------------------------------------------------------------------------------
def may_complain(by: User | None, _complaint: object = None) -> Words | None:
    """Permit whoever has an account in use."""
    return None if by is not None and by.is_active else _("Sign in to make a complaint.")


def may_answer_complaint(by: User | None, complaint: Complaint) -> Words | None:
    """Permit whom it is not about: by name, by what they are, or by what they decided.

    A complaint about the office is answered by the board; one about a co-chair by nobody who sits for a
    work-stream; one about a decision by nobody who took part in one about that person.
    """
    if refusal := answers(by):
        return refusal
    if by is None or is_self(by, complaint.person):
        return _("This is your own complaint: somebody else has to answer it.")
    if complaint.concerns.filter(pk=by.pk).exists():
        return _("It is about you: somebody else has to answer it.")
    about = Complaint.About
    if complaint.about == about.OFFICE and (by.is_staff or holds(by, *OF_THE_OFFICE)):
        return _("It is about the office: a member of the board has to answer it.")
    if complaint.about == about.CO_CHAIR and _holds_a_seat(by):
        return _("It is about a co-chair: somebody who holds no seat has to answer it.")
    if complaint.about == about.DECISION and by.pk in _who_decided_about(complaint):
        return _("You took part in a decision about them: somebody else has to answer it.")
    return why_barred_from(by, complaint.person)


def may_name(by: User | None, complaint: Complaint) -> Words | None:
    """Permit whoever answers people to say whom a complaint is about, until it is answered."""
    if complaint.state != Complaint.State.MADE:
        return _("It is answered.")
    if refusal := answers(by):
        return refusal
    return why_barred_from(by, complaint.person) if by else None


def may_be_named(complaint: Complaint) -> QuerySet[User]:
    """Return whom a complaint can be said to be about: whoever holds a role or a seat now, by name."""
    seated = Term.objects.on(clock.today()).values("holder")
    accounts = User.objects.filter(Q(groups__isnull=False) | Q(pk__in=seated), is_active=True)
    others = accounts.exclude(person=complaint.person)
    return others.exclude(pk__in=complaint.concerns.values("pk")).distinct().order_by("name", "pk")


def _holds_a_seat(by: User) -> bool:
    return any(term.is_on(clock.today()) for term in Term.objects.filter(holder=by))


def _who_decided_about(complaint: Complaint) -> set[int]:
    choices = ProjectChoice.objects.filter(
        expression__person=complaint.person, decisions__isnull=False
    )
    found: set[int] = set()
    for choice in choices.distinct():
        for decision in choice.decisions.all():
            found |= who_decided(decision)
    return found


# A neighbouring project ---------------------------------------------------------------------------
def with_places_free(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Keep the projects that have a place neither held nor offered: part of one query."""
    members = Membership.objects.live().filter(project=OuterRef("pk")).order_by()
    offered = Offer.objects.in_time_on(clock.today()).filter(choice__project=OuterRef("pk"))

    def number(rows: QuerySet, way: str) -> Coalesce:  # type: ignore[type-arg]
        counted = rows.order_by().values(way).annotate(number=Count("pk")).values("number")
        return Coalesce(Subquery(counted[:1]), 0)

    counted = projects.annotate(
        held=number(members, "project"), offered_now=number(offered, "choice__project")
    )
    return counted.filter(Q(places__isnull=True) | Q(places__gt=F("held") + F("offered_now")))


def neighbours(choice: ProjectChoice) -> list[Project]:
    """Return the projects beside a choice's own that its person did not choose and that have places free.

    Of the same work-stream first, then those that want the same contribution. Two queries.
    """
    chosen = ProjectChoice.objects.filter(expression=choice.expression_id).values("project")
    wants = Q(**{f"wants_{choice.contribution}": True})
    near = Q(work_stream=choice.project.work_stream_id) | wants
    taking = Project.objects.open_for_interest().filter(near).exclude(pk__in=chosen)
    found = list(with_places_free(taking).select_related("work_stream"))
    return sorted(
        found,
        key=lambda each: each.work_stream_id != choice.project.work_stream_id,
    )


def may_suggest_neighbour(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit the office's managers and the work-stream's co-chairs, where they were not taken."""
    sits = bool(by and sides_of(by, choice.project.work_stream))
    if by is None or not (sits or by.is_superuser or holds(by, Role.OFFICE_MANAGER)):
        return _("Only an office manager or a co-chair of the work-stream can do this.")
    if choice.state not in NOT_TAKEN:
        return _("Only somebody who was not taken here is shown another project.")
    return why_barred(by, choice)


def may_answer_suggestion(by: User | None, suggestion: NeighbourSuggestion) -> Words | None:
    """Permit the participant."""
    own = is_own(by, suggestion.choice.expression)
    return None if own else _("Only the participant can answer this.")


def may_take_up(by: User | None, suggestion: NeighbourSuggestion) -> Words | None:
    """Permit the participant, while their form is submitted and the project still takes people."""
    if refusal := may_answer_suggestion(by, suggestion):
        return refusal
    expression = suggestion.choice.expression
    if expression.state != ExpressionOfInterest.State.SUBMITTED:
        return _("You have withdrawn your expression of interest.")
    if expression.choices.live().filter(project=suggestion.project).exists():
        return _("You have chosen this project already.")
    project = Project.objects.open_for_interest().filter(pk=suggestion.project_id)
    if not with_places_free(project).exists():
        return _("The project has no place free any more.")
    return None
