"""Second factors: how their secrets rest, and going on, once one is set up, to the page that asked.

allauth's own pages, with two things added: proving the new authenticator counts as having used it,
and the page one was sent away from is offered again.
"""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from stepchange import encryption

WANTED = "wanted_before_second_factor"


class SecondFactorAdapter(DefaultMFAAdapter):
    """Names the portal in authenticator apps, and keeps their secrets encrypted."""

    def get_totp_issuer(self) -> str:
        """Return the portal's name, never the Host header."""
        return settings.PORTAL_NAME

    def encrypt(self, text: str) -> str:
        """Encrypt a secret with the newest of FIELD_KEYS."""
        return encryption.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt what `encrypt` made."""
        return encryption.unseal(encrypted_text)


class SetUp(ActivateTOTPView):
    """Shows the secret, takes the first code, and opens the session with it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep in mind the page that asked, when it is one of ours."""
        wanted = request.GET.get("next", "")
        if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
            request.session[WANTED] = wanted
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        """Count the code as a second factor given: it was checked against the new authenticator."""
        answer: HttpResponse = super().form_valid(form)
        post_authentication(
            self.request,
            Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP),
        )
        return answer


class RecoveryCodes(ViewRecoveryCodesView):
    """Shows the codes to keep, and the way on to the page that asked for the second factor."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the page to go on to; empty when there is none."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "continue_url": self.request.session.pop(WANTED, "")}
