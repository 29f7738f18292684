"""Links to the pages of a long list."""

from collections.abc import Iterator
from typing import Any

from django import template
from django.core.paginator import Page

register = template.Library()


@register.filter
def page_numbers(page: Page[Any]) -> Iterator[int | str]:
    """Return the numbers worth a link: the ends, the neighbours, and ellipses between."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
