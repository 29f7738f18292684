"""What happens to every request: a reference, whom to believe, plain errors, and how long one stays in."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, get_user, logout
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from stepchange import authentication, clock, errors, factors, kept_typing, sessions
from stepchange.configuration import is_address, is_trusted
from stepchange.models import User
from stepchange.references import new_reference
from stepchange.requests import Request
from stepchange.roles import needs_second_factor
from stepchange.transitions import Refused

log = structlog.get_logger("stepchange.requests")

# What is said of a form that came back where it could not be saved.
SIGNED_OUT = _(
    "You were signed out before this was saved. What you typed is kept for 24 hours: sign in, and it is "
    "there for you to check and save."
)
SIGNED_OUT_UNSENT = _(
    "You were signed out before this was sent. Sign in, check it, and send it again."
)
OLD_UNSENT = _(
    "You signed in again after you opened this page, so nothing was sent. Check it, and send it again."
)
ANOTHER_ACCOUNT = _(
    "That page was opened with another account, so it was not saved in this one. What was typed on it is "
    "kept for 24 hours: to see it, sign out and sign in with that account."
)
STILL_THERE = _(
    "What you typed is not saved yet. It is kept for 24 hours, on the page where you typed it."
)

Next = Callable[[HttpRequest], HttpResponse]


class RequestReference:
    """Gives each request a reference and the instant it came; logs how it went."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        """Bind the reference for whatever the request logs."""
        reference = new_reference().removeprefix("SC-")
        request.reference = reference
        # What counts for being on time is when the server had it (law 4), not when it was done with it.
        request.received_at = clock.now()
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(reference=reference):
            response = self.get_response(request)
            match = request.resolver_match
            log.info(
                "request",
                method=request.method,
                route=match.route if match else "",
                status=response.status_code,
                milliseconds=round((time.perf_counter() - began) * 1000, 1),
            )
        return response


class TrustedProxies:
    """Believes X-Forwarded-* only from a configured proxy, and then only the address it saw."""

    HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take the client's address from the nearest hop that is not ours; drop what is not believed."""
        if is_trusted(request.META.get("REMOTE_ADDR", ""), settings.TRUSTED_PROXIES):
            hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            seen = (hop.strip() for hop in reversed(hops))
            client = next(
                (hop for hop in seen if not is_trusted(hop, settings.TRUSTED_PROXIES)), ""
            )
            if is_address(client):
                request.META["REMOTE_ADDR"] = client
            request.META.pop("HTTP_X_FORWARDED_HOST", None)
        else:
            for header in self.HEADERS:
                request.META.pop(header, None)
        request.META.pop("HTTP_X_FORWARDED_FOR", None)
        return self.get_response(request)


