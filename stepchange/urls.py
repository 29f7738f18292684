"""Every address of the portal; each app serves its own (design.md, section 5)."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from stepchange import (
    confirm_by_code,
    emailed_codes,
    health,
    passkeys,
    second_factor,
    session_pages,
    views,
)

handler400 = "stepchange.errors.bad_request"
handler403 = "stepchange.errors.permission_denied"
handler404 = "stepchange.errors.page_not_found"
handler429 = "stepchange.errors.too_many_requests"  # asked for by allauth
handler500 = "stepchange.errors.server_error"

platform: list[URLPattern | URLResolver] = [
    # The programme's words on ethics are rows of `workstreams`, which serves the page.
    path("ethics/", include("workstreams.urls")),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("cookies/", views.cookies, name="cookies"),
    path("security-model/", views.security_model, name="security-model"),
    path("accounts/signed-out/", views.signed_out, name="signed-out"),
    path("kept-typing/forget/", views.forget_typing, name="forget-typing"),
    path(".well-known/security.txt", views.security_txt, name="security-txt"),
    path("robots.txt", views.robots, name="robots"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
]

urlpatterns = [
    path("", include((platform, "stepchange"))),
    path("", include("projects.urls")),
    path("admin/", admin.site.urls),
    # Before allauth's own, which they extend; they are reversed by its names.
    path("accounts/reauthenticate/code/", confirm_by_code.confirm, name="confirm_by_code"),
    path("accounts/confirm-email/", emailed_codes.ConfirmAddress.as_view()),
    path("accounts/login/code/confirm/", emailed_codes.ConfirmSignIn.as_view()),
    path("accounts/password/reset/confirm/", emailed_codes.ConfirmReset.as_view()),
    path("accounts/sessions/", session_pages.listed, name="usersessions_list"),
    path("accounts/sessions/end/", session_pages.end, name="end_sessions"),
    path("accounts/2fa/", second_factor.Index.as_view()),
    path("accounts/2fa/totp/activate/", second_factor.SetUp.as_view()),
    path("accounts/2fa/totp/deactivate/", second_factor.TakeDown.as_view()),
    path("accounts/2fa/recovery-codes/", second_factor.RecoveryCodes.as_view()),
    path("accounts/2fa/recovery-codes/download/", views.nothing_here),
    path("accounts/2fa/webauthn/", RedirectView.as_view(pattern_name="mfa_index")),
    path("accounts/2fa/webauthn/add/", passkeys.Add.as_view()),
    path("accounts/2fa/webauthn/login/", passkeys.SignIn.as_view()),
    path("accounts/2fa/webauthn/reauthenticate/", passkeys.Confirm.as_view()),
    path("accounts/2fa/webauthn/keys/<path:number>", views.nothing_here),
    path(
        "accounts/2fa/webauthn/<slug:handle>/name/",
        passkeys.Rename.as_view(),
        name="passkey_rename",
    ),
    path(
        "accounts/2fa/webauthn/<slug:handle>/remove/",
        passkeys.Remove.as_view(),
        name="passkey_remove",
    ),
    path("accounts/", include("allauth.urls")),
    path("", include("participants.urls")),
    path("", include("reviews.urls")),
    path("", include("communications.urls")),
]
