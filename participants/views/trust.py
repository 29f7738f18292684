"""What the account page says of trust: invitation, lost factor, undertaking, declaration: one query."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from participants import policies
from participants.models import Declaration, Invitation, SecondFactorReset, Undertaking
from participants.querysets import due_again_on
from stepchange import clock
from stepchange.models import User

Facts = Mapping[str, Any]
ALSO: dict[str, Callable[[], Any]] = {}
"""What higher apps ask along of an account, as expressions of its row: each adds its own."""


def trust_of(user: User) -> dict[str, Any]:
    """Return what waits for an account, where its declaration and undertaking stand, and what is asked."""
    now = clock.now()
    undertaken = Undertaking.objects.of_words(*policies.undertaking_now())
    mine = {"person__user": OuterRef("pk")}
    declared = Declaration.objects.filter(**mine).order_by("-number")
    resets = SecondFactorReset.objects.unsettled().filter(user=OuterRef("pk"), expires_at__gt=now)
    also = {name: ask() for name, ask in ALSO.items()}
    found = (
        User.objects.filter(pk=user.pk)
        .annotate(
            **also,
            undertaken_at=Subquery(undertaken.filter(**mine).values("accepted_at")[:1]),
            signed_at=Subquery(declared.values("signed_at")[:1]),
            is_invited=Exists(Invitation.objects.open_at(now).filter(taken_by=OuterRef("pk"))),
            reset_asked_at=Subquery(resets.values("asked_at")[:1]),
        )
        .values("undertaken_at", "signed_at", "is_invited", "reset_asked_at", *also)
        .get()
    )
    signed_at = found["signed_at"]
    due = due_again_on(signed_at) if signed_at else None
    return {**found, "due_again_on": due, "is_due": policies.declaration_is_due(signed_at)}
