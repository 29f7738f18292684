"""The pages that ask for an emailed code, with a newer code when none came, and a way to another address.

allauth can send again too, but not so that nobody learns who has an account: to an address without one it
sends nothing, its new code ends with the old one's time, and no limit counts it. So a newer code is
a new beginning here: counted, mailed and worked for like the first (law 8), in the same session.
"""

from typing import Any

from allauth.account import views as account
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.email_verification_by_code import EmailVerificationProcess
from allauth.account.internal.stagekit import stash_login
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from stepchange import alike
from stepchange.account_forms import count_code


class SendsAgain:
    """Adds a button that sends a newer code, which spends the older."""

    request: HttpRequest
    _process: AbstractCodeVerificationProcess
    start = ""
    """The name of the page where an address is typed."""
    looks_to_open = 0
    """How often allauth looks for an account before it asks what to do, where there is one."""
    looks_to_send = 0
    """How often it looks as it sends to one."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send a newer code, or check the one that was typed."""
        if request.POST.get("action") == "resend":
            return self._send_again(request)
        answer: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say how long a code lasts, and where another address is typed."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        start_url = self.passthrough_next_url(reverse(self.start))  # type: ignore[attr-defined]
        return {**context, "minutes": self._process.timeout // 60, "start_url": start_url}

    def _send_again(self, request: HttpRequest) -> HttpResponse:
        state = self._process.state
        address, is_known = str(state["email"]), "user_id" in state
        if not is_known:
            alike.look_for_nobody(self.looks_to_open)
        try:
            count_code(address)
        except forms.ValidationError as error:
            messages.error(request, _("%(why)s.") % {"why": error.messages[0]})
        else:
            if not is_known:
                alike.look_for_nobody(self.looks_to_send)
            elif state.get("account_already_exists"):
                alike.look_for_nobody()
            self._send()
            messages.success(
                request,
                _(
                    "We have sent a new code to %(address)s. Codes that we sent earlier do not "
                    "work any more."
                )
                % {"address": address},
            )
        answer: HttpResponse = redirect(self.passthrough_next_url(request.path))  # type: ignore[attr-defined]
        return answer

    def _send(self) -> None:
        """Mail a newer code with its own time and tries, or to who has no account what the first said."""
        process = self._process
        fresh = process.initial_state(None)
        process.state.update({name: fresh[name] for name in ("at", "failed_attempts")})
        if isinstance(process, EmailVerificationProcess):
            process.generate_code()  # the others make theirs as they send
        process.send()
        if stage := getattr(
            self, "stage", None
        ):  # signing in has a time of its own, from the first code
            stage.login.initiated_at = fresh["at"]
            stash_login(self.request, stage.login)
        process.persist()


class ConfirmAddress(SendsAgain, account.ConfirmEmailVerificationCodeView):
    """Takes the code that confirms an address: at sign-up, or a new one."""

    start = "account_signup"
    looks_to_open = 1
    looks_to_send = 2


class ConfirmSignIn(SendsAgain, account.ConfirmLoginCodeView):
    """Takes the code that signs in."""

    start = "account_login"
    looks_to_open = 1


class ConfirmReset(SendsAgain, account.ConfirmPasswordResetCodeView):
    """Takes the code that lets one choose a new password."""

    start = "account_reset_password"
    looks_to_send = 1
