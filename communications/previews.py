"""The email that the release of an outcome will cause, written before it is caused: nothing is queued."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from communications import letters
from communications.models import Email
from communications.notices import NOTICES
from communications.notices.memberships import offer_words
from communications.notices.people import account_address
from communications.notices.reviewing import outcome_words
from reviews.models import Decision
from reviews.policies.fairness import settings_now
from reviews.previews import EmailToGo
from stepchange import clock


def about_outcome(decision: Decision) -> EmailToGo | None:
    """Return the email in the very words of its notice; None where there is no address to write to."""
    expression = decision.choice.expression
    if not account_address(expression.person):
        return None
    now = clock.now()
    is_offer = decision.outcome == Decision.Outcome.OFFERED
    if is_offer:
        until = clock.today() + timedelta(days=settings_now().take_up_days)
        words: dict[str, Any] = offer_words(expression, now, until)
    else:
        words = outcome_words(expression.person, expression.reference, now)
    notice = replace(
        NOTICES["offer_to_answer" if is_offer else "outcome_released"],
        words=lambda _email: words,
        address=lambda _email: account_address(expression.person),
    )
    message = letters.write(Email(notice=notice.name), notice)
    return EmailToGo(str(message.subject), str(message.body))
