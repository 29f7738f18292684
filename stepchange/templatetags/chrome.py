"""The masthead and the footer, drawn once for all visitors without a session."""

from functools import lru_cache
from typing import Any

from django import template
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from stepchange.context import PORTAL

register = template.Library()


@register.simple_tag(takes_context=True)
def masthead(context: RequestContext) -> SafeString:
    """Draw the masthead: for somebody's session with their own, else as it was drawn before."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    here = match.view_name if match else ""
    if context.get("viewer"):
        token = {"csrf_token": context.get("csrf_token")}
        return _draw_masthead(here, is_asked=True, viewer=context["viewer"], **token)
    return _kept_masthead(get_language(), PORTAL.is_demonstration, here, request is not None)


@lru_cache(maxsize=256)
def _kept_masthead(
    _language: str | None, _is_demonstration: bool, here: str, is_asked: bool
) -> SafeString:
    return _draw_masthead(here, is_asked=is_asked)


def _draw_masthead(here: str, **words: Any) -> SafeString:
    return render_to_string("stepchange/masthead.html", {"portal": PORTAL, "here": here, **words})


@register.simple_tag
def footer() -> SafeString:
    """Draw the footer, which is the same for everybody."""
    return _kept_footer(get_language())


@lru_cache(maxsize=16)
def _kept_footer(_language: str | None) -> SafeString:
    return render_to_string("stepchange/footer.html", {"portal": PORTAL})
