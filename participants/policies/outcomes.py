"""What moves a project choice besides its participant is asked of whoever reviews, in a higher app."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from participants.models import ProjectChoice
from stepchange.models import User
from stepchange.transitions import Policy, Words

Answer = Callable[[User | None, ProjectChoice, str], "Words | None"]

NOBODY_DECIDED = _("Nothing was decided jointly about this choice.")
ASKED: list[Answer] = []
"""Who answers, given who asks, the choice and the state that it would be in: all of them have to permit.

A higher app adds itself when it is ready. Without anybody to ask, nothing moves.
"""


def may_be(target: ProjectChoice.State) -> Policy:
    """Return the policy of a move to a state: what everybody who is asked about it says."""

    def policy(by: User | None, choice: ProjectChoice) -> Words | None:
        if not ASKED:
            return NOBODY_DECIDED
        return next((refusal for ask in ASKED if (refusal := ask(by, choice, target))), None)

    return policy
