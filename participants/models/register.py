"""Who must declare, and what of it may be published: accounts and marks, seen from the register."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.models.declarations import Interest
from participants.querysets import DeclarantQuerySet, HolderQuerySet, WithholdingQuerySet
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.models import AppendOnlyModel, User
from stepchange.querysets import manager_of


class Standing(models.TextChoices):
    """Where somebody stands who must declare. Everybody is in exactly one."""

    DECLARED = "declared", _("Declared interests")
    NIL = "nil", _("Declared none")
    UNANSWERED = "unanswered", _("Not answered")
    OVERDUE = "overdue", _("Overdue")


class Part(models.TextChoices):
    """What makes somebody declare; who has several parts is counted under the first."""

    OFFICE = "office", _("Office")
    BOARD = "board", _("Board and ethics")
    SEAT = "seat", _("Co-chair or deputy")
    VOLUNTEER = "volunteer", _("Volunteer")


class Declarant(User):
    """An account as the compliance view sees it: who must declare, with or without a person yet."""

    objects: ClassVar[DeclarantQuerySet] = manager_of(DeclarantQuerySet)  # type: ignore[assignment]

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name = _("person who must declare")
        verbose_name_plural = _("people who must declare")

    def __str__(self) -> str:
        person = getattr(self, "person", None)
        return (person and person.full_name) or self.name or self.email


class RegisterHolder(User):
    """An account as the register of interests sees it: who holds a seat today."""

    objects: ClassVar[HolderQuerySet] = manager_of(HolderQuerySet)  # type: ignore[assignment]

    class Meta:
        proxy = True
        default_permissions = ("view", "change")
        verbose_name = _("entry in the register of interests")
        verbose_name_plural = _("entries in the register of interests")

    def __str__(self) -> str:
        person = getattr(self, "person", None)
        return (person and person.full_name) or self.name or self.email


class RegisterWithholding(AppendOnlyModel):
    """A mark of the office on one interest: kept out of the published register, or let in again.

    The newest mark counts. Written once, like all that explains what was published.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    interest = models.ForeignKey(Interest, on_delete=models.PROTECT, related_name="withholdings")
    is_lifted = models.BooleanField(_("let in"), default=False)
    reason = EncryptedTextField(_("reason"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("when"), default=clock.now)

    objects: ClassVar[WithholdingQuerySet] = manager_of(WithholdingQuerySet)

    class Meta:
        verbose_name = _("mark in the register of interests")
        verbose_name_plural = _("marks in the register of interests")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.interest_id} {self.at:%Y-%m-%d}"

    @property
    def record_key(self) -> str:
        """The record knows a mark by its random id."""
        return str(self.public_id)
