"""A lost second factor over HTTP: to ask for its removal, and to stop that."""

from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from participants.forms.resets import LostFactorCodeForm, LostFactorForm
from participants.models import SecondFactorReset
from participants.workflow import resets
from stepchange import clock, codes, tries
from stepchange.models import User
from stepchange.requests import SignedInRequest
from stepchange.transitions import Refused

ASKED = "lost_second_factor"
DONE = "lost_second_factor_asked"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the address, and send a code there: the same answer and work, known or not (law 8)."""
    form = LostFactorForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "participants/lost_factor.html", {"form": form})
    address = form.cleaned_data["email"].strip().lower()
    if wait := tries.ask_for_code(request, address):
        form.add_error(None, _too_many(wait))
        response = render(request, "participants/lost_factor.html", {"form": form}, status=429)
        response["Retry-After"] = str(int(wait.total_seconds()))
        return response
    _send_code(request, address)
    return redirect("participants:lost-factor-code")


def _too_many(wait: timedelta) -> str:
    minutes = max(1, round(wait.total_seconds() / 60))
    return ngettext(
        "Too many tries: try again in %(minutes)d minute",
        "Too many tries: try again in %(minutes)d minutes",
        minutes,
    ) % {"minutes": minutes}


def _send_code(request: HttpRequest, address: str) -> None:
    """Send a code to an account's address, or say to any other that it has no account."""
    owner, made = resets.owner_of(address), codes.new()
    template = "second_factor_lost_code" if owner else "unknown_account"
    get_adapter().send_mail(f"account/email/{template}", address, {"code": made} if owner else {})
    request.session[ASKED] = {"user": owner, **codes.kept(made)}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """Take the code; with the right one, ask the office."""
    asked: dict[str, Any] | None = request.session.get(ASKED)
    if asked is None:
        return redirect("participants:lost-factor")
    form = LostFactorCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = resets.prove(asked, form.cleaned_data["code"])
        except codes.SpentCode as refused:
            del request.session[ASKED]
            messages.warning(request, str(refused))
            return redirect("participants:lost-factor")
        except codes.WrongCode as refused:
            form.add_error("code", str(refused))
        else:
            del request.session[ASKED]
            return _ask_office(request, user)
    return render(request, "participants/lost_factor_code.html", {"form": form})


def _ask_office(request: HttpRequest, user: User) -> HttpResponse:
    try:
        reset = resets.ask(user)
    except Refused as refused:
        messages.warning(request, str(refused))
        return redirect("account_login")
    request.session[DONE] = reset.expires_at.timestamp()
    return redirect("participants:lost-factor-asked")


@require_safe
@never_cache
def asked(request: HttpRequest) -> HttpResponse:
    """Say what happens next."""
    if DONE not in request.session:
        return redirect("participants:lost-factor")
    return render(
        request,
        "participants/lost_factor_asked.html",
        {"until": clock.at(request.session[DONE])},
    )


@require_POST
@login_required
@never_cache
def cancel(request: SignedInRequest) -> HttpResponse:
    """Stop one's own request."""
    waiting = SecondFactorReset.objects.unsettled().filter(user=request.user).first()
    if waiting is None:
        messages.warning(request, _("Nothing waits: it was settled or cancelled already."))
    else:
        resets.cancel(waiting, by=request.user)
        messages.success(request, _("It is cancelled: your second factor stays as it is."))
    return redirect("participants:account")
