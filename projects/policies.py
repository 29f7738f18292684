"""Who may move projects and milestones, and when."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from projects.models import Milestone
from stepchange import clock
from stepchange.models import User
from stepchange.transitions import Words
from workstreams.policies import runs_the_office


def may_redate_milestone(by: User | None, milestone: Milestone) -> Words | None:
    """Permit while it is planned: what was met or missed keeps its day."""
    if milestone.state != Milestone.State.PLANNED:
        return _("Only a planned milestone can be moved.")
    return runs_the_office(by)


def not_to_come(met_on: date) -> Words | None:
    """Permit a day on which a milestone can have been met: today, or one before."""
    if met_on > clock.today():
        return _("A milestone is met today or was met before.")
    return None
