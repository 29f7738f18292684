"""What the portal's middleware adds to a request, for the types."""

from datetime import datetime

from django.http import HttpRequest

from stepchange.models import User


class Request(HttpRequest):
    """A request with its reference, and the instant the server had it (law 4)."""

    reference: str
    received_at: datetime


class SignedInRequest(Request):
    """A request past `login_required`."""

    user: User
