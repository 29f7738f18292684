"""The pages of passkeys: adding, naming and removing them, signing in and confirming by them.

A passkey is a key that a person's device keeps and unlocks by fingerprint, face or PIN, bound to one
name of the web. It is two factors at once: something held, and who unlocks it. The ceremony (W3C Web
Authentication) is django-allauth's, on python-fido2; what is ours is said at each page.
"""

from typing import Any

from allauth.account.internal.templatekit import get_entrance_context_data
from allauth.core.internal import ratelimit
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth, flows
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from stepchange import factors
from stepchange.models import User

CHALLENGES = {"passkey_challenge": "60/m/ip"}
"""Each challenge that a stranger asks for is a row of a session."""


@method_decorator(never_cache, name="dispatch")
class Add(AddWebAuthnView):
    """Has the browser make a passkey, and counts making it as having used it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse an eleventh."""
        if (
            request.user.is_authenticated
            and len(factors.passkeys_of(request.user)) >= factors.MOST_PASSKEYS
        ):
            messages.error(
                request,
                _("You have %(most)d passkeys: remove one that you do not use, then add another.")
                % {"most": factors.MOST_PASSKEYS},
            )
            return redirect("mfa_index")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep in mind the page that asked for a second factor."""
        factors.keep_wanted_page(request)
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Ask for a key that signs in by itself, unlocked by its holder."""
        context: dict[str, Any] = super(AddWebAuthnView, self).get_context_data(**kwargs)
        options = auth.begin_registration(self.request.user, True)
        return {**context, "js_data": options}

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the passkey, and open the session with it: its holder has just unlocked it."""
        with transaction.atomic():
            passkey, codes = flows.add_authenticator(
                self.request,
                name=form.cleaned_data["name"],
                credential=form.cleaned_data["credential"],
            )
            post_authentication(self.request, passkey)
        if codes:
            return redirect("mfa_view_recovery_codes")
        return redirect(factors.wanted_page(self.request) or "mfa_index")


class OneOfMine:
    """Finds a passkey of the viewer's by its handle; anybody else's is not there (law 7)."""

    request: HttpRequest
    kwargs: dict[str, Any]

    def get_object(self, queryset: Any = None) -> Authenticator:
        """Return the passkey. Raises Http404."""
        if isinstance(self.request.user, User):
            for passkey in factors.passkeys_of(self.request.user):
                if factors.handle_of(passkey) == self.kwargs["handle"]:
                    passkey.user = self.request.user
                    return passkey
        raise Http404


@method_decorator(never_cache, name="dispatch")
class Rename(OneOfMine, EditWebAuthnView):
    """Gives a passkey another name."""

    success_url = reverse_lazy("mfa_index")


@method_decorator(never_cache, name="dispatch")
class Remove(OneOfMine, RemoveWebAuthnView):
    """Removes a passkey, unless it is the last factor of somebody whose role needs one."""

    success_url = reverse_lazy("mfa_index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say beforehand if it may not be removed."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "why_not": factors.may_remove(self.object)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Remove it. The account is locked, so that of two last ones one stays."""
        with transaction.atomic():
            User.objects.select_for_update().get(pk=self.object.user_id)
            if why_not := factors.may_remove(self.object):
                form.add_error(None, why_not)
                refused: HttpResponse = self.render_to_response(self.get_context_data(form=form))
                return refused
            answer: HttpResponse = super().form_valid(form)
        return answer


@method_decorator(never_cache, name="dispatch")
class SignIn(LoginWebAuthnView):
    """Hands out a challenge, and signs in whose passkey signed it. Tells nobody whose it might be."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Give the browser its challenge; there is no page."""
        if not ratelimit.consume(
            request, app="stepchange", action="passkey_challenge", config=CHALLENGES, limit_get=True
        ):
            refused: HttpResponse = ratelimit.respond_429(request)
            return refused
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say on the sign-in page that it did not work."""
        for message in form.non_field_errors():
            messages.error(self.request, message)
        login: str = get_entrance_context_data(self.request)["login_url"]
        return redirect(login)


@method_decorator(never_cache, name="dispatch")
class Confirm(ReauthenticateWebAuthnView):
    """Asks for a passkey again before something that matters."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Give the browser a challenge for this account's passkeys."""
        context: dict[str, Any] = super(ReauthenticateWebAuthnView, self).get_context_data(**kwargs)
        return {**context, "js_data": auth.begin_authentication(self.request.user)}

    def form_invalid(self, form: Any) -> HttpResponse:
        """Stay on the page, and say what is wrong."""
        answer: HttpResponse = self.render_to_response(self.get_context_data(form=form))
        return answer
