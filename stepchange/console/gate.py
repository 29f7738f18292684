"""What the console asks before it shows people's details."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string

from stepchange.models import User


def behind_the_gate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let settings.PEOPLE_GATE answer first: with a page that says what comes before, or None."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        turned_away: HttpResponseBase | None = import_string(settings.PEOPLE_GATE)(request)
        return turned_away or view(request, *args, **kwargs)

    return guarded


def record_look(row: models.Model, *, by: User, what: str) -> None:
    """Let settings.PEOPLE_LOOKED record that somebody was shown a row that tells of a person."""
    import_string(settings.PEOPLE_LOOKED)(row, by=by, what=what)


def record_looks(
    rows: Iterable[models.Model], *, by: User, what: str, where: str, reason: str = ""
) -> None:
    """Let settings.PEOPLE_LISTED record that somebody was shown rows of people in a list, or in a file."""
    import_string(settings.PEOPLE_LISTED)(rows, by=by, what=what, where=where, reason=reason)
