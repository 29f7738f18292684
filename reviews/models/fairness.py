"""What the programme holds to be fair, as settings; and the reviews that open where it is not."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from reviews.member_querysets import EthicsReviewQuerySet
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.querysets import manager_of
from workstreams.models import Organisation

_PERCENT = (MinValueValidator(0), MaxValueValidator(100))


class FairnessSettings(models.Model):
    """The one row of the programme's settings for offers, balance and concentration.

    Without a row the defaults hold (`policies.fairness.settings_now`). Changing it is recorded, each
    value before and after.
    """

    ONLY = 1

    slug = models.SlugField(max_length=20, default="fairness", unique=True, editable=False)
    take_up_days = models.PositiveSmallIntegerField(
        _("days to take up an offer"),
        default=14,
        validators=[MinValueValidator(3), MaxValueValidator(90)],
        help_text=_("UK calendar days after the day of the offer; the last day counts whole."),
    )
    remind_days = models.PositiveSmallIntegerField(
        _("days before an offer lapses to remind"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
    )
    least_police = models.PositiveSmallIntegerField(
        _("police, at least (%)"), default=20, validators=_PERCENT
    )
    most_police = models.PositiveSmallIntegerField(
        _("police, at most (%)"), default=50, validators=_PERCENT
    )
    least_private = models.PositiveSmallIntegerField(
        _("private sector, at least (%)"), default=25, validators=_PERCENT
    )
    most_private = models.PositiveSmallIntegerField(
        _("private sector, at most (%)"), default=60, validators=_PERCENT
    )
    least_government = models.PositiveSmallIntegerField(
        _("government, at least (%)"), default=10, validators=_PERCENT
    )
    most_government = models.PositiveSmallIntegerField(
        _("government, at most (%)"), default=50, validators=_PERCENT
    )
    least_seats = models.PositiveSmallIntegerField(
        _("seats from which shares count"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Of fewer seats a share says nothing: one member is all of one."),
    )
    most_seats_of_group = models.PositiveSmallIntegerField(
        _("seats of a project held by one group, at most (%)"), default=40, validators=_PERCENT
    )
    least_leads = models.PositiveSmallIntegerField(
        _("leads from which their shares count"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    most_leads_of_group = models.PositiveSmallIntegerField(
        _("leads of a work-stream held by one group, at most (%)"), default=50, validators=_PERCENT
    )
    most_herfindahl = models.PositiveSmallIntegerField(
        _("Herfindahl index of a project, at most (hundredths)"),
        default=40,
        validators=_PERCENT,
        help_text=_(
            "From 0 to 100 hundredths: 25 is four groups with equal shares, 100 is one alone."
        ),
    )

    class Meta:
        verbose_name = _("settings of offers and fairness")
        verbose_name_plural = _("settings of offers and fairness")
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="one_row_of_fairness_settings"),
            models.CheckConstraint(
                condition=Q(least_police__lte=F("most_police"))
                & Q(least_private__lte=F("most_private"))
                & Q(least_government__lte=F("most_government")),
                name="fairness_bands_not_upside_down",
            ),
            models.CheckConstraint(
                condition=Q(take_up_days__gt=F("remind_days")),
                name="fairness_reminds_before_it_lapses",
            ),
        )

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @property
    def record_key(self) -> str:
        """The record knows the one row by a name."""
        return self.slug


class EthicsReview(models.Model):
    """One group's part in one project, looked at for inappropriate commercial advantage.

    Opened by the portal where a threshold is passed; it holds further acceptances from that group to that
    project until an ethics reviewer records the outcome. `organisation` is the head of the group.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLEARED = "cleared", _("Cleared")
        CONDITIONS = "conditions", _("Cleared with conditions")
        NOT_CLEARED = "not cleared", _("Not cleared")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="ethics_reviews", verbose_name=_("project")
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="ethics_reviews",
        verbose_name=_("group"),
    )
    why = models.JSONField(_("why"), default=list)
    seats = models.PositiveSmallIntegerField(_("seats of the group then"))
    figures = models.JSONField(_("figures then"), default=dict)
    opened_at = models.DateTimeField(_("opened"), default=clock.now)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)
    reason = EncryptedTextField(_("reason"), blank=True)
    conditions = EncryptedTextField(_("conditions"), blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    settled_at = models.DateTimeField(_("recorded"), null=True, blank=True)

    objects: ClassVar[EthicsReviewQuerySet] = manager_of(EthicsReviewQuerySet)

    class Meta:
        verbose_name = _("ethics review")
        verbose_name_plural = _("ethics reviews")
        ordering = ("-opened_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("project", "organisation"),
                condition=Q(state="open"),
                name="one_open_ethics_review_a_project_and_group",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "cleared", "conditions", "not cleared"]),
                name="ethics_review_state_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="open", settled_by__isnull=True, settled_at__isnull=True, reason=""
                )
                | (
                    ~Q(state="open")
                    & Q(settled_by__isnull=False, settled_at__isnull=False)
                    & ~Q(reason="")
                ),
                name="ethics_review_settled_by_somebody",
            ),
            models.CheckConstraint(
                condition=(Q(state="conditions") & ~Q(conditions=""))
                | (~Q(state="conditions") & Q(conditions="")),
                name="ethics_review_conditions_said",
            ),
        )

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def record_key(self) -> str:
        """The record knows a review by its random id."""
        return str(self.public_id)
