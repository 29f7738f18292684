"""Reads of projects and milestones, in a visitor's words."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from projects.models import Milestone, Project

WORDS_AT_MOST = 12


class ProjectQuerySet(models.QuerySet["Project"]):
    """Projects by who may see them and what they ask for."""

    def published(self) -> "ProjectQuerySet":
        """Return the projects the public may see: those agreed at least provisionally."""
        return self.exclude(state__in=("proposed", "rejected"))

    def open_for_interest(self) -> "ProjectQuerySet":
        """Return the projects that an expression of interest can name."""
        return self.filter(state__in=("provisional", "agreed", "in delivery"))

    def wanting(self, contribution: str) -> "ProjectQuerySet":
        """Return the projects whose team looks for this contribution."""
        return self.filter(**{f"wants_{contribution}": True})

    def mentioning(self, words: str) -> "ProjectQuerySet":
        """Return the projects in which each of the words stands somewhere."""
        found = self
        for word in words.split()[:WORDS_AT_MOST]:
            found = found.filter(
                Q(code__iexact=word)
                | Q(title__icontains=word)
                | Q(action__icontains=word)
                | Q(vision__icontains=word)
                | Q(needs__icontains=word)
            )
        return found


class MilestoneQuerySet(models.QuerySet["Milestone"]):
    """Milestones of the programme and of its projects."""

    def of_the_programme(self) -> "MilestoneQuerySet":
        """Return those that belong to no project."""
        return self.filter(project__isnull=True)

    def shown(self) -> "MilestoneQuerySet":
        """Return the milestones the public may see."""
        return self.exclude(project__state__in=("proposed", "rejected"))
