"""What all tests of one module ask about, made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import override_settings


@pytest.fixture(scope="module")
def _for_all(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[None]:
    """Keep what all these tests ask about until the last of them: what one does is undone after it."""
    anchor = tmp_path_factory.mktemp("matrix") / "anchor"
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(AUDIT_ANCHOR=anchor):
            yield
        transaction.set_rollback(True)
