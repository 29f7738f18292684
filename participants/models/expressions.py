"""Expressions of interest as rows: a working copy a page, and numbered snapshots."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants.models.people import Person
from participants.querysets import ChoiceQuerySet, ExpressionQuerySet, SnapshotQuerySet
from projects.models import Contribution, Project
from stepchange import clock
from stepchange.encryption import EncryptedJSONField, EncryptedTextField
from stepchange.models import AppendOnlyModel
from stepchange.querysets import manager_of
from stepchange.references import new_reference
from workstreams.models import Call


class ExpressionOfInterest(models.Model):
    """One participant's form in one call."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    reference = models.CharField(
        _("reference"), max_length=11, unique=True, default=new_reference, editable=False
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="expressions", verbose_name=_("participant")
    )
    call = models.ForeignKey(
        Call, on_delete=models.PROTECT, related_name="expressions", verbose_name=_("call")
    )
    started_at = models.DateTimeField(_("started"), default=clock.now, editable=False)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.DRAFT)

    objects: ClassVar[ExpressionQuerySet] = manager_of(ExpressionQuerySet)

    class Meta:
        verbose_name = _("expression of interest")
        verbose_name_plural = _("expressions of interest")
        ordering = ("-started_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["draft", "submitted", "withdrawn"]),
                name="expression_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(submitted_at__isnull=False),
                name="expression_submitted_has_time",
            ),
            models.UniqueConstraint(
                fields=("person", "call"),
                condition=~Q(state="withdrawn"),
                name="one_live_expression_a_person_and_call",
            ),
        )
        indexes = (
            models.Index(fields=("call", "state", "-submitted_at"), name="expression_list"),
            # For the reminders: whether each draft was told of is looked up from here.
            models.Index(
                fields=("reference", "call", "started_at", "id"),
                condition=Q(state="draft"),
                name="expression_drafts",
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @classmethod
    def naming_organisations(cls, entries: Any) -> ExpressionQuerySet:
        """Return what the office may know of, by people who work for one of these organisations."""
        return cls.objects.visible_to_office().filter(person__organisation__in=entries)

    @property
    def record_key(self) -> str:
        """The record knows it by its reference."""
        return self.reference

    @property
    def is_draft(self) -> bool:
        """Say whether it was never submitted."""
        return self.state == self.State.DRAFT

    @property
    def is_live(self) -> bool:
        """Say whether it was not withdrawn."""
        return self.state != self.State.WITHDRAWN


class PageAnswers(models.Model):
    """What was saved on one page of the form: the working copy, a row a page (law 10).

    `revision` counts its saves, so that a second tab is told instead of overwriting the first. A row
    without answers is a page not begun: changes discarded leave it, so that its revision goes on.
    """

    expression = models.ForeignKey(
        ExpressionOfInterest, on_delete=models.PROTECT, related_name="pages"
    )
    page = models.SlugField(max_length=40)
    answers = EncryptedJSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("expression", "page"), name="one_row_a_page"),
        )

    def __str__(self) -> str:
        return f"{self.expression_id} {self.page}"


class Snapshot(AppendOnlyModel):
    """What was submitted, once, with the versions of the texts accepted. Never changed.

    `shown` are the questions and answers in the words of that day (`pages.Section`): the copy to keep
    stays what it was, whatever becomes of a project or a question.
    """

    expression = models.ForeignKey(
        ExpressionOfInterest, on_delete=models.PROTECT, related_name="snapshots"
    )
    number = models.PositiveIntegerField()
    answers = EncryptedJSONField(default=dict)
    shown = EncryptedJSONField(default=list)
    texts = models.JSONField(_("versions accepted"), default=dict)
    digest = models.CharField(max_length=64)
    taken_at = models.DateTimeField(default=clock.now)

    objects: ClassVar[SnapshotQuerySet] = manager_of(SnapshotQuerySet)

    class Meta:
        ordering = ("expression", "number")
        constraints = (
            models.UniqueConstraint(fields=("expression", "number"), name="one_snapshot_a_number"),
        )

    def __str__(self) -> str:
        return f"{self.expression_id} no. {self.number}"


class ProjectChoice(models.Model):
    """One project that an expression of interest names, with what is offered to it."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for a decision")
        SHORTLISTED = "shortlisted", _("Shortlisted")
        OFFERED = "offered", _("Offered")
        RESERVE = "reserve", _("Reserve")
        DECLINED = "declined", _("Declined")
        ACCEPTED = "accepted", _("Accepted")
        TURNED_DOWN = "turned down", _("Turned down")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    ASKING = (State.PENDING, State.SHORTLISTED, State.OFFERED, State.RESERVE, State.ACCEPTED)
    """While a choice is or may be taken up, its project asks of the person what it asks."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    expression = models.ForeignKey(
        ExpressionOfInterest, on_delete=models.PROTECT, related_name="choices"
    )
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="choices")
    rank = models.PositiveSmallIntegerField(_("rank"))
    contribution = models.CharField(_("contribution"), max_length=10, choices=Contribution)
    hours = models.PositiveSmallIntegerField(_("hours a month"))
    reason = EncryptedTextField(_("reason"), blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PENDING)

    objects: ClassVar[ChoiceQuerySet] = manager_of(ChoiceQuerySet)

    class Meta:
        verbose_name = _("project choice")
        verbose_name_plural = _("project choices")
        ordering = ("expression", "rank")
        constraints = (
            models.UniqueConstraint(
                fields=("expression", "project"),
                condition=~Q(state="withdrawn"),
                name="one_live_choice_an_expression_and_project",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "pending",
                        "shortlisted",
                        "offered",
                        "reserve",
                        "declined",
                        "accepted",
                        "turned down",
                        "withdrawn",
                    ]
                ),
                name="choice_state_known",
            ),
            models.CheckConstraint(
                condition=Q(hours__gte=1) & Q(hours__lte=200), name="choice_hours_sensible"
            ),
            models.CheckConstraint(
                condition=Q(contribution__in=["develop", "lead", "deliver"]),
                name="choice_contribution_known",
            ),
            models.CheckConstraint(condition=Q(rank__gte=1), name="choice_rank_from_one"),
        )
        indexes = (models.Index(fields=("project", "state"), name="choice_by_project"),)

    def __str__(self) -> str:
        return f"{self.expression_id} {self.project_id}"

    @property
    def is_live(self) -> bool:
        """Say whether it was not withdrawn."""
        return self.state != self.State.WITHDRAWN

    @property
    def record_key(self) -> str:
        """The record knows a choice by its random id."""
        return str(self.public_id)
