"""What the record tells of projects and milestones, in words."""

from django.utils.translation import gettext_lazy

from stepchange.console.event_words import register
from stepchange.transitions import Words

KINDS: dict[str, Words] = {
    "projects.project.agreed_provisionally": gettext_lazy("Project agreed provisionally"),
    "projects.project.rejected": gettext_lazy("Project rejected"),
    "projects.project.agreed": gettext_lazy("Project agreed"),
    "projects.project.delivery_started": gettext_lazy("Delivery of the project started"),
    "projects.project.delivered": gettext_lazy("Project delivered"),
    "projects.project.closed": gettext_lazy("Project closed"),
    "projects.milestone.met": gettext_lazy("Milestone met"),
    "projects.milestone.missed": gettext_lazy("Milestone missed"),
    "projects.milestone.redated": gettext_lazy("Day of the milestone changed"),
}
register(KINDS)
