"""Joint decisions, and what becomes of them: released, or looked at anew before that."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from participants.models import Declaration, ProjectChoice, Snapshot
from reviews.models.keys import Key
from reviews.models.splits import SettlementView, Split
from reviews.querysets import DecisionQuerySet, ReleaseQuerySet, ReopeningQuerySet
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.models import AppendOnlyModel
from stepchange.querysets import manager_of


class Decision(AppendOnlyModel):
    """What two made of one project choice in one round (law 2), and the versions that it rests on.

    Joint: two agreeing keys. Settled: two agreeing views of the board, on a split. `relied_on` names, by
    opaque keys, states and versions, what else stood of the volunteer at that moment. Written once. The
    volunteer knows nothing of it before its release.
    """

    class Outcome(models.TextChoices):
        OFFERED = "offered", _("Offered")
        RESERVE = "reserve", _("Reserve")
        DECLINED = "declined", _("Declined")

    class Basis(models.TextChoices):
        JOINT = "joint", _("Both sides agreed")
        SETTLED = "settled", _("Settled by the board")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    choice = models.ForeignKey(
        ProjectChoice,
        on_delete=models.PROTECT,
        related_name="decisions",
        verbose_name=_("project choice"),
    )
    round = models.PositiveSmallIntegerField(_("round"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    basis = models.CharField(_("basis"), max_length=10, choices=Basis)
    business_key = models.OneToOneField(
        Key, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    police_key = models.OneToOneField(
        Key, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    split = models.OneToOneField(
        Split, on_delete=models.PROTECT, null=True, blank=True, related_name="decision"
    )
    one_view = models.OneToOneField(
        SettlementView, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    other_view = models.OneToOneField(
        SettlementView, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    snapshot = models.ForeignKey(
        Snapshot, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("rests on")
    )
    declaration = models.ForeignKey(
        Declaration, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("rests on")
    )
    relied_on = models.JSONField(_("facts relied on"), default=dict)
    digest = models.CharField(max_length=16, editable=False)
    decided_at = models.DateTimeField(_("decided"), default=clock.now)

    objects: ClassVar[DecisionQuerySet] = manager_of(DecisionQuerySet)

    class Meta:
        verbose_name = _("joint decision")
        verbose_name_plural = _("joint decisions")
        ordering = ("-decided_at", "-id")
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(fields=("choice", "round"), name="one_decision_a_round"),
            models.CheckConstraint(
                condition=Q(outcome__in=["offered", "reserve", "declined"]),
                name="decision_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    basis="joint",
                    business_key__isnull=False,
                    police_key__isnull=False,
                    split__isnull=True,
                    one_view__isnull=True,
                    other_view__isnull=True,
                )
                | Q(
                    basis="settled",
                    business_key__isnull=True,
                    police_key__isnull=True,
                    split__isnull=False,
                    one_view__isnull=False,
                    other_view__isnull=False,
                ),
                name="decision_made_by_two",
            ),
            models.CheckConstraint(
                condition=(Q(business_key__isnull=True) | ~Q(business_key=F("police_key")))
                & (Q(one_view__isnull=True) | ~Q(one_view=F("other_view"))),
                name="decision_of_two_different_keys",
            ),
        )

    def __str__(self) -> str:
        return f"{self.choice_id} {self.round}"

    @property
    def record_key(self) -> str:
        """The record knows a decision by its random id."""
        return str(self.public_id)


class Release(AppendOnlyModel):
    """That an outcome was released, one by one or together with others (`batch`): the choice moved then."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="release")
    batch = models.UUIDField(_("released together"), default=uuid.uuid4, editable=False)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("released by"),
    )
    released_at = models.DateTimeField(_("released"), default=clock.now)

    objects: ClassVar[ReleaseQuerySet] = manager_of(ReleaseQuerySet)

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ("-id",)
        default_permissions = ("view", "add")
        indexes = (models.Index(fields=("batch",), name="releases_by_batch"),)

    def __str__(self) -> str:
        return f"{self.decision_id}"

    @property
    def record_key(self) -> str:
        """The record knows a release by its random id."""
        return str(self.public_id)


class Reopening(AppendOnlyModel):
    """That a decision is looked at anew, before its release, because what it rests on has changed."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="reopening")
    reason = EncryptedTextField(_("reason"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("when"), default=clock.now)

    objects: ClassVar[ReopeningQuerySet] = manager_of(ReopeningQuerySet)

    class Meta:
        verbose_name = _("decision looked at anew")
        verbose_name_plural = _("decisions looked at anew")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.decision_id}"

    @property
    def record_key(self) -> str:
        """The record knows it by its random id."""
        return str(self.public_id)
