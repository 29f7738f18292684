"""The participant's account over HTTP: where each thing stands, and their choices."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from participants import policies, workflow
from participants.models import ExpressionOfInterest, Person
from stepchange.requests import SignedInRequest
from workstreams.models import Call


@require_safe
@login_required
@never_cache
def account(request: SignedInRequest) -> HttpResponse:
    """Show where each of the participant's forms stands."""
    person = Person.objects.filter(user=request.user).first()
    call = Call.objects.current(request.received_at)
    mine = list(ExpressionOfInterest.objects.of(request.user).select_related("call"))
    return render(
        request,
        "participants/account.html",
        {
            "person": person,
            "standing": [
                (each, policies.is_open_for(each.call, person, request.received_at))
                for each in mine
            ],
            "has_second_factor": is_mfa_enabled(request.user),
            "may_start": policies.may_start(person, call, request.received_at) is None,
        },
    )


@require_POST
@login_required
@never_cache
def consent(request: SignedInRequest) -> HttpResponse:
    """Give or take back the consent to campaign mail."""
    agreed = request.POST.get("agreed") == "yes"
    workflow.agree_to_campaigns(workflow.person_of(request.user), agreed=agreed, by=request.user)
    messages.success(
        request,
        _("We will email you about future calls.")
        if agreed
        else _("We will not email you about future calls."),
    )
    return redirect("participants:account")
