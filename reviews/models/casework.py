"""What a participant may ask after a decision: to look again, to complain, to go to a neighbour."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants.models import Person, ProjectChoice
from projects.models import Project
from reviews.member_querysets import (
    ComplaintQuerySet,
    NeighbourQuerySet,
    ReconsiderationQuerySet,
)
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.querysets import manager_of


class Reconsideration(models.Model):
    """A participant's request to look at one decision again: one a decision, answered by others."""

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for an answer")
        STANDS = "stands", _("The decision stands")
        AGAIN = "again", _("To be decided again")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    choice = models.ForeignKey(
        ProjectChoice,
        on_delete=models.PROTECT,
        related_name="reconsiderations",
        verbose_name=_("project choice"),
    )
    decision_key = models.CharField(_("decision"), max_length=64, unique=True)
    grounds = EncryptedTextField(_("what to look at again"))
    asked_at = models.DateTimeField(_("asked"), default=clock.now)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ASKED)
    answer = EncryptedTextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    objects: ClassVar[ReconsiderationQuerySet] = manager_of(ReconsiderationQuerySet)

    class Meta:
        verbose_name = _("request to look at a decision again")
        verbose_name_plural = _("requests to look at decisions again")
        ordering = ("-asked_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["asked", "stands", "again"]),
                name="reconsideration_state_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="asked", answer="", answered_by__isnull=True, answered_at__isnull=True
                )
                | (
                    ~Q(state="asked")
                    & ~Q(answer="")
                    & Q(answered_by__isnull=False, answered_at__isnull=False)
                ),
                name="reconsideration_answered_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def record_key(self) -> str:
        """The record knows a request by its random id."""
        return str(self.public_id)


class Complaint(models.Model):
    """A participant's complaint, answered by somebody whom it is not about."""

    class About(models.TextChoices):
        DECISION = "decision", _("How a decision was taken")
        OFFICE = "office", _("The coordination office, or somebody of it")
        CO_CHAIR = "co-chair", _("A co-chair or deputy")
        OTHER = "other", _("Something else")

    class State(models.TextChoices):
        MADE = "made", _("Waiting for an answer")
        ANSWERED = "answered", _("Answered")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="complaints", verbose_name=_("person")
    )
    about = models.CharField(_("about"), max_length=10, choices=About)
    text = EncryptedTextField(_("what happened"))
    made_at = models.DateTimeField(_("made"), default=clock.now)
    concerns = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="+",
        verbose_name=_("whom it is about"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.MADE)
    answer = EncryptedTextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    objects: ClassVar[ComplaintQuerySet] = manager_of(ComplaintQuerySet)

    class Meta:
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        ordering = ("-made_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(about__in=["decision", "office", "co-chair", "other"]),
                name="complaint_about_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="made", answer="", answered_by__isnull=True, answered_at__isnull=True
                )
                | (
                    Q(state="answered", answered_by__isnull=False, answered_at__isnull=False)
                    & ~Q(answer="")
                ),
                name="complaint_answered_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def record_key(self) -> str:
        """The record knows a complaint by its random id."""
        return str(self.public_id)


class NeighbourSuggestion(models.Model):
    """A project beside one that took no more people, suggested to whoever was not taken there."""

    class State(models.TextChoices):
        SUGGESTED = "suggested", _("Waiting for them")
        TAKEN_UP = "taken up", _("Taken up")
        TURNED_DOWN = "turned down", _("Turned down")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    choice = models.ForeignKey(
        ProjectChoice,
        on_delete=models.PROTECT,
        related_name="neighbours_suggested",
        verbose_name=_("instead of"),
    )
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="+", verbose_name=_("project")
    )
    suggested_at = models.DateTimeField(_("suggested"), default=clock.now)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.SUGGESTED)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    objects: ClassVar[NeighbourQuerySet] = manager_of(NeighbourQuerySet)

    class Meta:
        verbose_name = _("neighbouring project suggested")
        verbose_name_plural = _("neighbouring projects suggested")
        ordering = ("-suggested_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("choice", "project"), name="one_suggestion_a_choice_and_project"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["suggested", "taken up", "turned down"]),
                name="neighbour_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="suggested", answered_at__isnull=True)
                | (~Q(state="suggested") & Q(answered_at__isnull=False)),
                name="neighbour_answered_has_time",
            ),
        )

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def record_key(self) -> str:
        """The record knows a suggestion by its random id."""
        return str(self.public_id)
