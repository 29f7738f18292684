"""The contact form, and the demonstration's mailbox."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from communications import demonstration, workflow
from communications.forms import ContactForm
from communications.models import Email
from stepchange.limits import Limit, network_of

PER_ADDRESS = Limit("contact form, one address", times=5, window=timedelta(hours=1))
OVERALL = Limit("contact form", times=100, window=timedelta(hours=1))
MAILBOX_PAGE = 50

_framing_our_own: Callable[[Any], Any] = csp_update({"frame-src": [SELF]})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Show the form; keep a valid message for the office. Of too many, what was typed stays.

    A link to it can say what the message is about (`?about=data`).
    """
    about = {"about": request.GET.get("about", "")}
    form = ContactForm(request.POST if request.method == "POST" else None, initial=about)
    if not form.is_valid():
        return render(request, "communications/contact.html", {"form": form})
    wait = PER_ADDRESS.take(network_of(request)) or OVERALL.take()
    if wait:
        form.add_error(None, _too_many(wait))
        response = render(request, "communications/contact.html", {"form": form}, status=429)
        response["Retry-After"] = str(int(wait.total_seconds()))
        return response
    workflow.receive_message(**form.cleaned_data)
    return redirect("communications:contact-sent")


def _too_many(wait: timedelta) -> str:
    minutes = max(1, round(wait.total_seconds() / 60))
    return ngettext(
        "We have had too many messages. Try again in %(minutes)d minute",
        "We have had too many messages. Try again in %(minutes)d minutes",
        minutes,
    ) % {"minutes": minutes}


@require_safe
def contact_sent(request: HttpRequest) -> HttpResponse:
    """Say that the message arrived, and what happens next."""
    return render(request, "communications/contact_sent.html")


def _demonstration_only() -> None:
    if not settings.IS_DEMONSTRATION:
        raise Http404


@csrf_exempt  # a search: it changes nothing, so it needs no token and sets no cookie
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mailbox(request: HttpRequest) -> HttpResponse:
    """List what the demonstration sent or will, newest first, by address if one is asked for.

    The address is posted, and comes back in the page: nothing personal stands in a URL (law 7).
    """
    _demonstration_only()
    asked = request.POST if request.method == "POST" else request.GET
    address = request.POST.get("to", "").strip()[:254]
    emails = Email.objects.to_address_like(address).exclude(state=Email.State.SUPPRESSED)
    page = Paginator(emails, MAILBOX_PAGE).get_page(asked.get("page"))
    return render(request, "communications/mailbox.html", {"page": page, "address": address})


@never_cache
@require_safe
@_framing_our_own
def message(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show one message as it was sent, and how far it came."""
    _demonstration_only()
    email = get_object_or_404(Email, public_id=public_id)
    context = {"email": email, "letter": demonstration.read(email)}
    return render(request, "communications/message.html", context)


@never_cache
@require_safe
@xframe_options_sameorigin
def message_html(_request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Serve a message's HTML, sandboxed: it runs nothing and loads nothing."""
    _demonstration_only()
    letter = demonstration.read(get_object_or_404(Email, public_id=public_id))
    if letter is None or not letter.html:
        raise Http404
    response = HttpResponse(demonstration.opening_links_outside(letter.html))
    response["Content-Security-Policy"] = demonstration.content_policy(letter.html)
    return response
