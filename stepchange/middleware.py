"""What happens to every request: a reference, whom to believe, plain errors, and how long one stays in."""

import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode

from stepchange import clock, errors
from stepchange.configuration import is_address, is_trusted
from stepchange.references import new_reference
from stepchange.requests import Request
from stepchange.roles import needs_second_factor
from stepchange.transitions import Refused

log = structlog.get_logger("stepchange.requests")

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


class SessionLimits:
    """Ends a session that lay idle (30 minutes, the office's 15) or is 12 hours old."""

    KEY = "seen"

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign out a session past its limit; the page asked for then asks to sign in again."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            now = clock.now().timestamp()
            began, seen = request.session.get(self.KEY, (now, now))
            idle = (
                settings.SESSION_IDLE_SECONDS_OFFICE
                if request.user.is_staff
                else settings.SESSION_IDLE_SECONDS
            )
            if now - seen > idle or now - began > settings.SESSION_COOKIE_AGE:
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
    name = "mfa_reauthenticate" if is_mfa_enabled(request.user) else "mfa_activate_totp"
    return redirect(f"{resolve_url(name)}?{urlencode({'next': request.get_full_path()})}")


def used_second_factor(request: HttpRequest) -> bool:
    """Say whether this session was opened, or raised, with a second factor."""
    records = get_authentication_records(request, request.user)
    return any(entry.get("method") == "mfa" for entry in records)
