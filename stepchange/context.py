"""What every template may use, without a query or a cookie for those who have none."""

from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.http import HttpRequest

PORTAL = SimpleNamespace(
    name=settings.PORTAL_NAME,
    public_url=settings.PUBLIC_URL,
    is_demonstration=settings.IS_DEMONSTRATION,
)


def portal(request: HttpRequest) -> dict[str, Any]:
    """Return the portal, and `viewer`: the signed-in account, or None without touching the session."""
    viewer = None
    if settings.SESSION_COOKIE_NAME in request.COOKIES and hasattr(request, "user"):
        viewer = request.user if request.user.is_authenticated else None
    return {"portal": PORTAL, "viewer": viewer}
