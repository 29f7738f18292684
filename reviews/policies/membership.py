"""Law 1 of a membership: effective only while every fact says so, asked anew each time."""

from django.utils.translation import gettext_lazy as _

from participants.models import ProjectChoice
from participants.policies import bars_by_need, is_self, why_conflicted
from participants.policies.membership import IDENTITY, INTERESTS, UNDERTAKING
from reviews.models import Membership
from reviews.policies.joint import decision_bar
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words

DECISION, CHOICE = "decision", "choice"
NEEDS = (IDENTITY, INTERESTS, UNDERTAKING, DECISION, CHOICE)
"""What a membership needs (law 1), in the order in which it is told."""

NOT_CHOSEN = _("They have withdrawn from the project.")
HAS_ENDED = _("It has ended.")
NOT_BEGUN = _("Its first day is yet to come.")
NOT_BY_HAND = _("The portal does this by itself, when the facts change.")


# Whether it is effective --------------------------------------------------------------------------
def law_1_bars(choice: ProjectChoice) -> dict[str, Words]:
    """Return what keeps the person of a choice from being a member through it now, by what it is about.

    Identity, interests, undertaking, and that the decision was a joint one and stands; computed anew of
    the facts and the clock. Empty where nothing does.
    """
    bars = bars_by_need(choice.expression.person, choice.project)
    if refusal := decision_bar(choice):
        bars[DECISION] = refusal
    if not choice.is_live:
        bars[CHOICE] = NOT_CHOSEN
    return bars


def bars_of(membership: Membership) -> dict[str, Words]:
    """Return what of law 1 a membership does not meet at this moment."""
    return law_1_bars(membership.choice)


def why_not_effective(membership: Membership) -> list[Words]:
    """Return all for which a membership is not effective at this moment; empty where it is (law 1).

    That it was ended by somebody is a fact; suspended or not is only what was recorded last, and is not
    asked.
    """
    if membership.has_ended:
        return [HAS_ENDED]
    if membership.starts_on > clock.today():
        return [NOT_BEGUN]
    return list(bars_of(membership).values())


def is_effective(membership: Membership) -> bool:
    """Say whether somebody is a member at this moment, by the facts and the clock (law 1)."""
    return not why_not_effective(membership)


# Who may ------------------------------------------------------------------------------------------
def may_suspend(by: User | None, membership: Membership) -> Words | None:
    """Permit the portal alone, while law 1 is not met."""
    if by is not None:
        return NOT_BY_HAND
    return None if bars_of(membership) else _("Nothing keeps them from being a member.")


def may_resume(by: User | None, membership: Membership) -> Words | None:
    """Permit the portal alone, while law 1 is met."""
    if by is not None:
        return NOT_BY_HAND
    return next(iter(bars_of(membership).values()), None)


def may_run_out(by: User | None, membership: Membership) -> Words | None:
    """Permit the portal alone, after the last day."""
    if by is not None:
        return NOT_BY_HAND
    return None if membership.is_over_on(clock.today()) else _("Its last day is yet to come.")


def may_leave(by: User | None, membership: Membership) -> Words | None:
    """Permit the member, by this account or another of theirs."""
    own = by is not None and is_self(by, membership.person)
    return None if own else _("Only the member can step down.")


def may_follow_withdrawal(_by: User | None, membership: Membership) -> Words | None:
    """Permit once the choice that it rests on is withdrawn."""
    return _("They have not withdrawn from the project.") if membership.choice.is_live else None


def may_end(by: User | None, membership: Membership) -> Words | None:
    """Permit office managers, of whom law 3 does not withhold the member."""
    if refusal := _may_run(by):
        return refusal
    return why_conflicted(by, membership.person) if by else NOT_BY_HAND


def may_change_role(by: User | None, membership: Membership) -> Words | None:
    """Permit office managers to say who leads, while it runs."""
    return HAS_ENDED if membership.has_ended else may_end(by, membership)


def may_set_last_day(by: User | None, membership: Membership) -> Words | None:
    """Permit office managers, while it runs."""
    return may_change_role(by, membership)


def _may_run(by: User | None) -> Words | None:
    if by is not None and by.is_active and (by.is_superuser or holds(by, Role.OFFICE_MANAGER)):
        return None
    return _("Only an office manager can do this.")
