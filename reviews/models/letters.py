"""The letter that goes with a released outcome: a reason by its code, and words of the office's own."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reviews.letter_querysets import LetterQuerySet
from reviews.models.decisions import Decision
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.models import AppendOnlyModel
from stepchange.querysets import manager_of


class Letter(AppendOnlyModel):
    """What the participant reads of why: after signing in, never in an email. Written once.

    It names nobody who decided and nothing that anybody declared (`policies.letters`).
    """

    class Code(models.TextChoices):
        FITS = "fits", _("What they offer fits what the project needs")
        MORE_THAN_PLACES = "more than places", _("More people fit than there are places")
        LATER = "later", _("The project may need it at a later stage")
        OTHER_EXPERIENCE = "other experience", _("The project needs other experience")
        TIME = "time", _("The time offered does not match what the project needs")
        BALANCE = "balance", _("The project needs more people of other sectors")
        OTHER = "other", _("Another reason, in your own words")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="letter")
    code = models.CharField(_("reason"), max_length=20, choices=Code)
    words = EncryptedTextField(_("in the office’s own words"), blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("written by"),
    )
    written_at = models.DateTimeField(_("written"), default=clock.now)

    objects: ClassVar[LetterQuerySet] = manager_of(LetterQuerySet)

    class Meta:
        verbose_name = _("letter about an outcome")
        verbose_name_plural = _("letters about outcomes")
        ordering = ("-id",)
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    code__in=[
                        "fits",
                        "more than places",
                        "later",
                        "other experience",
                        "time",
                        "balance",
                        "other",
                    ]
                ),
                name="letter_code_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.decision_id}"

    @property
    def record_key(self) -> str:
        """The record knows a letter by its random id."""
        return str(self.public_id)
