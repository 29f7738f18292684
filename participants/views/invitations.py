"""An invitation over HTTP: its link, the steps it asks for, and its acceptance."""

from contextlib import suppress
from uuid import UUID

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from participants import policies
from participants.models import Invitation
from participants.workflow import invitations
from stepchange import clock
from stepchange.middleware import ask_second_factor, used_second_factor
from stepchange.models import User
from stepchange.requests import SignedInRequest
from stepchange.transitions import Refused

TOKEN = "invitation_token"  # noqa: S105 - the key in the session, not what it holds


@require_safe
@never_cache
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Move the token out of the address into the session: nothing is looked up, nothing is spent."""
    request.session[TOKEN] = token
    return redirect("participants:invitation")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def invitation(request: HttpRequest) -> HttpResponse:
    """Show the invitation behind the link, or the steps of the one that was taken up; POST takes it up."""
    token = str(request.session.get(TOKEN, ""))
    if isinstance(request.user, User):
        return _for_account(request, request.user, token)
    if request.method == "POST":
        return _without_account(request, token)
    if invitations.behind_link(token) is None:
        return _dead(request)
    return render(request, "participants/invitation.html", {"invitation": None})


def _without_account(request: HttpRequest, token: str) -> HttpResponse:
    """Spend the link on a new account; whoever has one already signs in first, by its own means."""
    here = reverse("participants:invitation")
    try:
        user = invitations.open_account(token)
    except invitations.DeadLink:
        return _dead(request)
    except Refused:
        return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': here})}")
    del request.session[TOKEN]
    # The link went to the address as a code would have: it proves as much, and just now.
    record_authentication(request, user, method="code", email=user.email, reauthenticated=True)
    answer: HttpResponse = perform_login(
        request, Login(user=user, email=user.email, redirect_url=here, signup=True)
    )
    return answer


def _for_account(request: HttpRequest, user: User, token: str) -> HttpResponse:
    behind = invitations.behind_link(token) if token else None
    if behind is not None and policies.is_own_address(user, behind.email):
        if request.method != "POST":
            return render(request, "participants/invitation.html", {"invitation": behind})
        with suppress(invitations.DeadLink):  # taken up in another tab
            invitations.take_up(token, by=user)
        del request.session[TOKEN]
        return redirect("participants:invitation")
    mine = _under_way(user).first()
    if mine is None:
        return _dead(request)
    if is_mfa_enabled(user) and not used_second_factor(request):
        return ask_second_factor(request)
    return _steps(request, user, mine)


def _under_way(user: User) -> QuerySet[Invitation]:
    """Return the invitations whose steps the account is doing, newest first."""
    open_now = Invitation.objects.open_at(clock.now()).of(user)
    return open_now.select_related(
        "seat__work_stream", "organisation__merged_into", "taken_by", "invited_by"
    )


def _steps(
    request: HttpRequest, user: User, mine: Invitation, refusal: str = "", status: int = 200
) -> HttpResponse:
    done = policies.steps_of(user)
    refusal = refusal or str(policies.may_still_accept(user, mine) or "")
    here = urlencode({"next": reverse("participants:invitation")})
    steps = [
        (_("Open an account"), "", True),
        (
            _("Set up a second factor for signing in"),
            f"{reverse('mfa_index')}?{here}",
            done.has_factor,
        ),
        (
            _("Read and accept the undertaking"),
            reverse("participants:undertaking"),
            done.standing.has_undertaken,
        ),
        (
            _("Declare your own interests"),
            reverse("participants:declare"),
            done.standing.has_declared,
        ),
    ]
    return render(
        request,
        "participants/invitation_steps.html",
        {
            "invitation": mine,
            "steps": steps,
            "is_ready": done.left is None,
            "refusal": refusal,
        },
        status=status,
    )


def _dead(request: HttpRequest) -> HttpResponse:
    """Answer the same for a link that is unknown, used, replaced, run out or somebody else's (law 8)."""
    return render(request, "participants/invitation_dead.html", status=404)


def _posted(request: SignedInRequest) -> Invitation | None:
    """Return the invitation that the page showed: with two under way, the other is not meant."""
    try:
        shown = UUID(request.POST.get("invitation", ""))
    except ValueError:
        return None
    return _under_way(request.user).filter(public_id=shown).first()


@require_POST
@login_required
@never_cache
def accept(request: SignedInRequest) -> HttpResponse:
    """Accept it, once every step is done, in a session that used the second factor."""
    mine = _posted(request)
    if mine is None:
        raise Http404
    if is_mfa_enabled(request.user) and not used_second_factor(request):
        return redirect("participants:invitation")  # which asks for it first
    try:
        invitations.accept(mine, by=request.user)
    except Refused as refused:
        return _steps(request, request.user, mine, str(refused), 409)
    messages.success(
        request, _("You have accepted: %(what)s. Thank you.") % {"what": mine.invited_to}
    )
    request.user.refresh_from_db()
    return redirect("admin:index" if request.user.is_staff else "participants:account")
