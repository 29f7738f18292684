"""What the account page says of offers, memberships and decisions: where to read of them. One query."""

from typing import Any

from django import template
from django.db.models import Exists, OuterRef

from participants.models import ProjectChoice
from reviews.models import Membership, NeighbourSuggestion, Offer
from stepchange.models import User

register = template.Library()


@register.inclusion_tag("reviews/own/panel.html", takes_context=True)
def own_projects(context: template.Context) -> dict[str, Any]:
    """Say that something waits for an answer, or that there is something to read; else nothing."""
    mine = {"choice__expression__person__user": OuterRef("pk")}
    decided = ProjectChoice.objects.filter(
        expression__person__user=OuterRef("pk"), state__in=("declined", "reserve")
    )
    found = (
        User.objects.filter(pk=context["request"].user.pk)
        .annotate(
            is_offered=Exists(Offer.objects.standing().filter(**mine)),
            is_suggested=Exists(NeighbourSuggestion.objects.waiting().filter(**mine)),
            is_member=Exists(Membership.objects.filter(person__user=OuterRef("pk"))),
            is_decided=Exists(decided),
        )
        .values("is_offered", "is_suggested", "is_member", "is_decided")
        .get()
    )
    waits = found["is_offered"] or found["is_suggested"]
    return {"waits": waits, "is_shown": any(found.values())}
