"""What the ledger forgets when somebody's details are erased."""

from typing import Any

from communications.models import Email
from communications.notices.referees import ASKED
from participants.workflow.referees import ERASED
from stepchange.models import Event


def forget_referee(event: Event, **_: Any) -> None:
    """Blank a referee's address in the rows of the letters to them, in the erasure's own transaction.

    That they were written to, and when, stays. What a mail server said of it may hold the address.
    """
    if event.kind == ERASED:
        letters = Email.objects.filter(notice=ASKED, subject_key=event.subject_key)
        letters.update(address="", why="", tried=[])
