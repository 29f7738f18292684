"""Offers of a place with their last day, reserve lists with their order, and memberships."""

import uuid
from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from participants.models import Person, ProjectChoice
from projects.models import Project
from reviews.member_querysets import MembershipQuerySet, OfferQuerySet, ReserveQuerySet
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.models import AppendOnlyModel
from stepchange.querysets import manager_of


class Offer(AppendOnlyModel):
    """One offer of a place, with the last UK day on which it can be taken up. Never changed.

    It stands while its choice is offered and it is that choice's newest; after its last day it has
    lapsed, whether or not the sweep has recorded that. A choice offered again from the reserve, or given
    more time, has another row.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    choice = models.ForeignKey(
        ProjectChoice, on_delete=models.PROTECT, related_name="offers", verbose_name=_("choice")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    made_at = models.DateTimeField(_("made"), default=clock.now)
    take_up_by = models.DateField(_("to be taken up by"))

    objects: ClassVar[OfferQuerySet] = manager_of(OfferQuerySet)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ("choice", "-number")
        constraints = (
            models.UniqueConstraint(
                fields=("choice", "number"), name="one_offer_a_choice_and_number"
            ),
        )
        indexes = (models.Index(fields=("take_up_by",), name="offers_by_last_day"),)

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def record_key(self) -> str:
        """The record knows an offer by its random id."""
        return str(self.public_id)

    @property
    def has_run_out(self) -> bool:
        """Say whether its last day is over."""
        return self.take_up_by < clock.today()


class ReservePlace(models.Model):
    """Where on the reserve list of its project a choice stands, while it is in reserve."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    choice = models.OneToOneField(
        ProjectChoice,
        on_delete=models.PROTECT,
        related_name="reserve_place",
        verbose_name=_("project choice"),
    )
    position = models.PositiveIntegerField(_("order"))
    since = models.DateTimeField(_("since"), default=clock.now)

    objects: ClassVar[ReserveQuerySet] = manager_of(ReserveQuerySet)

    class Meta:
        verbose_name = _("place on a reserve list")
        verbose_name_plural = _("places on reserve lists")
        indexes = (models.Index(fields=("position",), name="reserve_in_order"),)

    def __str__(self) -> str:
        return f"{self.choice_id} {self.position}"

    @property
    def record_key(self) -> str:
        """The record knows a place by its random id."""
        return str(self.public_id)


class Membership(models.Model):
    """Somebody's part in a project, since they accepted an offer.

    `state` is what was recorded last; whether it is effective (law 1) is computed of the facts and the
    clock each time it is asked (`policies.membership.is_effective`), never read from here.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        ENDED = "ended", _("Ended")

    class Role(models.TextChoices):
        LEAD = "lead", _("Lead")
        MEMBER = "member", _("Member")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("person")
    )
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("project")
    )
    choice = models.OneToOneField(
        ProjectChoice,
        on_delete=models.PROTECT,
        related_name="membership",
        verbose_name=_("project choice"),
    )
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.MEMBER)
    starts_on = models.DateField(_("first day"), default=clock.today)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    hours = models.PositiveSmallIntegerField(_("hours a month"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    why = EncryptedTextField(_("why"), blank=True)
    changed_at = models.DateTimeField(_("changed"), default=clock.now)

    objects: ClassVar[MembershipQuerySet] = manager_of(MembershipQuerySet)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ("project", "-starts_on")
        constraints = (
            models.UniqueConstraint(
                fields=("person", "project"),
                condition=~Q(state="ended"),
                name="one_live_membership_a_person_and_project",
            ),
            models.UniqueConstraint(
                fields=("project",),
                condition=Q(role="lead") & ~Q(state="ended"),
                name="one_live_lead_a_project",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["active", "suspended", "ended"]),
                name="membership_state_known",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["lead", "member"]), name="membership_role_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="membership_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(hours__gte=1) & Q(hours__lte=200), name="membership_hours_sensible"
            ),
        )
        indexes = (
            models.Index(fields=("project", "state"), name="memberships_by_project"),
            models.Index(
                fields=("ends_on",), condition=~Q(state="ended"), name="memberships_by_last_day"
            ),
        )

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def record_key(self) -> str:
        """The record knows a membership by its random id."""
        return str(self.public_id)

    @property
    def has_ended(self) -> bool:
        """Say whether it was ended, or its last day is over."""
        return self.state == self.State.ENDED or self.is_over_on(clock.today())

    def is_over_on(self, day: date) -> bool:
        """Say whether its last day is over on a UK day."""
        return self.ends_on is not None and self.ends_on < day
