"""Requests to remove a lost second factor, settled by two people of the office."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from participants.querysets import ResetQuerySet
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.querysets import manager_of


class SecondFactorReset(models.Model):
    """One request: its person proved their address, one of the office vouches, another approves."""

    class State(models.TextChoices):
        ASKED = "asked", _("Asked for")
        VOUCHED = "vouched", _("Vouched for by one")
        APPROVED = "approved", _("Done")
        REFUSED = "refused", _("Refused")
        CANCELLED = "cancelled", _("Cancelled by the person")
        EXPIRED = "expired", _("Ran out")

    OPEN = (State.ASKED, State.VOUCHED)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="second_factor_resets",
        verbose_name=_("account"),
    )
    asked_at = models.DateTimeField(_("asked for"), default=clock.now)
    expires_at = models.DateTimeField(_("runs out"))
    vouched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("vouched for by"),
    )
    vouched_how = EncryptedTextField(_("how they were known"), blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.ASKED)

    objects: ClassVar[ResetQuerySet] = manager_of(ResetQuerySet)

    class Meta:
        verbose_name = _("lost second factor")
        verbose_name_plural = _("lost second factors")
        ordering = ("-asked_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    state__in=["asked", "vouched", "approved", "refused", "cancelled", "expired"]
                ),
                name="reset_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | (
                    Q(vouched_by__isnull=False)
                    & Q(approved_by__isnull=False)
                    & ~Q(approved_by=F("vouched_by"))
                    & ~Q(vouched_by=F("user"))
                    & ~Q(approved_by=F("user"))
                ),
                name="reset_approved_by_two_others",
            ),
            models.UniqueConstraint(
                fields=("user",),
                condition=Q(state__in=["asked", "vouched"]),
                name="one_open_reset_an_account",
            ),
        )

    def __str__(self) -> str:
        return str(self.user)

    @property
    def record_key(self) -> str:
        """The record knows a request by its random id."""
        return str(self.public_id)

    @property
    def is_open(self) -> bool:
        """Say whether it can still be settled: computed by the clock."""
        return self.state in self.OPEN and clock.now() < self.expires_at
