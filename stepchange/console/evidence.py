"""What the record keeps from whoever reads it: the words about evidence that they may not see (law 7)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from stepchange.console.rows import RowPages

Known = tuple[str, str]
"""A thing in the record: its kind (a model's label) and its key."""


@dataclass(frozen=True)
class Kept:
    """Of which things a reader is told that something happened, and of which the opaque facts too."""

    wholly: frozenset[Known] = frozenset()
    words: frozenset[Known] = frozenset()


def kept_from(request: HttpRequest, asked: Iterable[Known]) -> Kept:
    """Return what is kept from a reader of these things; a number of queries for each kind of evidence.

    Evidence that is withheld from them (their own, say) keeps all that it states; to whoever does not see
    such rows at all, an auditor, say, it tells the facts and none of the words.
    """
    known = set(asked)
    wholly: set[Known] = set()
    words: set[Known] = set()
    for pages in admin.site._registry.values():
        if not isinstance(pages, RowPages):
            continue
        evidence = pages.evidence_of(known)
        if not evidence:
            continue
        try:
            rows = pages.get_queryset(request).filter(
                **{f"{pages.address}__in": set(evidence.values())}
            )
            scope = {str(key) for key in rows.order_by().values_list(pages.address, flat=True)}
        except (ValueError, ValidationError):
            scope = set()
        wholly |= {thing for thing, row in evidence.items() if row not in scope}
        if not pages.has_view_permission(request):
            words |= set(evidence)
    return Kept(frozenset(wholly), frozenset(words))
