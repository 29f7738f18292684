"""The page that lists where an account is signed in, and the buttons that end it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from stepchange import credentials, sessions
from stepchange.requests import SignedInRequest


@require_safe
@login_required
@never_cache
def listed(request: SignedInRequest) -> HttpResponse:
    """List where the viewer is signed in."""
    return render(
        request, "usersessions/usersession_list.html", {"places": sessions.places_of(request)}
    )


@require_POST
@login_required
@never_cache
def end(request: SignedInRequest) -> HttpResponse:
    """End one other session, or all of them. Raises Http404 for one that is not the viewer's."""
    handle = request.POST.get("place", "")
    if handle:
        if not sessions.end_one(request, handle):
            raise Http404
        count = 1
    else:
        count = sessions.end_others(request)
    if count:
        credentials.sessions_ended(request, request.user, count)
        messages.success(
            request,
            ngettext(
                "You are signed out in %(count)d place.",
                "You are signed out in %(count)d places.",
                count,
            )
            % {"count": count},
        )
    else:
        messages.success(request, _("You were signed in nowhere else."))
    return redirect("usersessions_list")
