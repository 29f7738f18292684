"""What the account page tells of reviewing: a desk to go to, and questions that wait for an answer."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from participants.views.account import Elsewhere
from reviews.models import Question
from reviews.policies.desk import is_reviewer
from stepchange.models import User


def of_account(user: User) -> Iterator[Elsewhere]:
    """Yield what there is for an account: by two queries."""
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
