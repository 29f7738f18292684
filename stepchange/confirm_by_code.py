"""Proving again who one is by an emailed code, for an account that has neither password nor factor."""

from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import BaseReauthenticateView
from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from stepchange import clock, codes
from stepchange.account_forms import MESSAGES, ConfirmByCodeForm, count_code
from stepchange.models import User

STATE = "confirm_by_code"
"""In the session: what the code can be compared with and its tries counted by (`codes.kept`)."""


@method_decorator(login_required, name="dispatch")
@method_decorator(never_cache, name="dispatch")
class ConfirmByCode(BaseReauthenticateView):
    """Mails a code when asked by a button, and takes it as long as every emailed code, for three tries."""

    template_name = "account/confirm_by_code.html"
    form_class = ConfirmByCodeForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send a code, or check the one that was typed."""
        if "send" in request.POST:
            return self._send(request)
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    def get_form_kwargs(self) -> dict[str, Any]:
        """Check against the code that was sent."""
        named: dict[str, Any] = super().get_form_kwargs()
        if "send" in self.request.POST:
            named.pop("data", None)
        return {**named, "waiting": self.request.session.get(STATE)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Count it as proof, and go on."""
        self.request.session.pop(STATE, None)
        record_authentication(self.request, self.request.user, "code", reauthenticated=True)
        answer: HttpResponse = super().form_valid(form)
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say what is wrong; a code that was tried too often, or ran out, is gone."""
        why_not = form.spent or ("" if self._is_waiting() else str(MESSAGES["incorrect_code"]))
        if why_not:
            self.request.session.pop(STATE, None)
        context = self.get_context_data(form=form, why_not=why_not.rstrip("."))
        answer: HttpResponse = self.render_to_response(context)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say whether a code is on its way."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "was_sent": self._is_waiting()}

    def _send(self, request: HttpRequest) -> HttpResponse:
        address = cast(User, request.user).email
        form = self.get_form()
        try:
            count_code(address)
        except forms.ValidationError as error:
            context = self.get_context_data(form=form, why_not=error.messages[0])
            refused: HttpResponse = self.render_to_response(context)
            return refused
        adapter = get_adapter(request)
        code = codes.new()
        request.session[STATE] = codes.kept(code)
        adapter.send_mail("stepchange/access_code", address, {"code": code})
        form = self.form_class()
        answer: HttpResponse = self.render_to_response(self.get_context_data(form=form))
        return answer

    def _is_waiting(self) -> bool:
        kept = self.request.session.get(STATE) or {}
        return bool(clock.now().timestamp() < kept.get("until", 0))


confirm = ConfirmByCode.as_view()
