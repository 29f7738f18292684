"""Conflicts that the portal suggests: an organisation in common, found in what people declare and do."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants.models.declarations import Interest
from participants.models.people import Person
from participants.querysets import InterestPartyQuerySet, SuggestionQuerySet
from projects.models import Project
from stepchange import clock
from stepchange.models import Event
from stepchange.querysets import manager_of
from workstreams.models import Organisation, WorkStream


class InterestParty(models.Model):
    """An entry of the register that the party of an interest names: the text itself rests encrypted.

    Made from the text by a worker, and never typed. `is_whole` says that a line or a clause of the text
    is the entry's name and nothing else: only that is good enough to be published.
    """

    interest = models.ForeignKey(Interest, on_delete=models.PROTECT, related_name="parties")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="declared_in"
    )
    is_whole = models.BooleanField()

    objects: ClassVar[InterestPartyQuerySet] = manager_of(InterestPartyQuerySet)

    class Meta:
        verbose_name = _("organisation named in an interest")
        verbose_name_plural = _("organisations named in interests")
        constraints = (
            models.UniqueConstraint(
                fields=("interest", "organisation"), name="one_link_an_interest_and_organisation"
            ),
        )

    def __str__(self) -> str:
        return f"{self.interest_id} {self.organisation_id}"


class Reason(models.TextChoices):
    """What two sides have in common. The first side is the person whom a suggestion is about."""

    BOTH_WORK = "both work", _("Both work for it, or for its group")
    DECLARES_EMPLOYER = (
        "declares employer",
        _("One declares an interest in what the other works for"),
    )
    EMPLOYER_DECLARED = (
        "employer declared",
        _("One works for what the other declares an interest in"),
    )
    BOTH_DECLARE = "both declare", _("Both declare an interest in it, or in its group")


class ConflictSuggestion(models.Model):
    """One organisation in common between a person and a co-chair, or between a person and a project.

    With `other`, who holds a seat of the work-stream; without, others on the project work for the
    organisation or declare it too. `facts_digest` names the facts that it rests on: what was dismissed
    is suggested again only when they change.
    """

    class State(models.TextChoices):
        SUGGESTED = "suggested", _("Waiting")
        ACCEPTED = "accepted", _("Accepted as a conflict")
        DISMISSED = "dismissed", _("Dismissed")
        LAPSED = "lapsed", _("No longer so")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="suggestions", verbose_name=_("person")
    )
    other = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="suggestions_with",
        verbose_name=_("and"),
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="suggestions",
        verbose_name=_("in common"),
    )
    project = models.ForeignKey(
        Project,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="suggestions",
        verbose_name=_("project"),
    )
    work_stream = models.ForeignKey(
        WorkStream,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="suggestions",
        verbose_name=_("work-stream"),
    )
    reasons = models.JSONField(_("reasons"), default=list)
    facts_digest = models.CharField(max_length=16, unique=True)
    raised_at = models.DateTimeField(_("suggested"), default=clock.now)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.SUGGESTED)

    objects: ClassVar[SuggestionQuerySet] = manager_of(SuggestionQuerySet)

    class Meta:
        verbose_name = _("suggested conflict")
        verbose_name_plural = _("suggested conflicts")
        ordering = ("-raised_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["suggested", "accepted", "dismissed", "lapsed"]),
                name="suggestion_state_known",
            ),
            models.CheckConstraint(
                condition=Q(other__isnull=True, project__isnull=False, work_stream__isnull=True)
                | Q(other__isnull=False, project__isnull=True, work_stream__isnull=False),
                name="suggestion_for_a_project_or_a_work_stream",
            ),
            models.CheckConstraint(
                condition=Q(other__isnull=True) | ~Q(other=models.F("person")),
                name="suggestion_between_two",
            ),
        )
        indexes = (models.Index(fields=("state", "-raised_at"), name="suggestion_by_state"),)

    def __str__(self) -> str:
        return f"{self.person}: {self.organisation}"

    @property
    def record_key(self) -> str:
        """The record knows a suggestion by its random id."""
        return str(self.public_id)

    @property
    def about(self) -> Project | WorkStream | None:
        """Return the project or the work-stream that it is for."""
        return self.project or self.work_stream

    def touches(self, project: Project) -> bool:
        """Say whether it is about a project: that one, or its work-stream and so each project of it."""
        if self.work_stream_id is not None:
            return self.work_stream_id == project.work_stream_id
        return self.project_id == project.pk


class Uncompared(models.Model):
    """Something that was declared, submitted or appointed, and not yet compared: a worker's queue.

    Written with the event, so that nothing is lost whatever dies.
    """

    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, primary_key=True, related_name="uncompared"
    )

    def __str__(self) -> str:
        return f"uncompared {self.pk}"
