"""The portal's addresses, and some that go wrong on purpose."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from stepchange import urls
from stepchange.models import User
from stepchange.transitions import Refused

handler400 = urls.handler400
handler403 = urls.handler403
handler404 = urls.handler404
handler429 = urls.handler429
handler500 = urls.handler500

FAILURES = {
    "suspicious": SuspiciousOperation("amina@typed.example"),
    "denied": PermissionDenied("Accept the terms first."),
    "refused": Refused("The call has closed."),
    "broken": ValueError("amina@typed.example"),
    "database": OperationalError("could not connect to amina@typed.example"),
    "connection": InterfaceError("connection already closed"),
}


def fail(_request: HttpRequest, how: str) -> HttpResponse:
    raise FAILURES[how]


def fail_within(_request: HttpRequest) -> HttpResponse:
    try:
        raise KeyError("amina@typed.example")
    except KeyError as error:
        raise RuntimeError("amina@typed.example") from error


@csrf_exempt
def read(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{len(request.body)} {len(request.POST)}")


@require_POST
def post_only(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


def who(request: HttpRequest, token: str = "") -> HttpResponse:
    user: User | AnonymousUser = request.user
    return HttpResponse(user.email if isinstance(user, User) else "nobody")


urlpatterns = [
    *urls.urlpatterns,
    path("fail/within/", fail_within),
    path("fail/<str:how>/", fail),
    path("read/", read),
    path("post-only/", post_only),
    path("who/", who),
    path("secret/<str:token>/", who),
]
