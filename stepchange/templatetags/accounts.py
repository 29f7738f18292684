"""What the account pages ask of the request."""

from typing import Any

from django import template
from django.http import HttpRequest

from stepchange import factors

register = template.Library()


@register.simple_tag(takes_context=True)
def passkeys_here(context: dict[str, Any]) -> dict[str, Any]:
    """Say whether passkeys work at the address that was asked for, and at which they do."""
    request: HttpRequest = context["request"]
    return {"work": factors.passkeys_work_at(request), "address": factors.passkeys_address()}
