"""Searching the console's lists: what is typed never stands in an address (law 7).

It goes by POST into the session, and the list's address names it by a random key: paging, filters and
the way back from a row keep the search, and no log or history learns whom the office looks for.
"""

import secrets
from typing import Any

from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import SuspiciousOperation
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from stepchange.console.rows import RowPages

SESSION_KEY = "console_searches"
KEPT = 20
LONGEST_SEARCH = 200
WORDS_AT_MOST = 8


def words_searched(request: HttpRequest) -> str | None:
    """Return the words that the address stands for; None when this session keeps none under its key."""
    kept: dict[str, str] = request.session.get(SESSION_KEY, {})
    return kept.get(request.GET.get(SEARCH_VAR, ""))


class SearchPages(RowPages):
    """Takes a list's search by POST, and goes on to the list as it was filtered."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Keep what was typed and lead to its list; leave out of the address what is no kept search."""
        if request.method == "POST" and SEARCH_VAR in request.POST:
            return self._list_of(request, _keep(request, request.POST[SEARCH_VAR]))
        if SEARCH_VAR in request.GET and words_searched(request) is None:
            return self._list_of(request, "")
        return super().changelist_view(request, extra_context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search for a handful of words at most: each is a condition of its own."""
        words = search_term.split()[:WORDS_AT_MOST]
        return super().get_search_results(request, queryset, " ".join(words))

    def _list_of(self, request: HttpRequest, key: str) -> HttpResponse:
        query = request.GET.copy()
        for name in (SEARCH_VAR, PAGE_VAR, ERROR_FLAG):
            query.pop(name, None)
        if key:
            query[SEARCH_VAR] = key
        return HttpResponseRedirect(self.list_page(query.urlencode()))


def _keep(request: HttpRequest, typed: str) -> str:
    """Keep the words in the session, with the last few before them; return their key, or nothing."""
    words = typed[:LONGEST_SEARCH].strip()
    if "\0" in words:
        raise SuspiciousOperation("A NUL in the search.")
    if not words:
        return ""
    key = secrets.token_urlsafe(8)
    kept = [*request.session.get(SESSION_KEY, {}).items(), (key, words)]
    request.session[SESSION_KEY] = dict(kept[-KEPT:])
    return key
