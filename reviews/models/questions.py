"""Questions to a volunteer about one project choice, and their answers. A question is not a key."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants.models import ProjectChoice
from reviews.models.standing_aside import Side
from reviews.querysets import QuestionQuerySet
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.querysets import manager_of


class Question(models.Model):
    """One question, answered once. The volunteer is never told who asked."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    choice = models.ForeignKey(
        ProjectChoice,
        on_delete=models.PROTECT,
        related_name="questions",
        verbose_name=_("project choice"),
    )
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("asked by"),
    )
    side = models.CharField(_("side"), max_length=10, choices=Side)
    text = EncryptedTextField(_("question"))
    asked_at = models.DateTimeField(_("asked"), default=clock.now)
    answer = EncryptedTextField(_("answer"), blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    objects: ClassVar[QuestionQuerySet] = manager_of(QuestionQuerySet)

    class Meta:
        verbose_name = _("question to a volunteer")
        verbose_name_plural = _("questions to volunteers")
        ordering = ("choice", "id")
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                condition=Q(side__in=["business", "police"]), name="question_side_known"
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answer="")
                | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="question_answered_in_words",
            ),
        )

    def __str__(self) -> str:
        return f"{self.choice_id} {self.asked_at:%Y-%m-%d}"

    @property
    def record_key(self) -> str:
        """The record knows a question by its random id."""
        return str(self.public_id)
