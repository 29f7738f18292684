"""The programme, as its fixture has it."""

import pytest

from projects.loading import load_programme


@pytest.fixture
def programme(db) -> None:
    """Load the Call to Action."""
    load_programme()
