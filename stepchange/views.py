"""What we promise: privacy, accessibility, cookies, security; and files for machines."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from stepchange import clock, devices, kept_typing
from stepchange.caching import has_session, public_file, public_page
from stepchange.requests import SignedInRequest

# RFC 9116 recommends less than a year, so that nobody trusts a file that has been forgotten.
SECURITY_TXT_DAYS = 180
SECONDS_AN_HOUR = 3600


def nothing_here(_request: HttpRequest, **_parts: str) -> HttpResponse:
    """Stand where allauth has a page that the portal does without. Raises Http404."""
    raise Http404


@public_page
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept of whom, why, for how long, and what a person can ask for."""
    return render(request, "stepchange/privacy.html", {"office_email": settings.OFFICE_EMAIL})


@public_page
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say how accessible the portal is, how that was tested, and what to do where it fails."""
    return render(request, "stepchange/accessibility.html", {"office_email": settings.OFFICE_EMAIL})


@public_page
def cookies(request: HttpRequest) -> HttpResponse:
    """List each cookie the portal can set, as the settings have them."""
    return render(
        request,
        "stepchange/cookies.html",
        {
            "session_cookie": settings.SESSION_COOKIE_NAME,
            "session_hours": settings.SESSION_COOKIE_AGE // SECONDS_AN_HOUR,
            "csrf_cookie": settings.CSRF_COOKIE_NAME,
            "csrf_days": timedelta(seconds=settings.CSRF_COOKIE_AGE).days,
            "device_cookie": devices.COOKIE,
            "device_days": devices.KNOWN_FOR.days,
        },
    )


@public_page
def security_model(request: HttpRequest) -> HttpResponse:
    """Explain in plain words what protects people, decisions and the record."""
    return render(
        request, "stepchange/security_model.html", {"office_email": settings.OFFICE_EMAIL}
    )


@public_page
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that nobody is signed in here any more: a page, since a visitor has no session to be told by."""
    if has_session(request) and request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "stepchange/signed_out.html")


@public_file
def security_txt(_request: HttpRequest) -> HttpResponse:
    """Tell whom to report a weakness to (RFC 9116). Web addresses in it must begin with https."""
    expires = clock.start_of(clock.today() + timedelta(days=SECURITY_TXT_DAYS))
    lines = [
        f"Contact: mailto:{settings.OFFICE_EMAIL}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
    ]
    if settings.PUBLIC_URL.startswith("https://"):
        lines += [
            f"Canonical: {settings.PUBLIC_URL}{reverse('stepchange:security-txt')}",
            f"Policy: {settings.PUBLIC_URL}{reverse('stepchange:security-model')}",
        ]
    return _text(lines)


@public_file
def robots(_request: HttpRequest) -> HttpResponse:
    """Keep crawlers to the public pages. It hides nothing: what is private asks who is there."""
    return _text(
        [
            "User-agent: *",
            "Disallow: /accounts/",
            "Disallow: /admin/",
            "Disallow: /demo/",
            "Disallow: /emails/",
            f"Sitemap: {settings.PUBLIC_URL}{reverse('projects:sitemap')}",
        ]
    )


def _text(lines: list[str]) -> HttpResponse:
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_POST
@login_required
@never_cache
def forget_typing(request: SignedInRequest) -> HttpResponse:
    """Throw away what the account typed and could not save; show its page as it was saved."""
    page = kept_typing.forget(request.user, kept_typing.shown_on(request))
    return redirect(page or settings.LOGIN_REDIRECT_URL)
