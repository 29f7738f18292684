"""Reads of projects and milestones, in a visitor's words."""

from typing import TYPE_CHECKING, TypedDict

from django.db import models
from django.db.models import Count, Q, QuerySet, Subquery

from workstreams.models import WorkStream

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    from projects.models import Milestone, Project

WORDS_AT_MOST = 12
PUBLISHED = ("provisional", "agreed", "in delivery", "delivered", "closed")
TAKES_INTEREST = ("provisional", "agreed", "in delivery")


class Counted(TypedDict):
    """What `work_streams_with_counts` adds to a work-stream."""

    project_count: int


def work_streams_with_counts() -> "QuerySet[WithAnnotations[WorkStream, Counted]]":
    """Return the work-streams, each with `project_count`: how many projects the public may see."""
    published = Q(projects__state__in=PUBLISHED)
    counted = WorkStream.objects.annotate(project_count=Count("projects", filter=published))
    return counted.order_by("position", "name")  # grouping drops the model's own order


class ProjectQuerySet(models.QuerySet["Project"]):
    """Projects by who may see them and what they ask for."""

    def published(self) -> "ProjectQuerySet":
        """Return the projects the public may see: those agreed at least provisionally."""
        return self.filter(state__in=PUBLISHED)

    def open_for_interest(self) -> "ProjectQuerySet":
        """Return the projects that an expression of interest can name."""
        return self.filter(state__in=TAKES_INTEREST)

    def wanting(self, *contributions: str) -> "ProjectQuerySet":
        """Return the projects whose team looks for any of these contributions."""
        wanted = Q()
        for contribution in contributions:
            wanted |= Q(**{f"wants_{contribution}": True})
        return self.filter(wanted)

    def mentioning(self, words: str) -> "ProjectQuerySet":
        """Return the projects in which each of the words stands somewhere."""
        found = self
        for word in words.split()[:WORDS_AT_MOST]:
            found = found.filter(
                Q(code__iexact=word)
                | Q(work_stream__name__icontains=word)
                | Q(work_stream__also_called__icontains=word)
                | Q(title__icontains=word)
                | Q(action__icontains=word)
                | Q(vision__icontains=word)
                | Q(needs__icontains=word)
            )
        return found

    def beside(self, project: "Project") -> "tuple[Project | None, Project | None]":
        """Return the projects before and after this one in its work-stream: one query."""
        place = (project.position, project.code)
        earlier = Q(position__lt=project.position)
        earlier |= Q(position=project.position, code__lt=project.code)
        later = Q(position__gt=project.position)
        later |= Q(position=project.position, code__gt=project.code)
        near = self.filter(work_stream=project.work_stream_id).order_by("position", "code")
        before = near.filter(earlier).reverse().values("pk")[:1]
        after = near.filter(later).values("pk")[:1]
        found = self.filter(Q(pk=Subquery(before)) | Q(pk=Subquery(after))).order_by()
        by_side = {
            (neighbour.position, neighbour.code) < place: neighbour
            for neighbour in found.only("code", "title", "position")
        }
        return by_side.get(True), by_side.get(False)


class MilestoneQuerySet(models.QuerySet["Milestone"]):
    """Milestones of the programme and of its projects."""

    def of_the_programme(self) -> "MilestoneQuerySet":
        """Return those that belong to no project."""
        return self.filter(project__isnull=True)

    def shown(self) -> "MilestoneQuerySet":
        """Return the milestones the public may see."""
        return self.filter(Q(project__isnull=True) | Q(project__state__in=PUBLISHED))
