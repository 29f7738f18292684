"""The programme, as its fixture has it."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from projects.loading import load_programme


@pytest.fixture(scope="module")
def programme(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Load the Call to Action once for a module whose tests only read it."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_programme()
        yield
        transaction.set_rollback(True)
