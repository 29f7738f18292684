"""Named questions to the letters that go with outcomes."""

from typing import TYPE_CHECKING

from django.db import models

from stepchange.querysets import AppendOnlyRows

if TYPE_CHECKING:
    from reviews.models import Letter


class LetterQuerySet(AppendOnlyRows, models.QuerySet["Letter"]):
    """Letters: written once, with the release."""
