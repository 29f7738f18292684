"""What was submitted, amended as its participant does."""

from datetime import datetime
from typing import Any

from participants import workflow
from participants.models import ExpressionOfInterest, PageAnswers, Snapshot
from projects.models import Project
from stepchange import clock
from stepchange.models import User
from tests.builders import complete_answers


def save(expression: ExpressionOfInterest, page: str, answers: dict[str, Any]) -> None:
    row = PageAnswers.objects.filter(expression=expression, page=page).first()
    workflow.save_page(expression, page, answers, revision=row.revision if row else 0)


def choose(expression: ExpressionOfInterest, *projects: Project, **said: Any) -> None:
    """Save every page that depends on the projects chosen, with what is said instead."""
    answers = complete_answers(*projects)
    for page in ("projects", "contributions", "interests"):
        save(expression, page, answers[page] | said if page == "contributions" else answers[page])


def amend(
    expression: ExpressionOfInterest,
    *,
    by: User | None = None,
    received_at: datetime | None = None,
    checked: str = "",
) -> Snapshot:
    user = by or expression.person.user
    assert user is not None
    received_at = received_at or clock.now()
    return workflow.amend(expression, by=user, received_at=received_at, checked=checked)


def copy_of(expression: ExpressionOfInterest) -> workflow.WorkingCopy:
    user, fresh = expression.person.user, ExpressionOfInterest.objects.get(pk=expression.pk)
    assert user is not None
    return workflow.working_copy_of(user, fresh, workflow.journey_of(user, fresh))
