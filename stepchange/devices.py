"""By what a browser is known to an account: a signed cookie of its own, and nothing about the browser.

Nothing is kept here of where somebody signs in from: the history is in the browser, for a year, and goes
when its cookies go. It says when each account was last signed in to there, by a keyed digest that only
this portal can compare; and counts no longer once the account's holder has changed how they sign in or
signed out elsewhere, so that whoever was thrown out is new again.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from stepchange import clock
from stepchange.models import Event, User
from stepchange.querysets import record_key

COOKIE = "device"
PATH = "/accounts/"
"""Where one signs in: the browser sends it nowhere else."""
KNOWN_FOR = timedelta(days=365)
MOST_ACCOUNTS = 8
"""Of a browser that several people share, those last signed in to."""
_SALT = "stepchange.devices"


def is_known(request: HttpRequest, user: User, *, unless: tuple[str, ...]) -> bool:
    """Say whether the account was signed in to from this browser within a year.

    And none of the events of the kinds `unless` has happened to the account since.
    """
    signed_in = _marks(request).get(_mark(user))
    if signed_in is None:
        return False
    at = datetime.fromtimestamp(signed_in, tz=UTC)
    if at <= clock.now() - KNOWN_FOR:
        return False
    since = Event.objects.filter(
        subject_kind=user._meta.label_lower, subject_key=record_key(user), kind__in=unless
    )
    return not since.filter(at__gt=at).exists()


def remember(request: HttpRequest, user: User) -> None:
    """Have the answer to this request make the browser known to the account from now on."""
    marks = _marks(request) | {_mark(user): clock.now().timestamp()}
    newest = sorted(marks.items(), key=lambda each: each[1])[-MOST_ACCOUNTS:]
    request.device_marks = dict(newest)  # type: ignore[attr-defined]


class RemembersDevices:
    """Gives the browser the cookie, on the answer to a request that asked for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; with the cookie if the browser is to be remembered."""
        response = self.get_response(request)
        marks = getattr(request, "device_marks", None)
        if marks is not None:
            response.set_cookie(
                COOKIE,
                signing.dumps(marks, salt=_SALT),
                max_age=KNOWN_FOR,
                path=PATH,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def _marks(request: HttpRequest) -> dict[str, float]:
    """Return when each account was signed in to from this browser; nothing from a cookie not ours."""
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT)
    except signing.BadSignature:
        return {}
    return {str(mark): float(at) for mark, at in found.items()}


def _mark(user: User) -> str:
    """Return what an account goes by in the cookie: nothing that names it to anybody else."""
    key = salted_hmac(_SALT, user.public_id.hex, algorithm="sha256")
    return str(key.hexdigest()[:20])
