"""A browser that sends forms as it was given them, and what is typed in it."""

from __future__ import annotations

import re

from django.test import Client
from django.utils.crypto import get_random_string

from stepchange.models import User

PAGE = "/expression-of-interest/experience/"
TASKS = "/expression-of-interest/tasks/"
CHECK = "/expression-of-interest/check/"
WITHDRAW = "/expression-of-interest/submitted/{}/withdraw/"
WORDS = "Ten years of <b>hotel</b> security; naïve 👮🏽 عربي"
SEEN = "Ten years of &lt;b&gt;hotel&lt;/b&gt; security; naïve 👮🏽 عربي"


class Browser(Client):
    """A browser that sends forms as it was given them, hidden fields and all."""

    def __init__(self) -> None:
        super().__init__(enforce_csrf_checks=True, raise_request_exception=False)
        self.hidden: dict[str, str] = {}

    def opens(self, path: str):
        """Open a page; remember its main form's hidden fields."""
        response = self.get(path)
        main = response.content.decode().split("<main", 1)[-1]
        form = next((part for part in main.split("<form")[1:] if 'name="typing"' in part), "")
        self.hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        return response

    def sends(self, path: str, **typed: object):
        """Send the form as it was opened."""
        return self.post(path, {**self.hidden, **typed})

    def enters(self, user: User) -> None:
        """Sign in as somebody does: the session and the form token are new."""
        self.force_login(user)
        self.cookies["csrftoken"] = get_random_string(32)
