"""Every address of the portal; each app serves its own (design.md, section 5)."""

from django.contrib import admin
from django.urls import include, path

from stepchange import health

handler400 = "stepchange.errors.bad_request"
handler403 = "stepchange.errors.permission_denied"
handler404 = "stepchange.errors.page_not_found"
handler429 = "stepchange.errors.too_many_requests"  # asked for by allauth
handler500 = "stepchange.errors.server_error"

health_checks = [
    path("live", health.live, name="live"),
    path("ready", health.ready, name="ready"),
]

urlpatterns = [
    path("health/", include((health_checks, "stepchange"))),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("participants.urls")),
]
