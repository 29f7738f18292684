"""How a page that anybody may read is served: read-only, cookieless, and kept for a minute at most.

Without a session such a page is the same for everybody, so a browser or a proxy may keep it for
`MINUTE` seconds, and no longer than its words stay true (`stays_true_until`: a closing time never
lingers). Its masthead differs once there is a session, hence `Vary: Cookie`: whoever signs in is
never shown the page they had before. With a session it is theirs alone, and asked for anew.

The server keeps what it told visitors without a session too (`KeptPages`), until the record grows:
docs/decisions/0009-keeping-public-pages.md.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.core.exceptions import DisallowedHost, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import re_accepts_gzip
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language_from_request
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from stepchange import audit, clock

if TYPE_CHECKING:
    from stepchange.requests import Request

MINUTE = 60
VARIES_BY = frozenset({"Cookie", "Accept-Language", "Accept-Encoding"})
"""What a kept page may vary by: `KeptPages` tells these apart, and no others."""
Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]
Served = Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]


def public_page(view: View[Arguments]) -> Served[Arguments]:
    """Serve a page to GET and HEAD only: kept and compared as above, private to who has a session."""

    @wraps(view)
    def served(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponseBase:
        version = audit.newest() if getattr(request, "may_be_kept", False) else None
        response = view(request, *args, **kwargs)
        patch_vary_headers(response, ["Cookie"])
        if has_session(request):
            response["Cache-Control"] = "private, no-cache"
            return response
        if version is not None and response.status_code == 200:
            response.version = version  # type: ignore[attr-defined]  # our own mark on it
        return _kept(request, response)

    # Nothing is changed here, so no token is asked for: a wrong method is told as such.
    return csrf_exempt(require_safe(served))


def public_file(view: View[Arguments]) -> Served[Arguments]:
    """Serve a file to GET and HEAD only: the same for everybody, session or not."""

    @wraps(view)
    def served(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponseBase:
        return _kept(request, view(request, *args, **kwargs))

    return csrf_exempt(require_safe(served))


def has_session(request: HttpRequest) -> bool:
    """Say whether a request names a session, its own or anybody's."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def stays_true_until(response: HttpResponse, *instants: datetime | None) -> None:
    """Name the instants at which a page's words change; the next UK midnight counts unnamed."""
    response.changes_at = instants  # type: ignore[attr-defined]  # our own mark on it


def _kept(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """Let whoever asked keep the response, and answer 304 to one who has it."""
    until = _true_until(request, response)
    response.true_until = until  # type: ignore[attr-defined]  # our own mark on it
    response["Cache-Control"] = _for_as_long_as(until)
    if response.status_code != 200:
        return response
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


def _true_until(request: HttpRequest, response: HttpResponse) -> datetime:
    """Return the first instant, after the request came, at which the page would say something else.

    Counted from when the request came, not from now: the page may have been written just before an
    instant that has passed since.
    """
    came = _came(request)
    named: list[datetime] = [at for at in getattr(response, "changes_at", ()) if at and at > came]
    return min([*named, clock.end_of(clock.day_of(came))])


def _came(request: HttpRequest) -> datetime:
    return cast("Request", request).received_at


def _for_as_long_as(until: datetime) -> str:
    """Return the Cache-Control of a page that is true until an instant."""
    seconds = int((until - clock.now()).total_seconds())
    return f"public, max-age={min(MINUTE, max(0, seconds))}"


@dataclass(frozen=True)
class Kept:
    """A page as it went out: its bytes, compressed or not, its headers, and how long it is good."""

    version: int
    true_until: datetime
    drop_at: datetime
    route: Any
    headers: dict[str, str]
    content: bytes

    def is_good(self, version: int, instant: datetime) -> bool:
        """Say whether it would be written the same now."""
        return self.version == version and instant < min(self.true_until, self.drop_at)


class KeptPages:
    """Answers a visitor without a session with the copy of a page written for another.

    Only what `public_page` marked is kept, in this process's memory. A copy is good until the record
    grows (whatever the office changes is recorded), until an instant at which its words change, and
    for a minute at most. A page asks the record before it reads anything, so that a copy is never
    older than its version says. It stands outside the middleware that compresses pages and writes
    their headers, all of which it keeps too, and inside that which redirects to https.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.room: int = settings.PAGES_KEPT
        if not self.room:
            raise MiddlewareNotUsed
        self._pages: OrderedDict[tuple[str, ...], Kept] = OrderedDict()
        self._lock = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer from what is kept, or ask for the page and keep it."""
        key = self._key(request)
        if key is None:
            return self.get_response(request)
        if kept := self._find(key):
            return self._answer(request, kept)
        request.may_be_kept = True  # type: ignore[attr-defined]  # our own mark on it
        response = self.get_response(request)
        self._keep(key, request, response)
        return response

    def _key(self, request: HttpRequest) -> tuple[str, ...] | None:
        """Return all that a public page depends on besides the record and the time."""
        if request.method != "GET" or has_session(request):
            return None
        try:
            host = request.get_host()
        except DisallowedHost:
            return None
        compressed = re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        language = get_language_from_request(request)
        return (host, request.get_full_path(), language, "gzip" if compressed else "")

    def _find(self, key: tuple[str, ...]) -> Kept | None:
        with self._lock:
            kept = self._pages.get(key)
            if kept:
                self._pages.move_to_end(key)
        return kept if kept and kept.is_good(audit.newest(), clock.now()) else None

    def _answer(self, request: HttpRequest, kept: Kept) -> HttpResponseBase:
        request.resolver_match = kept.route
        response = HttpResponse(kept.content, headers=kept.headers)
        response["Cache-Control"] = _for_as_long_as(kept.true_until)
        etag = kept.headers["ETag"]
        return get_conditional_response(request, etag=etag, response=response) or response

    def _keep(self, key: tuple[str, ...], request: HttpRequest, response: HttpResponse) -> None:
        version = getattr(response, "version", None)
        varies = {name.strip() for name in response.get("Vary", "").split(",")}
        if version is None or response.cookies or not varies <= VARIES_BY:
            return
        kept = Kept(
            version=version,
            true_until=response.true_until,  # type: ignore[attr-defined]  # our own mark on it
            drop_at=_came(request) + timedelta(seconds=MINUTE),
            route=request.resolver_match,
            headers=dict(response.headers),
            content=response.content,
        )
        with self._lock:
            self._pages[key] = kept
            self._pages.move_to_end(key)
            while len(self._pages) > self.room:
                self._pages.popitem(last=False)
