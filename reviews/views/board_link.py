"""What the account page tells a member of the board: where their desk is, and what waits there."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from participants.views.account import Elsewhere
from stepchange.models import User
from stepchange.roles import Role, holds, needs_second_factor


def of_account(user: User) -> Iterator[Elsewhere]:
    """Yield the way to the board's desk, to its members: by one query, none to who holds no role at all."""
    if needs_second_factor(user) and holds(user, Role.BOARD):
        yield Elsewhere(
            _("You are a member of the programme board."),
            _("See what waits for the board"),
            reverse("reviews:board"),
        )
