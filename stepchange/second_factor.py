"""Second factors: how their secrets rest, and going on, once one is set up, to the page that asked.

allauth's own pages, with this added: proving the new authenticator counts as having used it, the page
one was sent away from is offered again, nobody loses the last factor that their role needs, and
recovery codes are shown once, by a button.
"""

from typing import Any, cast

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from stepchange import encryption, factors
from stepchange.models import User


class SecondFactorAdapter(DefaultMFAAdapter):
    """Names the portal in authenticator apps and passkeys, and keeps secrets encrypted."""

    def get_totp_issuer(self) -> str:
        """Return the portal's name, never the Host header."""
        return settings.PORTAL_NAME

    def encrypt(self, text: str) -> str:
        """Encrypt a secret with the newest of FIELD_KEYS."""
        return encryption.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt what `encrypt` made."""
        return encryption.unseal(encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Bind passkeys to the host of PUBLIC_URL, never to the Host header."""
        return {"id": factors.relying_party(), "name": settings.PORTAL_NAME}

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, Any]:
        """Know the account on the device by its random id: no number of a row leaves the server."""
        account = cast(User, user)
        return {
            "id": account.public_id.hex.encode("ascii"),
            "display_name": account.name or account.email,
            "name": account.email,
        }

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Any) -> str:  # noqa: A002
        """Name a passkey that was given no name."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey %(number)d") % {"number": count + 1}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Keep the last factor of somebody whose role needs one."""
        return factors.may_remove(authenticator) is None


@method_decorator(never_cache, name="dispatch")
class Index(IndexView):
    """Lists what the account signs in with, and leads back to the page that asked for a second factor."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep in mind the page that asked, when it is one of ours."""
        factors.keep_wanted_page(request)
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the passkeys with their handles, and whether the recovery codes run low."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        found = context["authenticators"]
        codes = found.get(Authenticator.Type.RECOVERY_CODES)
        left = len(codes.get_unused_codes()) if codes else 0
        passkeys = [each.instance for each in found.get(Authenticator.Type.WEBAUTHN, [])]
        return {
            **context,
            "wanted_url": self.request.session.get(factors.WANTED, ""),
            "passkeys": [
                {"handle": factors.handle_of(each), "name": each.wrap().name, "row": each}
                for each in sorted(passkeys, key=lambda each: each.pk)
            ],
            "may_add_passkey": len(passkeys) < factors.MOST_PASSKEYS,
            "codes_left": left,
            "codes_are_low": bool(codes) and left <= factors.LOW_ON_CODES,
        }


@method_decorator(never_cache, name="dispatch")
class SetUp(ActivateTOTPView):
    """Shows the secret, takes the first code, and opens the session with it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep in mind the page that asked, when it is one of ours."""
        factors.keep_wanted_page(request)
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

    def get_success_url(self) -> str:
        """Go on to the recovery codes if they are new, else to the page that asked."""
        url: str = super().get_success_url()
        if self.did_generate_recovery_codes:
            return url
        return factors.wanted_page(self.request) or url


@method_decorator(never_cache, name="dispatch")
class TakeDown(DeactivateTOTPView):
    """Removes the authenticator app. The account is locked, so that of two last factors one stays."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say beforehand if it may not be removed."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "why_not": factors.may_remove(self.authenticator)}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Remove it if it may be."""
        with transaction.atomic():
            User.objects.select_for_update().get(pk=self.authenticator.user_id)
            answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer


@method_decorator(login_required, name="dispatch")
@method_decorator(never_cache, name="dispatch")
class RecoveryCodes(TemplateView):
    """Shows the codes once, when asked by a button: a page that is merely fetched spends nothing."""

    template_name = "mfa/recovery_codes/index.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Offer to show them; once shown, say how many are left."""
        codes = self._codes()
        return self.render_to_response(self._context(codes, shown=[]))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show them, this once, with the way on to the page that asked for the second factor."""
        with transaction.atomic():
            User.objects.select_for_update().get(pk=cast(User, request.user).pk)
            codes = self._codes()
            shown = [] if codes.did_view else codes.get_unused_codes()
            codes.mark_as_viewed()
        context = self._context(codes, shown=shown)
        if shown:
            context["continue_url"] = factors.wanted_page(request)
        return self.render_to_response(context)

    def _codes(self) -> Any:
        row = Authenticator.objects.filter(
            user=self.request.user, type=Authenticator.Type.RECOVERY_CODES
        ).first()
        if row is None:
            raise Http404
        raise_if_reauthentication_required(self.request, app="allauth.mfa")
        return row.wrap()

    def _context(self, codes: Any, *, shown: list[str]) -> dict[str, Any]:
        return self.get_context_data(
            codes=shown, left=len(codes.get_unused_codes()), were_shown=codes.did_view
        )
