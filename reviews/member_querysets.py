"""Named questions to offers, memberships and ethics reviews, each in the words of who asks."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from stepchange.models import User
from stepchange.querysets import AppendOnlyRows

if TYPE_CHECKING:
    from participants.models import Person, ProjectChoice
    from projects.models import Project
    from reviews.models.casework import Complaint, NeighbourSuggestion, Reconsideration
    from reviews.models.fairness import EthicsReview
    from reviews.models.membership import Membership, Offer, ReservePlace


class OfferQuerySet(AppendOnlyRows, models.QuerySet["Offer"]):
    """Offers of a place: each choice's newest is the one that counts."""

    def newest(self) -> "OfferQuerySet":
        """Return of each choice the offer that was made last."""
        later = self.model._default_manager.filter(
            choice=OuterRef("choice"), number__gt=OuterRef("number")
        )
        return self.filter(~Exists(later))

    def standing(self) -> "OfferQuerySet":
        """Return the offers whose choice is offered: answered, lapsed and withdrawn ones are not."""
        return self.newest().filter(choice__state="offered")

    def of(self, user: User) -> "OfferQuerySet":
        """Return those made to an account's own person."""
        return self.filter(choice__expression__person__user=user)

    def run_out_by(self, day: date) -> "OfferQuerySet":
        """Return the standing ones whose last day to take them up is over on a UK day."""
        return self.standing().filter(take_up_by__lt=day)

    def in_time_on(self, day: date) -> "OfferQuerySet":
        """Return the standing ones that can be taken up on a UK day."""
        return self.standing().filter(take_up_by__gte=day)


class ReserveQuerySet(models.QuerySet["ReservePlace"]):
    """Places on the reserve lists, in their order."""

    def of_project(self, project: "Project") -> "ReserveQuerySet":
        """Return a project's reserve list, the next to be offered first."""
        return self.filter(choice__project=project, choice__state="reserve").order_by(
            "position", "pk"
        )


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships, by whose they are and whether they run."""

    def live(self) -> "MembershipQuerySet":
        """Return those that have not ended: they hold a place, suspended or not."""
        return self.exclude(state="ended")

    def of(self, user: User) -> "MembershipQuerySet":
        """Return those of an account's own person."""
        return self.filter(person__user=user)

    def of_person(self, person: "Person") -> "MembershipQuerySet":
        """Return those of a person, and of whoever counts as one with them."""
        current = person.counts_as_id
        return self.filter(Q(person=current) | Q(person__merged_into=current))

    def in_projects(self, projects: "Iterable[Project]") -> "MembershipQuerySet":
        """Return those in any of some projects."""
        return self.filter(project__in=projects)

    def over_by(self, day: date) -> "MembershipQuerySet":
        """Return the live ones whose last day is over on a UK day."""
        return self.live().filter(ends_on__lt=day)


class EthicsReviewQuerySet(models.QuerySet["EthicsReview"]):
    """Ethics reviews of a group in a project."""

    def open(self) -> "EthicsReviewQuerySet":
        """Return those that wait for an ethics reviewer, the longest first."""
        return self.filter(state="open").order_by("opened_at", "pk")

    def newest(self) -> "EthicsReviewQuerySet":
        """Return of each group in a project the review that was opened last."""
        later = self.model._default_manager.filter(
            project=OuterRef("project"),
            organisation=OuterRef("organisation"),
            pk__gt=OuterRef("pk"),
        )
        return self.filter(~Exists(later))


class ReconsiderationQuerySet(models.QuerySet["Reconsideration"]):
    """Requests to look at a decision again."""

    def waiting(self) -> "ReconsiderationQuerySet":
        """Return those that nobody answered, the longest first."""
        return self.filter(state="asked").order_by("asked_at", "pk")

    def about(self, choice: "ProjectChoice") -> "ReconsiderationQuerySet":
        """Return what was asked about the decision on a choice."""
        return self.filter(choice=choice)


class ComplaintQuerySet(models.QuerySet["Complaint"]):
    """Complaints, by whether they wait."""

    def waiting(self) -> "ComplaintQuerySet":
        """Return those that nobody answered, the longest first."""
        return self.filter(state="made").order_by("made_at", "pk")

    def of(self, user: User) -> "ComplaintQuerySet":
        """Return those that an account's own person made."""
        return self.filter(person__user=user)


class NeighbourQuerySet(models.QuerySet["NeighbourSuggestion"]):
    """Neighbouring projects that were suggested to somebody."""

    def of(self, user: User) -> "NeighbourQuerySet":
        """Return those made to an account's own person."""
        return self.filter(choice__expression__person__user=user)

    def waiting(self) -> "NeighbourQuerySet":
        """Return those that they have not answered."""
        return self.filter(state="suggested").order_by(F("suggested_at"), "pk")
