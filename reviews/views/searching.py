"""Searching a desk: the words go by POST into the session, and an address names them by a random key."""

import re
import secrets

from django.http import HttpRequest

SESSION_KEY = "review_searches"
KEPT = 20
LONGEST_SEARCH = 200
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def words_searched(request: HttpRequest) -> str | None:
    """Return the words that the address stands for; None when this session keeps none under its key."""
    kept: dict[str, str] = request.session.get(SESSION_KEY, {})
    return kept.get(request.GET.get("q", ""))


def keep(request: HttpRequest, typed: str) -> str:
    """Keep the words in the session, with the last few before them; return their key, or nothing."""
    words = " ".join(_UNSEEN.sub(" ", typed).split())[:LONGEST_SEARCH].rstrip()
    if not words:
        return ""
    key = secrets.token_urlsafe(8)
    kept = [*request.session.get(SESSION_KEY, {}).items(), (key, words)]
    request.session[SESSION_KEY] = dict(kept[-KEPT:])
    return key
