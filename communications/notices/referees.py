"""What a referee is asked by email: that somebody named them, and by which link to answer.

The letter names nobody and says nothing of what it is for: whom it is about stands behind the link, which
its reader alone has (law 7).
"""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Notice, link
from participants.models import RefereeRequest
from participants.workflow import referees
from stepchange.models import Event
from stepchange.transitions import Words

ASKED = "referee_asked"


def _asking(email: Email) -> RefereeRequest:
    return RefereeRequest.objects.select_related(
        "organisation__merged_into",
        "validation__person__user",
        "validation__person__organisation__merged_into",
    ).get(public_id=email.subject_key)


def _the_referee(event: Event) -> Iterable[str]:
    yield f"referee:{event.subject_key}:work"


def _words(email: Email) -> dict[str, Any]:
    """Return the words, with a link that is made now and rests nowhere but in this letter."""
    asking = _asking(email)
    return {
        "name": asking.name,
        "until": asking.expires_at,
        "button_url": link("participants:referee-link", referees.mint_link(asking)),
        "button_label": _("See who it is, and answer"),
    }


def _not_due(email: Email) -> Words | None:
    asking = _asking(email)
    if asking.state != RefereeRequest.State.SENT or asking.has_run_out:
        return _("It was answered or replaced, or ran out, meanwhile.")
    if not referees.is_still_so(asking):
        return _("What they were to confirm has changed meanwhile.")
    return None


REFEREE_NOTICES = (
    Notice(
        name=ASKED,
        label=_("Request to a referee"),
        event_kind="participants.referee.asked",
        recipients=_the_referee,
        address=lambda email: _asking(email).email,
        words=_words,
        why_not=_not_due,
    ),
)
