"""A referee in tests: opening their link, answering, having their details removed."""

from typing import Any

from django.test import Client

from participants.models import RefereeRequest
from participants.workflow import referees

HERE, ERASE, THANKS = "/referee/", "/referee/erase/", "/referee/thanks/"
YES = {
    "knows": "yes",
    "name_is_right": "yes",
    "role_is_right": "yes",
    "employer_is_right": "yes",
}


def token_of(asked: RefereeRequest) -> str:
    return referees.mint_link(asked)


def opens(client: Client, token: str) -> Any:
    return client.get(f"{HERE}{token}/", follow=True)


def reader_of(asked: RefereeRequest, **options: Any) -> Client:
    """Return the browser of a referee who has followed their link."""
    client = Client(**options)
    client.get(f"{HERE}{token_of(asked)}/")
    return client
