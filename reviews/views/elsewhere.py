"""What the account page tells of reviewing: the desks to go to, and questions that wait for an answer."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from participants.views.account import Elsewhere
from reviews.models import Question
from reviews.policies.desk import is_reviewer
from stepchange.models import User
from stepchange.roles import Role, held_by, needs_second_factor

DESKS = (
    (
        {Role.BOARD},
        gettext_lazy("You are a member of the programme board."),
        gettext_lazy("See what waits for the board"),
        "reviews:board",
    ),
    (
        {Role.ETHICS_REVIEWER},
        gettext_lazy("You review what parts a group has in a project."),
        gettext_lazy("See the ethics reviews"),
        "reviews:ethics",
    ),
    (
        {Role.OFFICE_MANAGER, Role.BOARD},
        gettext_lazy("You answer complaints, and those who ask to be looked at again."),
        gettext_lazy("See who waits for an answer"),
        "reviews:answers",
    ),
)
"""Whose a desk is, what to say of it, and where it is."""


def of_account(user: User) -> Iterator[Elsewhere]:
    """Yield what there is for an account: by three queries, of which one is asked of role-holders alone."""
    number = Question.objects.asked_of(user).unanswered().count()
    if number:
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
    if is_reviewer(user):
        yield Elsewhere(
            _("You sit for a work-stream."), _("Review volunteers"), reverse("reviews:index")
        )
    held = set(held_by(user)) if needs_second_factor(user) else set()
    for roles, words, link, name in DESKS:
        if roles & held:
            yield Elsewhere(words, link, reverse(name))
