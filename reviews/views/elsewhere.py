"""What the account page tells of reviewing: what waits for an answer, one's projects, and one's desks."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from participants.models import ProjectChoice
from participants.views.account import Elsewhere
from participants.views.trust import Facts
from reviews.models import Membership, NeighbourSuggestion, Offer, Question, StandIn
from stepchange import clock
from stepchange.roles import Role
from workstreams.models import Term

ACCOUNT = OuterRef("pk")
OF_CHOICE = {"choice__expression__person__user": ACCOUNT}


def _questions() -> Subquery:
    asked = Question.objects.unanswered().filter(**OF_CHOICE).order_by()
    by_person = asked.values("choice__expression__person__user").annotate(number=Count("pk"))
    return Subquery(by_person.values("number")[:1])


def _sits(model: Any) -> Callable[[], Exists]:
    return lambda: Exists(model.objects.on(clock.today()).filter(holder=ACCOUNT))


def _not_taken() -> "QuerySet[ProjectChoice]":
    return ProjectChoice.objects.filter(
        expression__person__user=ACCOUNT, state__in=("declined", "reserve")
    )


def _holds(*roles: Role) -> Callable[[], Exists]:
    named = [role.value for role in roles]
    return lambda: Exists(Group.objects.filter(user=ACCOUNT, name__in=named))


FACTS: dict[str, Callable[[], Any]] = {
    "questions": _questions,
    "is_offered": lambda: Exists(Offer.objects.standing().filter(**OF_CHOICE)),
    "is_suggested": lambda: Exists(NeighbourSuggestion.objects.waiting().filter(**OF_CHOICE)),
    "is_member": lambda: Exists(Membership.objects.filter(person__user=ACCOUNT)),
    "is_decided": lambda: Exists(_not_taken()),
    "sits": _sits(Term),
    "stands_in": _sits(StandIn),
    "is_of_the_board": _holds(Role.BOARD),
    "reviews_ethics": _holds(Role.ETHICS_REVIEWER),
    "answers_people": _holds(Role.OFFICE_MANAGER, Role.BOARD),
}
"""What is asked along with the account: no query more."""

DESKS = (
    (
        ("sits", "stands_in"),
        gettext_lazy("You sit for a work-stream."),
        gettext_lazy("Review volunteers"),
        "reviews:index",
    ),
    (
        ("is_of_the_board",),
        gettext_lazy("You are a member of the programme board."),
        gettext_lazy("See what waits for the board"),
        "reviews:board",
    ),
    (
        ("reviews_ethics",),
        gettext_lazy("You review what parts a group has in a project."),
        gettext_lazy("See the ethics reviews"),
        "reviews:ethics",
    ),
    (
        ("answers_people",),
        gettext_lazy("You answer complaints, and those who ask to be looked at again."),
        gettext_lazy("See who waits for an answer"),
        "reviews:answers",
    ),
)
"""Whose a desk is, what to say of it, and where it is."""


def of_account(facts: Facts) -> Iterator[Elsewhere]:
    """Yield what there is for an account, what waits first."""
    if number := facts["questions"]:
        yield Elsewhere(
            ngettext(
                "A reviewer has a question for you",
                "Reviewers have %(number)d questions for you",
                number,
            )
            % {"number": number},
            _("Read and answer"),
            reverse("reviews:questions"),
            is_due=True,
        )
    own = reverse("reviews:own")
    if facts["is_offered"] or facts["is_suggested"]:
        waits = _("Something waits for your answer")
        yield Elsewhere(waits, _("Read it and answer"), own, is_due=True)
    elif facts["is_member"] or facts["is_decided"]:
        news = _("There is a decision about what you offered.")
        yield Elsewhere(news, _("See your projects, and what was decided"), own)
    for whose, words, link, name in DESKS:
        if any(facts[each] for each in whose):
            yield Elsewhere(words, link, reverse(name))
