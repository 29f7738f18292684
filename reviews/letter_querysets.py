"""Named questions to the letters that go with outcomes."""

from typing import TYPE_CHECKING

from django.db import models

from stepchange.querysets import AppendOnlyRows

if TYPE_CHECKING:
    from participants.models import ProjectChoice
    from reviews.models import Letter


class LetterQuerySet(AppendOnlyRows, models.QuerySet["Letter"]):
    """Letters: written once, with the release."""

    def telling_of(self, choice: "ProjectChoice") -> "LetterQuerySet":
        """Return the letters about a choice that its person may read, the newest first."""
        released = self.filter(decision__choice=choice, decision__release__isnull=False)
        return released.select_related("decision").order_by("-id")
