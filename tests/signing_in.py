"""A browser in which somebody is signed in, with the rows that signing in leaves."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.test import Client

from stepchange.models import User


def browser_of(user: User, **options: Any) -> Client:
    """Return a browser in which the account is signed in, without the second factor."""
    client = Client(**options)
    client.force_login(user)
    UserSession.objects.create(
        user=user, session_key=client.session.session_key, ip="127.0.0.1", user_agent="a test"
    )
    return client
