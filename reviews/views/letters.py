"""A participant's own letters over HTTP: what was decided about a choice, and why, as far as it is told."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from participants.models import ProjectChoice
from reviews.models import Letter
from reviews.policies.letters import SENTENCES
from reviews.timeline import TOLD
from stepchange.requests import SignedInRequest


@require_safe
@login_required
@never_cache
def letter(request: SignedInRequest, key: UUID) -> HttpResponse:
    """Show the letter about an outcome to whom it was released: nobody else's is found (law 7)."""
    read = Letter.objects.select_related(
        "decision__release", "decision__choice__project", "decision__choice__expression"
    )
    found = get_object_or_404(
        read,
        decision__public_id=key,
        decision__release__isnull=False,
        decision__choice__expression__person__user=request.user,
    )
    decision = found.decision
    choice = decision.choice
    return render(
        request,
        "reviews/own/letter.html",
        {
            "letter": found,
            "choice": choice,
            "released_at": decision.release.released_at,
            "what": str(TOLD[decision.outcome]) % {"project": choice.project},
            "sentence": SENTENCES[found.code],
            "may_answer": choice.state == ProjectChoice.State.OFFERED,
            "may_ask": choice.state in {"declined", "reserve"},
            "back_url": reverse("participants:account"),
        },
    )