class PlainErrors:
    """Turns what goes wrong into a plain page in the portal's look, with the reference."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse what PostgreSQL can't hold, and give Django's bare 405 the portal's page."""
        if _holds_nul(request):
            return errors.page(request, 400)
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            page = errors.page(request, 405)
            page["Allow"] = response["Allow"]
            return page
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal with its reason."""
        if isinstance(error, Refused):
            return errors.page(request, 409, reason=str(error))
        return None


def _holds_nul(request: HttpRequest) -> bool:
    """Say whether the address or a cookie holds a NUL, which no honest browser sends.

    PostgreSQL takes none in a text, and each lookup by one would be an error of ours. Forms refuse it
    in what is typed.
    """
    return (
        "\0" in request.path_info
        or "%00" in request.META.get("QUERY_STRING", "")
        or any("\0" in value for value in request.COOKIES.values())
    )


class AccountOfSession(AuthenticationMiddleware):
    """Django's own, but that an account which was just read with its session is not asked for again.

    Whose the session is, and whether it still is, Django says: of `get_user` nothing differs.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Say who asks, when somebody wants to know."""
        super().process_request(request)
        asking: Any = SimpleLazyObject(lambda: _account_of(request))
        request.user = asking


def _account_of(request: HttpRequest) -> User | AnonymousUser:
    if SESSION_KEY not in request.session:  # which reads it
        return AnonymousUser()
    with authentication.read_along(getattr(request.session, "account", None)):
        return get_user(request)


class KeepsTyping:
    """Keeps what was typed where it could not be saved, and leads its owner back to it (law 10).

    It judges by the outcome, so that no way of losing it needs to be thought of: whatever became of the
    request, unless a view saved what was typed (`kept_typing.saved`) or shows it again, it is kept.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        """Let the form through to its view, but one of another account; then look what became of it."""
        request.typing = typing = kept_typing.read(request)
        request.typing_is_safe = request.form_is_old = False
        if typing is None:
            return self.get_response(request)
        if self._is_of_another(request, typing):
            response = None
        else:
            response = self.get_response(request)
            if response.status_code == 200 or request.typing_is_safe:
                return response
        # With the database away this fails: the page about that shows what was typed, as any error page.
        is_kept = kept_typing.keep(typing)
        log.info("typing.kept" if is_kept else "typing.refused")
        if response is not None and response.status_code >= 400 and not request.form_is_old:
            return response  # the page about what went wrong shows it
        if not is_kept:
            return errors.page(request, 413 if typing.is_too_long else 409, words=errors.NOT_KEPT)
        return self._lead_back(request, typing, response)

    @staticmethod
    def _is_of_another(request: Request, typing: kept_typing.Typing) -> bool:
        """Say whether another account is signed in than the one whose page it was."""
        user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        return isinstance(user, User) and str(user.public_id) != typing.owner

    def _lead_back(
        self, request: Request, typing: kept_typing.Typing, response: HttpResponse | None
    ) -> HttpResponse:
        """Send the owner to sign in and back, or back to the page; tell anybody else what to do."""
        here = request.get_full_path()
        if response is None:
            messages.warning(request, ANOTHER_ACCOUNT)
            return redirect(here)
        if not request.user.is_authenticated:
            messages.warning(request, SIGNED_OUT if typing.answers else SIGNED_OUT_UNSENT)
            return redirect_to_login(here)
        if request.form_is_old:
            if not typing.answers:
                messages.warning(request, OLD_UNSENT)
            return redirect(here)
        if typing.answers:
            messages.warning(request, STILL_THERE)
        return response


class SessionLimits:
    """Ends a session that lay idle (30 minutes, the office's 15) or is 12 hours old."""

    KEY = sessions.SEEN

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign out a session past its limit; the page asked for then asks to sign in again."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            now = clock.now().timestamp()
            began, seen = request.session.get(self.KEY, (now, now))
            if sessions.is_over(request.user, began, seen):
                logout(request)
            elif now - seen > timedelta(minutes=1).total_seconds() or began == now:
                request.session[self.KEY] = (began, now)
        return self.get_response(request)


class SecondFactor:
    """Lets office, board, ethics and co-chairs past the account pages only behind a second factor."""

    OPEN = ("/accounts/", "/static/", "/health/")

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Send whoever lacks it to set it up, or to sign in again with it."""
        if (
            settings.SESSION_COOKIE_NAME in request.COOKIES
            and not request.path.startswith(self.OPEN)
            and request.user.is_authenticated
            and not used_second_factor(request)
            and needs_second_factor(request.user)
        ):
            return ask_second_factor(request)
        return self.get_response(request)


def ask_second_factor(request: HttpRequest) -> HttpResponse:
    """Send somebody to give the second factor, or to set one up, and then back to this page."""
    types = factors.factor_types(request.user) if isinstance(request.user, User) else set()
    if "webauthn" in types and "totp" not in types:
        name = "mfa_reauthenticate_webauthn"
    else:
        name = "mfa_reauthenticate" if types else "mfa_activate_totp"
    return redirect(f"{resolve_url(name)}?{urlencode({'next': request.get_full_path()})}")


def used_second_factor(request: HttpRequest) -> bool:
    """Say whether this session was opened, or raised, with a second factor."""
    records = get_authentication_records(request, request.user)
    return any(entry.get("method") == "mfa" for entry in records)
