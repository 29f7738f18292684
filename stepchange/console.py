"""The coordination office's console: Django's admin in the portal's look, behind a second factor."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from stepchange.middleware import used_second_factor


class ConsoleSite(admin.AdminSite):
    """Opens to active office staff whose session used a second factor; sign-in is allauth's."""

    site_title = _("Step-Change console")
    site_header = _("Coordination office console")
    index_title = _("The programme")
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Ask for office staff and a second factor, at each request."""
        return super().has_permission(request) and used_second_factor(request)


def acting_user(request: HttpRequest) -> Any:
    """Return the signed-in account, for `by=`."""
    return request.user
