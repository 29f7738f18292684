"""Amina's browser, in the middle of a call."""

from __future__ import annotations

import pytest

from tests.builders import make_call
from tests.participants.kept_typing.browser import Browser


@pytest.fixture
def hers(user) -> Browser:
    """Amina's browser, in the middle of a call."""
    make_call()
    hers = Browser()
    hers.enters(user)
    return hers
