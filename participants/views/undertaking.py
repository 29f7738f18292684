"""The undertaking over HTTP: to read, to accept, and to see when one did."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from participants import policies
from participants.forms.declarations import UndertakingForm
from participants.models import Undertaking
from participants.texts import UNDERTAKING, UNDERTAKING_TERMS
from participants.views.people_gate import onwards
from participants.workflow import person_of, undertakings
from stepchange.requests import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def undertaking(request: SignedInRequest) -> HttpResponse:
    """Show the newest version and what was accepted when; accept it on POST."""
    form = UndertakingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        undertakings.accept(person_of(request.user), by=request.user)
        messages.success(request, _("You have accepted the undertaking."))
        return onwards(request, "participants:undertaking")
    accepted = list(Undertaking.objects.filter(person__user=request.user).order_by("-accepted_at"))
    now = policies.undertaking_now()
    return render(
        request,
        "participants/undertaking.html",
        {
            "form": form,
            "terms": UNDERTAKING_TERMS,
            "version": UNDERTAKING.version,
            "current": next(
                (each for each in accepted if (each.version, each.digest) == now), None
            ),
            "earlier": [each for each in accepted if (each.version, each.digest) != now],
            "back_url": reverse("participants:account"),
        },
    )
