"""A referee's link over HTTP: what they are asked, their answer, and the removal of their details.

Nobody signs in for it. A link that opens nothing is answered the same whatever became of it (law 8).
"""

import hashlib
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from participants import policies
from participants.forms.referees import RefereeForm
from participants.models import RefereeRequest
from participants.workflow import referees
from stepchange.models import User
from stepchange.transitions import permit

TOKEN = "referee_token"  # noqa: S105 - the key in the session, not what it holds
DONE = "referee_done"
"""What this browser's link was used for: kept so that the page of thanks can be loaded again."""


@require_safe
@never_cache
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Move the token out of the address into the session: nothing is looked up, nothing is spent."""
    request.session[TOKEN] = token
    return redirect("participants:referee")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def referee(request: HttpRequest) -> HttpResponse:
    """Show who asks whom about whom; POST takes the answer, and spends the link."""
    token = _token(request)
    asking = referees.behind_link(token)
    if asking is None:
        return _done_or_dead(request)
    permit(policies.may_answer_as_referee(_account(request), asking))
    form = RefereeForm(request.POST if request.method == "POST" else None, asked=asking.asked)
    if not form.is_valid():
        return render(request, "participants/referee.html", {"form": form, "asking": asking})
    try:
        with transaction.atomic():
            said = referees.Answer(**form.said)
            _remember(request, referees.answer(token, said, by=_account(request)), token)
    except referees.DeadLink:
        return _done_or_dead(request)
    return redirect("participants:referee-thanks")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def erase(request: HttpRequest) -> HttpResponse:
    """Say what not answering and being removed means; POST does it, and spends the link."""
    token = _token(request)
    asking = referees.behind_link(token)
    if asking is None:
        return _done_or_dead(request)
    permit(policies.may_answer_as_referee(_account(request), asking))
    if request.method != "POST":
        return render(request, "participants/referee_erase.html")
    try:
        with transaction.atomic():
            _remember(request, referees.erase_instead(token, by=_account(request)), token)
    except referees.DeadLink:
        return _done_or_dead(request)
    return redirect("participants:referee-thanks")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def thanks(request: HttpRequest) -> HttpResponse:
    """Say what this browser's link was used for, and nothing new; POST removes the details after it."""
    done = request.session.get(DONE)
    asking = done and RefereeRequest.objects.filter(public_id=done["asking"]).first()
    if not asking:
        return _dead(request)
    if request.method == "POST":
        referees.erase(asking, by=_account(request))
        return redirect("participants:referee-thanks")
    return render(request, "participants/referee_thanks.html", {"asking": asking})


def _token(request: HttpRequest) -> str:
    return str(request.session.get(TOKEN, ""))


def _account(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _remember(request: HttpRequest, asking: RefereeRequest, token: str) -> None:
    """Keep what the link was used for, with the use itself: of two clicks the second finds it."""
    request.session[DONE] = {"asking": asking.record_key, "link": _digest(token)}
    del request.session[TOKEN]
    request.session.save()


def _done_or_dead(request: HttpRequest) -> HttpResponse:
    """Lead a second click, or the back button, to where the first led; else the link is dead.

    It is dead too to who opens it anew in the same browser: that is no second click.
    """
    token = _token(request)
    if request.method == "POST" or not token:
        done = _as_it_is_now(request.session).get(DONE)
        if done and (not token or done["link"] == _digest(token)):
            return redirect("participants:referee-thanks")
    return _dead(request)


def _as_it_is_now(session: SessionBase) -> dict[str, Any]:
    """Return what a session holds now: since this request began, another may have written to it."""
    return dict(type(session)(session.session_key).load()) if session.session_key else {}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _dead(request: HttpRequest) -> HttpResponse:
    """Answer the same for a link that is unknown, used, replaced, run out or void (law 8)."""
    comment = request.POST.get("comment", "").strip()
    return render(request, "participants/referee_dead.html", {"comment": comment}, status=404)
