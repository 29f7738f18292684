"""Before anybody sees other people's details: the undertaking and a declaration, or a page that says so."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from participants import policies
from stepchange.models import User
from stepchange.requests import SignedInRequest

WANTED = "wanted_before_people"


def turn_away(request: HttpRequest) -> HttpResponse | None:
    """Return the page that says what to do first, or None for whoever may see people's details.

    The console asks this of every page that shows them (settings.PEOPLE_GATE), other pages through
    `sees_people`. The page asked for is offered again when all is done.
    """
    if not isinstance(request.user, User) or policies.may_see_people(request.user) is None:
        return None
    if request.method in {"GET", "HEAD"}:
        request.session[WANTED] = request.get_full_path()
    context = {"standing": policies.standing_of(request.user)}
    return render(request, "participants/first_steps.html", context, status=403)


def sees_people(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Guard a view that shows other people's details; who has not signed in, the view turns away."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return turn_away(request) or view(request, *args, **kwargs)

    vars(guarded)["shows_people"] = True  # a test lists the pages that do
    return guarded


def onwards(request: SignedInRequest, otherwise: str) -> HttpResponse:
    """Go on after a step: to the invitation, the next step, the page asked for, or `otherwise`."""
    if policies.is_being_invited(request.user):
        return redirect("participants:invitation")
    if WANTED not in request.session:
        return redirect(otherwise)
    standing = policies.standing_of(request.user)
    if not standing.has_undertaken:
        return redirect("participants:undertaking")
    if not standing.has_declared:
        return redirect("participants:declare")
    return redirect(request.session.pop(WANTED, reverse(otherwise)))
