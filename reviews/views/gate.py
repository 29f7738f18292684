"""Who comes to a page of the desk: reviewers, who did what comes first, and proved who they are."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode

from participants.views.people_gate import turn_away
from reviews.policies import desk as desks
from reviews.policies.desk import Desk
from stepchange.requests import SignedInRequest


def desk_of(request: SignedInRequest, slug: str) -> Desk:
    """Return the desk of a work-stream for which somebody sits today; else Http404, as of none there is."""
    stream = desks.streams_of(request.user).filter(slug=slug).first()
    if stream is None:
        raise Http404
    return Desk(stream, request.user)


def gate(request: SignedInRequest) -> HttpResponse | None:
    """Return the page that says what comes before seeing people; None for who did it."""
    return turn_away(request)


def confirm_first(request: SignedInRequest) -> HttpResponse | None:
    """Send who did not prove lately who they are to do so, and back to this page; None for the others.

    What they typed is kept for them meanwhile, by `middleware.KeepsTyping` (law 10).
    """
    try:
        raise_if_reauthentication_required(request, app="stepchange")
    except ReauthenticationRequired:
        ways = get_adapter().get_reauthentication_methods(request.user)
        return redirect(f"{ways[0]['url']}?{urlencode({'next': request.get_full_path()})}")
    return None
