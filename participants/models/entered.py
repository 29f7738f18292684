"""Expressions of interest that the office takes by telephone or on paper, until the person answers."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from participants.models.expressions import ExpressionOfInterest
from participants.querysets import AskedAddressQuerySet, EnteredQuerySet
from stepchange import clock
from stepchange.encryption import EncryptedJSONField
from stepchange.models import User
from stepchange.querysets import manager_of
from stepchange.references import new_reference
from workstreams.models import Call


class EnteredForm(models.Model):
    """One form that the office entered for somebody. It counts for nothing until they take it over.

    `answers` are what was typed, by page; once it is confirmed they are the person's own draft's, and
    once it is refused or cancelled they are gone: here they are blanked. `asked_at` is when its address
    was emailed last, about this form or another.
    """

    class State(models.TextChoices):
        ENTERING = "entering", _("Being entered")
        HANDED_OVER = "handed over", _("Waiting for the person")
        CONFIRMED = "confirmed", _("Confirmed by the person")
        REFUSED = "refused", _("Refused by the person")
        CANCELLED = "cancelled", _("Cancelled")

    class Medium(models.TextChoices):
        TELEPHONE = "telephone", _("By telephone")
        PAPER = "paper", _("On paper")
        OTHER = "other", _("Another way")

    LIVE = ("entering", "handed over")

    reference = models.CharField(
        _("reference"), max_length=11, unique=True, default=new_reference, editable=False
    )
    call = models.ForeignKey(
        Call, on_delete=models.PROTECT, related_name="+", verbose_name=_("call")
    )
    full_name = models.CharField(_("full name"), max_length=200)
    email = models.EmailField(_("email address"), max_length=254)
    medium = models.CharField(_("taken"), max_length=10, choices=Medium)
    taken_on = models.DateField(_("taken on"))
    entered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    started_at = models.DateTimeField(_("begun"), default=clock.now, editable=False)
    handed_over_at = models.DateTimeField(_("waiting since"), null=True, blank=True)
    asked_at = models.DateTimeField(_("email last sent"), null=True, blank=True)
    answers = EncryptedJSONField(default=dict)
    revisions = models.JSONField(default=dict)
    expression = models.OneToOneField(
        ExpressionOfInterest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="entered",
        verbose_name=_("expression of interest"),
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.ENTERING)

    objects: ClassVar[EnteredQuerySet] = manager_of(EnteredQuerySet)

    class Meta:
        verbose_name = _("form taken by telephone or on paper")
        verbose_name_plural = _("forms taken by telephone or on paper")
        ordering = ("-started_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    state__in=["entering", "handed over", "confirmed", "refused", "cancelled"]
                ),
                name="entered_state_known",
            ),
            models.CheckConstraint(
                condition=Q(medium__in=["telephone", "paper", "other"]),
                name="entered_medium_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="handed over") | Q(handed_over_at__isnull=False),
                name="entered_handed_over_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(expression__isnull=False),
                name="entered_confirmed_has_expression",
            ),
            models.UniqueConstraint(
                fields=("call", "email"),
                condition=Q(state__in=["entering", "handed over"]),
                name="one_live_entered_form_an_address_and_call",
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def record_key(self) -> str:
        """The record knows it by its reference."""
        return self.reference

    @property
    def is_being_entered(self) -> bool:
        """Say whether the office still types, and may read what it typed."""
        return self.state == self.State.ENTERING

    @property
    def is_waiting(self) -> bool:
        """Say whether it waits for the person."""
        return self.state == self.State.HANDED_OVER


class AskedAddress(models.Model):
    """That an address was emailed about entered forms, whichever they were; kept for a day.

    By a keyed digest: an address that was typed wrong belongs to somebody who has no part in this.
    """

    digest = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField(default=clock.now)

    objects: ClassVar[AskedAddressQuerySet] = manager_of(AskedAddressQuerySet)

    class Meta:
        verbose_name = _("address emailed about entered forms")
        verbose_name_plural = _("addresses emailed about entered forms")

    def __str__(self) -> str:
        return self.digest[:8]

    @staticmethod
    def digest_of(address: str) -> str:
        """Return what an address is known by, however it is written."""
        return salted_hmac(
            "participants.asked_address", address.lower(), algorithm="sha256"
        ).hexdigest()
