"""How long lists are cut: all rows up to 200, then pages of 100."""

from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet
from django.http import Http404

ALL_UP_TO = 200
ROWS_A_PAGE = 100
LONGEST_NUMBER = 6


def page_of(rows: QuerySet[Any] | list[Any], asked: str, count: int | None = None) -> Page[Any]:
    """Return the page of `rows` that an address asks for; empty asks for the first.

    Raises Http404 for what is no page of them. Costs two queries, whatever the size; one if the
    `count` of the rows is known.
    """
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_NUMBER):
        raise Http404
    paginator = Paginator(rows, ROWS_A_PAGE)
    if count is not None:
        paginator.count = count
    if paginator.count <= ALL_UP_TO:
        paginator.per_page = ALL_UP_TO
    try:
        return paginator.page(int(asked or 1))
    except EmptyPage:
        raise Http404 from None
