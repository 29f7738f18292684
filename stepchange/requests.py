"""What the portal's middleware adds to a request, for the types."""

from datetime import datetime

from django.http import HttpRequest

from stepchange.kept_typing import Typing
from stepchange.models import User


class Request(HttpRequest):
    """A request with its reference, and the instant the server had it (law 4)."""

    reference: str
    received_at: datetime
    # What came back on a form that keeps what is typed (`kept_typing`), and what became of it.
    typing: Typing | None
    typing_is_safe: bool
    form_is_old: bool


class SignedInRequest(Request):
    """A request past `login_required`."""

    user: User
