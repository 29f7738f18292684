"""Every address of the portal; each app serves its own (design.md, section 5)."""

from django.contrib import admin
from django.urls import include, path

from stepchange import views

handler400 = "stepchange.errors.bad_request"
handler403 = "stepchange.errors.permission_denied"
handler404 = "stepchange.errors.page_not_found"
handler500 = "stepchange.errors.server_error"

promises = [
    # The programme's words on ethics are rows of `workstreams`, which serves the page.
    path("ethics/", include("workstreams.urls")),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("cookies/", views.cookies, name="cookies"),
    path("security-model/", views.security_model, name="security-model"),
    path(".well-known/security.txt", views.security_txt, name="security-txt"),
    path("robots.txt", views.robots, name="robots"),
]

urlpatterns = [
    path("", include((promises, "stepchange"))),
    path("", include("projects.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("participants.urls")),
]
