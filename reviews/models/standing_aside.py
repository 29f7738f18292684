"""Who does not act, and who acts instead: recusals, keys given to another, stand-ins named by the board."""

import uuid
from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from participants.models import Person, ProjectChoice
from reviews.querysets import ReassignmentQuerySet, RecusalQuerySet, StandInQuerySet
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.models import AppendOnlyModel
from stepchange.querysets import manager_of
from workstreams.models import Organisation, Seat, WorkStream

Side = Seat.Side


class CastAs(models.TextChoices):
    """As what somebody turns the key of a side; the order in which it falls to them."""

    CO_CHAIR = "co-chair", _("Co-chair")
    DEPUTY = "deputy", _("Deputy")
    STAND_IN = "stand-in", _("Stand-in")


class Recusal(AppendOnlyModel):
    """That somebody stands aside from one choice, or from a person altogether (no choice). Recorded once.

    A declared one binds in every role they hold. A computed one is only the record that law 3 kept them
    from it when they met it: whether it does is computed anew each time.
    """

    class Basis(models.TextChoices):
        DECLARED = "declared", _("Declared")
        COMPUTED = "computed", _("Computed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="recusals",
        verbose_name=_("who stands aside"),
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="recusals", verbose_name=_("volunteer")
    )
    choice = models.ForeignKey(
        ProjectChoice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="recusals",
        verbose_name=_("project choice"),
    )
    side = models.CharField(_("side"), max_length=10, choices=Side, blank=True)
    basis = models.CharField(_("basis"), max_length=10, choices=Basis)
    reason = EncryptedTextField(_("reason"))
    recused_at = models.DateTimeField(_("since"), default=clock.now)

    objects: ClassVar[RecusalQuerySet] = manager_of(RecusalQuerySet)

    class Meta:
        verbose_name = _("recusal")
        verbose_name_plural = _("recusals")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(basis="declared") | Q(basis="computed", choice__isnull=False),
                name="recusal_basis_known",
            ),
            models.CheckConstraint(
                condition=Q(side__in=["", "business", "police"]), name="recusal_side_known"
            ),
            models.UniqueConstraint(
                fields=("user", "choice", "basis"), name="one_recusal_a_choice_and_basis"
            ),
            models.UniqueConstraint(
                fields=("user", "person"),
                condition=Q(choice__isnull=True),
                name="one_recusal_from_a_person",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {self.person_id}"

    @property
    def record_key(self) -> str:
        """The record knows a recusal by its random id."""
        return str(self.public_id)


class Reassignment(AppendOnlyModel):
    """That the office gave the key of a side of one choice to another holder; the newest counts."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    choice = models.ForeignKey(
        ProjectChoice, on_delete=models.PROTECT, related_name="reassignments"
    )
    side = models.CharField(_("side"), max_length=10, choices=Side)
    to = models.CharField(_("to"), max_length=10, choices=CastAs)
    reason = EncryptedTextField(_("reason"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("when"), default=clock.now)

    objects: ClassVar[ReassignmentQuerySet] = manager_of(ReassignmentQuerySet)

    class Meta:
        verbose_name = _("key given to another")
        verbose_name_plural = _("keys given to another")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(side__in=["business", "police"]), name="reassignment_side_known"
            ),
            models.CheckConstraint(
                condition=Q(to__in=["co-chair", "deputy", "stand-in"]),
                name="reassignment_to_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.choice_id} {self.side}"

    @property
    def record_key(self) -> str:
        """The record knows it by its random id."""
        return str(self.public_id)


class StandIn(models.Model):
    """Somebody whom the board named to turn the key of a side when neither co-chair nor deputy can."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    work_stream = models.ForeignKey(
        WorkStream,
        on_delete=models.PROTECT,
        related_name="stand_ins",
        verbose_name=_("work-stream"),
    )
    side = models.CharField(_("side"), max_length=10, choices=Side)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="stand_ins",
        verbose_name=_("stand-in"),
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="stand_ins",
        verbose_name=_("organisation"),
    )
    starts_on = models.DateField(_("first day"), default=clock.today)
    ends_on = models.DateField(_("last day"))
    reason = EncryptedTextField(_("reason"))
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("named by"),
    )
    named_at = models.DateTimeField(_("named"), default=clock.now)

    objects: ClassVar[StandInQuerySet] = manager_of(StandInQuerySet)

    class Meta:
        verbose_name = _("stand-in")
        verbose_name_plural = _("stand-ins")
        ordering = ("work_stream", "side", "starts_on", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(side__in=["business", "police"]), name="stand_in_side_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="stand_in_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=~Q(holder=F("named_by")), name="stand_in_named_by_another"
            ),
        )

    def __str__(self) -> str:
        return f"{self.holder} ({self.work_stream})"

    def is_on(self, day: date) -> bool:
        """Say whether it runs on a UK calendar day (the last day included)."""
        return self.starts_on <= day <= self.ends_on

    @property
    def record_key(self) -> str:
        """The record knows a stand-in by a random id."""
        return str(self.public_id)
