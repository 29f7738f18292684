"""Invitations to a role of the office or the board, or to a seat; and the links that were mailed."""

import uuid
from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from participants.querysets import InvitationQuerySet
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.querysets import manager_of
from workstreams.models import Organisation, Seat


class Invitation(models.Model):
    """One address invited to one role, or to one seat for a term."""

    class State(models.TextChoices):
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Ran out")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("address"), max_length=254)
    name = models.CharField(_("name"), max_length=200, blank=True)
    role = models.CharField(_("role"), max_length=40, blank=True)
    seat = models.ForeignKey(
        Seat,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="invitations",
        verbose_name=_("seat"),
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("organisation"),
    )
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    reason = EncryptedTextField(_("reason"))
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("invited by"),
    )
    invited_at = models.DateTimeField(_("invited"), default=clock.now)
    round = models.PositiveSmallIntegerField(_("times sent"), default=1)
    expires_at = models.DateTimeField(_("runs out"))
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="invitations",
        verbose_name=_("account"),
    )
    taken_at = models.DateTimeField(_("link used"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.SENT)

    objects: ClassVar[InvitationQuerySet] = manager_of(InvitationQuerySet)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-invited_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["sent", "accepted", "withdrawn", "expired"]),
                name="invitation_state_known",
            ),
            models.CheckConstraint(
                condition=(~Q(role="") & Q(seat__isnull=True))
                | (
                    Q(role="")
                    & Q(seat__isnull=False)
                    & Q(organisation__isnull=False)
                    & Q(starts_on__isnull=False)
                ),
                name="invitation_to_a_role_or_a_seat",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="invitation_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(taken_by__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(taken_by__isnull=True, taken_at__isnull=True)
                | Q(taken_by__isnull=False, taken_at__isnull=False),
                name="invitation_taken_by_somebody_at_a_time",
            ),
            models.UniqueConstraint(
                fields=("email", "role"),
                condition=Q(state="sent") & ~Q(role=""),
                name="one_invitation_an_address_and_role",
            ),
            models.UniqueConstraint(
                fields=("seat",),
                condition=Q(state="sent") & Q(seat__isnull=False),
                name="one_invitation_a_seat",
            ),
        )

    def __str__(self) -> str:
        return _t("%(who)s: %(what)s") % {
            "who": self.name or self.email,
            "what": self.invited_to,
        }

    @property
    def invited_to(self) -> str:
        """Name the role or the seat."""
        return str(self.seat) if self.seat else self.role

    @property
    def record_key(self) -> str:
        """The record knows an invitation by its random id."""
        return str(self.public_id)

    @property
    def has_run_out(self) -> bool:
        """Say whether its time is over, whether or not the sweep has recorded that yet."""
        return self.state == self.State.EXPIRED or (
            self.state == self.State.SENT and self.expires_at <= clock.now()
        )

    @property
    def begins_on(self) -> date:
        """Return the first day of the term if it were accepted today: never a day gone by."""
        return max(self.starts_on or clock.today(), clock.today())


class InvitationLink(models.Model):
    """One link that was mailed, known by its digest alone: the link itself rests in the letter only.

    A worker makes the link as it writes the letter. All of the newest round open; sending again makes
    a new round, and the older links dead.
    """

    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="links")
    round = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.invitation_id} {self.round}"
