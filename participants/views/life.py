"""What was submitted, over HTTP: the confirmation, the copy to keep, withdrawing."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from participants import workflow
from participants.forms.trust import WithdrawalForm
from participants.models import ExpressionOfInterest
from stepchange.requests import SignedInRequest


@require_safe
@login_required
@never_cache
def submitted(request: SignedInRequest) -> HttpResponse:
    """Confirm what was submitted: a page to bookmark, print and come back to."""
    expression = _latest_submitted(request)
    snapshot = expression.snapshots.latest("number")
    return render(
        request,
        "participants/submitted.html",
        {
            "expression": expression,
            "call": expression.call,
            "answers": snapshot.shown,
        },
    )


def _latest_submitted(request: SignedInRequest) -> ExpressionOfInterest:
    """Return the newest form that was ever submitted, withdrawn since or not. Raises Http404."""
    mine = ExpressionOfInterest.objects.of(request.user).filter(submitted_at__isnull=False)
    expression = mine.select_related("call", "person").order_by("-submitted_at").first()
    if expression is None:
        raise Http404
    return expression


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def withdraw(request: SignedInRequest) -> HttpResponse:
    """Ask whether to withdraw, and withdraw on POST."""
    expression = _latest_submitted(request)
    form = WithdrawalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        workflow.withdraw(expression, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(
            request,
            _("Expression of interest %(reference)s was withdrawn.")
            % {"reference": expression.reference},
        )
        return redirect("participants:account")
    return render(
        request,
        "participants/withdraw.html",
        {"form": form, "expression": expression, "back_url": reverse("participants:submitted")},
    )
