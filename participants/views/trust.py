"""What the account page says of trust: invitation, lost factor, undertaking, declaration: one query."""

from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from participants import policies
from participants.models import Declaration, Invitation, SecondFactorReset, Undertaking
from participants.querysets import due_again_on
from stepchange import clock
from stepchange.models import User


def trust_of(user: User) -> dict[str, Any]:
    """Return what waits for an account, and where its undertaking and declaration stand."""
    now = clock.now()
    undertaken = Undertaking.objects.of_words(*policies.undertaking_now())
    mine = {"person__user": OuterRef("pk")}
    declared = Declaration.objects.filter(**mine).order_by("-number")
    resets = SecondFactorReset.objects.unsettled().filter(user=OuterRef("pk"), expires_at__gt=now)
    found = (
        User.objects.filter(pk=user.pk)
        .annotate(
            undertaken_at=Subquery(undertaken.filter(**mine).values("accepted_at")[:1]),
            signed_at=Subquery(declared.values("signed_at")[:1]),
            is_invited=Exists(Invitation.objects.open_at(now).filter(taken_by=OuterRef("pk"))),
            reset_asked_at=Subquery(resets.values("asked_at")[:1]),
        )
        .values("undertaken_at", "signed_at", "is_invited", "reset_asked_at")
        .get()
    )
    signed_at = found["signed_at"]
    due = due_again_on(signed_at) if signed_at else None
    return {**found, "due_again_on": due, "is_due": policies.declaration_is_due(signed_at)}
