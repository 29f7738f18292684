"""How a page that anybody may read is served: read-only, cookieless, and kept for a minute at most.

Without a session such a page is the same for everybody, so a browser or a proxy may keep it for
`MINUTE` seconds, and no longer than its words stay true (`stays_true_until`: a closing time never
lingers). Its masthead differs once there is a session, hence `Vary: Cookie`: whoever signs in is
never shown the page they had before. With a session it is theirs alone, and asked for anew.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from stepchange import clock

MINUTE = 60
Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]
Served = Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]


def public_page(view: View[Arguments]) -> Served[Arguments]:
    """Serve a page to GET and HEAD only: kept and compared as above, private to who has a session."""

    @wraps(view)
    def served(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        patch_vary_headers(response, ["Cookie"])
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            response["Cache-Control"] = "private, no-cache"
            return response
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


def _kept(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """Let whoever asked keep the response, and answer 304 to one who has it."""
    response.setdefault("Cache-Control", f"public, max-age={MINUTE}")
    if response.status_code != 200:
        return response
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


def stays_true_until(response: HttpResponse, *instants: datetime | None) -> None:
    """Shorten how long a page is kept, to the next of the instants at which its words change.

    The next UK midnight, at which "days left" change, counts without being named.
    """
    now = clock.now()
    changes = [instant for instant in instants if instant and instant > now]
    until = min([*changes, clock.end_of(clock.today())])
    seconds = min(MINUTE, int((until - now).total_seconds()))
    response["Cache-Control"] = f"public, max-age={seconds}"
