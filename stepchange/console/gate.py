"""What the console asks before it shows people's details."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string


def behind_the_gate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let settings.PEOPLE_GATE answer first: with a page that says what comes before, or None."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        turned_away: HttpResponseBase | None = import_string(settings.PEOPLE_GATE)(request)
        return turned_away or view(request, *args, **kwargs)

    return guarded
