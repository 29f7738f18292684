"""Every address of the portal; each app serves its own (design.md, section 5)."""

from django.contrib import admin
from django.urls import include, path

handler400 = "stepchange.errors.bad_request"
handler403 = "stepchange.errors.permission_denied"
handler404 = "stepchange.errors.page_not_found"
handler500 = "stepchange.errors.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("participants.urls")),
]
