"""Keys: one side's recommendation on one project choice, blind until the other side's is cast."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants.models import Declaration, ProjectChoice, Snapshot
from reviews.models.standing_aside import CastAs, Side, StandIn
from reviews.querysets import KeyQuerySet
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.querysets import manager_of
from stepchange.references import new_salt
from workstreams.models import Term


class View(models.TextChoices):
    """What a reviewer recommends. A question to the volunteer is none of them."""

    ACCEPT = "accept", _("Accept")
    RESERVE = "reserve", _("Put on the reserve list")
    DECLINE = "decline", _("Decline")


class VoidBecause(models.TextChoices):
    """Why a key counts no more, though nobody replaced it."""

    AMENDED = "amended", _("The expression of interest was amended")
    REDECLARED = "redeclared", _("The volunteer declared their interests anew")
    WITHDRAWN = "withdrawn", _("The volunteer withdrew")
    CONFLICTED = "conflicted", _("Whoever cast it has to stand aside since")
    RECUSED = "recused", _("Whoever cast it stood aside since")


SCALE = tuple(range(1, 6))
"""Fit, capacity and risk, from very low to very high; none is a question left open."""


class Key(models.Model):
    """One side's view in one round, by whoever turned that side's key then (design.md: recommendation).

    It rests on the snapshot and the declaration that it names. What it says never changes: a key is
    replaced by another. `digest`, over all of it and `salt`, is in the record from the moment it is cast,
    and tells nobody what it says.
    """

    class State(models.TextChoices):
        CAST = "cast", _("Cast")
        REPLACED = "replaced", _("Replaced")
        VOID = "void", _("Void")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    choice = models.ForeignKey(
        ProjectChoice,
        on_delete=models.PROTECT,
        related_name="keys",
        verbose_name=_("project choice"),
    )
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    side = models.CharField(_("side"), max_length=10, choices=Side)
    caster = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="keys",
        verbose_name=_("cast by"),
    )
    cast_as = models.CharField(_("as"), max_length=10, choices=CastAs)
    term = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="keys"
    )
    stand_in = models.ForeignKey(
        StandIn, on_delete=models.PROTECT, null=True, blank=True, related_name="keys"
    )
    view = models.CharField(_("recommendation"), max_length=10, choices=View)
    reason = EncryptedTextField(_("reason"))
    fit = models.PositiveSmallIntegerField(_("fit"), null=True, blank=True)
    capacity = models.PositiveSmallIntegerField(_("capacity"), null=True, blank=True)
    risk = models.PositiveSmallIntegerField(_("risk"), null=True, blank=True)
    notes = EncryptedTextField(_("notes"), blank=True)
    snapshot = models.ForeignKey(
        Snapshot, on_delete=models.PROTECT, related_name="keys", verbose_name=_("rests on")
    )
    declaration = models.ForeignKey(
        Declaration, on_delete=models.PROTECT, related_name="keys", verbose_name=_("rests on")
    )
    salt = models.CharField(max_length=32, default=new_salt, editable=False)
    digest = models.CharField(max_length=16, editable=False)
    cast_at = models.DateTimeField(_("cast"), default=clock.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    void_because = models.CharField(_("because"), max_length=12, choices=VoidBecause, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CAST)

    objects: ClassVar[KeyQuerySet] = manager_of(KeyQuerySet)

    class Meta:
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        ordering = ("choice", "round", "side", "id")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("choice", "round", "side"),
                condition=Q(state="cast"),
                name="one_cast_key_a_round_and_side",
            ),
            models.UniqueConstraint(
                fields=("choice", "round", "caster"),
                condition=Q(state="cast"),
                name="one_cast_key_a_round_and_person",
            ),
            models.CheckConstraint(condition=Q(round__gte=1), name="key_round_from_one"),
            models.CheckConstraint(
                condition=Q(side__in=["business", "police"]), name="key_side_known"
            ),
            models.CheckConstraint(
                condition=Q(view__in=["accept", "reserve", "decline"]), name="key_view_known"
            ),
            models.CheckConstraint(
                condition=Q(cast_as__in=["co-chair", "deputy"], term__isnull=False)
                & Q(stand_in__isnull=True)
                | Q(cast_as="stand-in", term__isnull=True, stand_in__isnull=False),
                name="key_cast_by_a_holder",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="cast", ended_at__isnull=True, void_because="")
                    | Q(state="replaced", ended_at__isnull=False, void_because="")
                    | (Q(state="void", ended_at__isnull=False) & ~Q(void_because=""))
                ),
                name="key_ended_when_not_cast",
            ),
            models.CheckConstraint(
                condition=(
                    (Q(fit__isnull=True) | Q(fit__gte=1, fit__lte=5))
                    & (Q(capacity__isnull=True) | Q(capacity__gte=1, capacity__lte=5))
                    & (Q(risk__isnull=True) | Q(risk__gte=1, risk__lte=5))
                ),
                name="key_scales_from_one_to_five",
            ),
        )
        indexes = (models.Index(fields=("caster", "state"), name="keys_by_caster"),)

    def __str__(self) -> str:
        return f"{self.choice_id} {self.round} {self.side}"

    @property
    def record_key(self) -> str:
        """The record knows a key by its random id."""
        return str(self.public_id)
