"""Splits: two keys that differ, mediated by the office or settled by two of the board."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants.models import Declaration, ProjectChoice, Snapshot
from reviews.models.keys import Key, View, VoidBecause
from reviews.querysets import SettlementViewQuerySet, SplitQuerySet
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.querysets import manager_of
from stepchange.references import new_salt
from workstreams.models import Sector


class Split(models.Model):
    """That the two keys of a round say different things: it waits until people end it, however long.

    Void when what its keys rest on changed meanwhile: both are cast anew then, as after a mediation.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        MEDIATED = "mediated", _("Mediated: both keys are cast anew")
        SETTLED = "settled", _("Settled by the board")
        VOID = "void", _("Void: both keys are cast anew")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    choice = models.ForeignKey(
        ProjectChoice,
        on_delete=models.PROTECT,
        related_name="splits",
        verbose_name=_("project choice"),
    )
    round = models.PositiveSmallIntegerField(_("round"))
    business_key = models.OneToOneField(Key, on_delete=models.PROTECT, related_name="+")
    police_key = models.OneToOneField(Key, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("since"), default=clock.now)
    mediation = EncryptedTextField(_("how it was mediated"), blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ended by"),
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    void_because = models.CharField(_("because"), max_length=12, choices=VoidBecause, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)

    objects: ClassVar[SplitQuerySet] = manager_of(SplitQuerySet)

    class Meta:
        verbose_name = _("split")
        verbose_name_plural = _("splits")
        ordering = ("choice", "round")
        constraints = (
            models.UniqueConstraint(fields=("choice", "round"), name="one_split_a_round"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "mediated", "settled", "void"]),
                name="split_state_known",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="open", ended_at__isnull=True, mediation="", void_because="")
                    | (
                        Q(state="mediated", ended_at__isnull=False, void_because="")
                        & ~Q(mediation="")
                    )
                    | Q(state="settled", ended_at__isnull=False, mediation="", void_because="")
                    | (Q(state="void", ended_at__isnull=False, mediation="") & ~Q(void_because=""))
                ),
                name="split_ended_in_words",
            ),
        )

    def __str__(self) -> str:
        return f"{self.choice_id} {self.round}"

    @property
    def record_key(self) -> str:
        """The record knows a split by its random id."""
        return str(self.public_id)


class SettlementView(models.Model):
    """What one board member says of a split, for the sector of their organisation; blind as a key is."""

    class State(models.TextChoices):
        CAST = "cast", _("Cast")
        REPLACED = "replaced", _("Replaced")
        VOID = "void", _("Void")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    split = models.ForeignKey(Split, on_delete=models.PROTECT, related_name="views")
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="settlement_views",
        verbose_name=_("member of the board"),
    )
    sector = models.CharField(_("sector"), max_length=12, choices=Sector.choices)
    view = models.CharField(_("view"), max_length=10, choices=View)
    reason = EncryptedTextField(_("reason"))
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+")
    declaration = models.ForeignKey(Declaration, on_delete=models.PROTECT, related_name="+")
    salt = models.CharField(max_length=32, default=new_salt, editable=False)
    digest = models.CharField(max_length=16, editable=False)
    cast_at = models.DateTimeField(_("cast"), default=clock.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CAST)

    objects: ClassVar[SettlementViewQuerySet] = manager_of(SettlementViewQuerySet)

    class Meta:
        verbose_name = _("view on a split")
        verbose_name_plural = _("views on splits")
        ordering = ("split", "id")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("split", "member"),
                condition=Q(state="cast"),
                name="one_cast_view_a_split_and_member",
            ),
            models.UniqueConstraint(
                fields=("split", "sector"),
                condition=Q(state="cast"),
                name="one_cast_view_a_split_and_sector",
            ),
            models.CheckConstraint(
                condition=Q(view__in=["accept", "reserve", "decline"]),
                name="settlement_view_known",
            ),
            models.CheckConstraint(
                condition=Q(sector__in=["police", "private", "government"]),
                name="settlement_sector_known",
            ),
            models.CheckConstraint(
                condition=Q(state="cast", ended_at__isnull=True)
                | Q(state__in=["replaced", "void"], ended_at__isnull=False),
                name="settlement_view_ended_when_not_cast",
            ),
        )

    def __str__(self) -> str:
        return f"{self.split_id} {self.sector}"

    @property
    def record_key(self) -> str:
        """The record knows a view by its random id."""
        return str(self.public_id)
