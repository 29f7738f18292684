"""Who may release an outcome, and when; who may have a decision looked at anew before that."""

from django.utils.translation import gettext_lazy as _

from participants.models import ExpressionOfInterest, ProjectChoice
from participants.policies import closes_for, may_see_people
from reviews.models import Decision, Release
from reviews.policies.casting import may_review, may_shortlist
from reviews.policies.conflicts import why_barred
from reviews.policies.rounds import UNDECIDED_STATES, WITHDRAWN, held_decision, what_changed
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words
from stepchange.uk_time import uk_deadline

OUTCOMES = {
    ProjectChoice.State.OFFERED: Decision.Outcome.OFFERED,
    ProjectChoice.State.RESERVE: Decision.Outcome.RESERVE,
    ProjectChoice.State.DECLINED: Decision.Outcome.DECLINED,
}
SINCE_CHANGED = _(
    "What this decision rests on has changed since. Have it looked at anew, or say why it is released all "
    "the same."
)


def may_release(by: User | None, decision: Decision) -> Words | None:
    """Permit office managers who are not barred, once the call has closed for the person.

    Sooner only in a rolling call (law 2). Not what was withdrawn, released, or taken up anew.
    """
    if by is None or not holds(by, Role.OFFICE_MANAGER):
        return _("Only an office manager can do this.")
    return why_barred(by, decision.choice) or may_see_people(by) or why_not_released(decision)


def why_not_released(decision: Decision) -> Words | None:
    """Say why an outcome can't be released now, whoever would; None if it can."""
    choice, expression = decision.choice, decision.choice.expression
    if (
        expression.state != ExpressionOfInterest.State.SUBMITTED
        or choice.state == ProjectChoice.State.WITHDRAWN
    ):
        return WITHDRAWN
    if Release.objects.filter(decision=decision).exists():
        return _("This was released already.")
    held = held_decision(choice)
    if held is None or held.pk != decision.pk or choice.state not in UNDECIDED_STATES:
        return _("This decision is looked at anew: it is not released.")
    if not expression.call.is_rolling:
        closes_at = closes_for(expression.call, expression.person)
        if clock.now() < closes_at:
            return _("Outcomes are released once the call has closed for them, at %(time)s.") % {
                "time": uk_deadline(closes_at)
            }
    return None


def needs_reason(decision: Decision) -> bool:
    """Say whether it is released only with a reason: what it rests on has changed since."""
    return bool(what_changed(decision))


def why_not_moved(by: User | None, choice: ProjectChoice, target: str) -> Words | None:
    """Say why a choice may not come into a state: an outcome only by the decision released with it.

    Answers for `participants.policies.outcomes`, from every entry point: whoever moves it.
    """
    if target in (ProjectChoice.State.PENDING, ProjectChoice.State.SHORTLISTED):
        return may_shortlist(by, choice)
    released = Decision.objects.released().filter(choice=choice).order_by("-round").first()
    outcome = OUTCOMES.get(ProjectChoice.State(target))
    if released is None or released.outcome != outcome:
        return _("This outcome was not decided jointly.")
    return None


def may_reopen(by: User | None, decision: Decision) -> Words | None:
    """Permit a reviewer of the work-stream or an office manager, before it is released.

    Only when what it rests on has changed since: what was decided is not decided again for the asking.
    """
    if by is not None and holds(by, Role.OFFICE_MANAGER):
        refusal = why_barred(by, decision.choice)
    else:
        refusal = may_review(by, decision.choice)
    if refusal:
        return refusal
    held = held_decision(decision.choice)
    if held is None or held.pk != decision.pk:
        return _("Only a decision that waits for its release can be looked at anew here.")
    if not what_changed(decision):
        return _("Nothing that it rests on has changed since: the decision stands.")
    return None
