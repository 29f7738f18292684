"""The hidden fields of a form that keeps what is typed across the end of a session."""

from typing import Any

from django import template
from django.forms import BaseForm
from django.template.context import RequestContext
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from stepchange.kept_typing import SHOWN, SIGNED, TRAVELS, Waiting, shown_on, token_for
from stepchange.models import User

register = template.Library()


@register.simple_tag(takes_context=True)
def keeps_typing(
    context: RequestContext, form: BaseForm | None = None, waiting: Waiting | None = None
) -> SafeString:
    """Sign the form as its reader's, with the names of its fields; nothing for a visitor.

    Without a form nothing typed is kept, but its sender is led back to it after signing in.
    """
    request: Any = context["request"]
    if not isinstance(request.user, User):
        return SafeString("")
    fields = [form.add_prefix(name) for name in form.fields] + [*TRAVELS] if form else []
    hidden = [(SIGNED, token_for(request.user, request.path, fields))]
    if key := waiting.key if waiting else shown_on(request):
        hidden.append((SHOWN, key))
    return format_html_join("\n", '<input type="hidden" name="{}" value="{}">', hidden)
