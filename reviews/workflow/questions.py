"""Asking the volunteer something about one choice, and the answer. A question is no view (law 2)."""

from django.db import transaction
from django.utils.translation import gettext as _

from participants.models import ProjectChoice
from reviews import policies
from reviews.models import Question
from reviews.workflow.falling import about
from reviews.workflow.standing_aside import record_met
from stepchange import clock
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Refused, change, permit

LONGEST = 2000


def ask(choice: ProjectChoice, *, by: User, text: str) -> Question:
    """Ask the volunteer something. Who asked is in the row alone, not in the record. Raises Refused."""
    words = _words(text, _("Write what you want to ask."))
    record_met(by, choice)
    with transaction.atomic():
        permit(policies.may_ask(by, choice))
        side = sorted(policies.sides_of(by, choice.project.work_stream))[0]
        number = policies.round_of(choice)
        asked = Question.objects.create(
            choice=choice, round=number, asked_by=by, side=side, text=words
        )
        record(
            "reviews.question.asked", asked, by=None, facts={**about(choice), "in_round": number}
        )
    return asked


def answer(question: Question, *, by: User, text: str) -> None:
    """Answer a question about one's own choice, once. Raises Refused."""
    words = _words(text, _("Write your answer."))
    permit(policies.may_answer(by, question))
    with transaction.atomic():
        change(
            question,
            "reviews.question.answered",
            expected={"answered_at": None},
            values={"answer": words, "answered_at": clock.now()},
            by=by,
            facts=about(question.choice),
        )


def _words(text: str, missing: str) -> str:
    words = text.strip()
    if not words:
        raise Refused(missing)
    if len(words) > LONGEST:
        raise Refused(_("Write at most %(most)d characters.") % {"most": LONGEST})
    return words
