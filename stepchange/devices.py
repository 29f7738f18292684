"""By what a browser is known to an account: a signed cookie of its own, and nothing about the browser.

Nothing is kept here of where somebody signs in from: the history is in the browser, for a year, and goes
when its cookies go. It says when each account was last signed in to there, by a keyed digest that only
this portal can compare; and counts no longer once the account's holder has changed how they sign in or
signed out elsewhere, so that whoever was thrown out is new again.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from stepchange import clock
from stepchange.models import Event, User
from stepchange.querysets import record_key

COOKIE = "device"
PATH = "/accounts/"
"""Where one signs in: the browser sends it nowhere else, so it is written nowhere else either."""
KNOWN_FOR = timedelta(days=365)
MOST_ACCOUNTS = 8
"""Of a browser that several people share, those last signed in to."""
_SALT = "stepchange.devices"
_WAITING = "device_waits"
"""In a session that began outside PATH: what the cookie is to say once the browser sends it."""


def is_known(request: HttpRequest, user: User, *, unless: tuple[str, ...]) -> bool:
    """Say whether the account was signed in to from this browser within a year.

    And none of the events of the kinds `unless` has happened to the account since.
    """
    marks = _marks(request)
    found = [marks[mark] for mark in _marks_of(user) if mark in marks]
    if not found:
        return False
    at = datetime.fromtimestamp(max(found), tz=UTC)
    if at <= clock.now() - KNOWN_FOR:
        return False
    since = Event.objects.filter(
        subject_kind=user._meta.label_lower, subject_key=record_key(user), kind__in=unless
    )
    return not since.filter(at__gt=at).exists()


def remember(request: HttpRequest, user: User) -> None:
    """Have the answer to this request make the browser known to the account from now on.

    Where the browser did not send its cookie, nothing is known of the other accounts in it: there the
    session keeps it in mind until its next request under PATH.
    """
    newest, *earlier = _marks_of(user)
    signed_in = {newest: clock.now().timestamp()}
    if not request.path.startswith(PATH):
        request.session[_WAITING] = signed_in
        return
    others = {mark: at for mark, at in _marks(request).items() if mark not in earlier}
    _keep(request, others | signed_in)


def _keep(request: HttpRequest, marks: dict[str, float]) -> None:
    latest = sorted(marks.items(), key=lambda each: each[1])[-MOST_ACCOUNTS:]
    request.device_marks = dict(latest)  # type: ignore[attr-defined]


class RemembersDevices:
    """Gives the browser the cookie, on the answer to a request that asked for it, unless that failed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; with the cookie if the browser is to be remembered."""
        if request.path.startswith(PATH) and (waiting := request.session.pop(_WAITING, None)):
            _keep(request, _marks(request) | waiting)
        response = self.get_response(request)
        marks = getattr(request, "device_marks", None)
        if marks is not None and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
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
    kept: dict[str, float] | None = getattr(request, "device_marks", None)
    if kept is not None:
        return kept
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT)
    except signing.BadSignature:
        return {}
    return {str(mark): float(at) for mark, at in found.items()}


def _marks_of(user: User) -> list[str]:
    """Return what an account goes by in the cookie, by today's secret key and then by those before it.

    Nothing that names it to anybody else.
    """
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [
        salted_hmac(_SALT, user.public_id.hex, secret=key, algorithm="sha256").hexdigest()[:20]
        for key in keys
    ]
